/** The paper's expressions for Theorem 1 and Table 1, evaluated at the parameters of a network [DLS18]. */
import type { Layout } from './gadget.ts';
import type { ConstructionReport, PaperExpression } from './report.ts';
import { type TaylorShape, theoremBound } from './taylorShape.ts';
import { weightFormulas } from './weight.ts';

/** One row of Table 1 or Table 2. */
export interface PaperBlock {
  readonly block: string;
  readonly task: string;
  readonly width: PaperExpression;
  readonly depth: PaperExpression;
}

/** Table 1: the blocks of the function-independent network. */
export function table1(
  { q, r, t }: { readonly q: number; readonly r: number; readonly t: number },
  layout: Pick<Layout, 'lambda' | 'quantisation'>,
): PaperBlock[] {
  const N = 2 ** q;
  const fixed = (value: number): PaperExpression => ({ formula: String(value), value });
  return [
    {
      block: 'B_w',
      task: 'weights beta',
      width: { formula: 't', value: t },
      depth: weightFormulas(layout.lambda, t, layout.quantisation).depth,
    },
    { block: 'B_N', task: '1/N, ..., (N-1)/N', width: { formula: '2 N', value: 2 * N }, depth: fixed(1) },
    { block: 'B_abs', task: '|x - m/N|', width: fixed(4), depth: fixed(1) },
    { block: 'B_s', task: 'times 3N', width: fixed(4), depth: { formula: 'log2(3N/2)', value: Math.log2(1.5 * N) } },
    { block: 'B_h', task: 'h', width: fixed(12), depth: fixed(1) },
    { block: "B_x'", task: "x'(x,y)", width: fixed(60), depth: { formula: '3 r + 1', value: 3 * r + 1 } },
  ];
}

/** Theorem 1's counts: Table 1 along the longest path for the depth, the orders otherwise (`order`: the value inside O(.)). */
export function taylorPaper(
  shape: Pick<TaylorShape, 'd' | 'n' | 'q' | 'r' | 'digits'>,
  layout: Pick<Layout, 'lambda' | 'quantisation'>,
): ConstructionReport['paper'] {
  const { d, n } = shape;
  const { lambda, quantisation } = layout;
  const { q, r, digits } = shape;
  const depthOf = new Map(
    table1({ q, r, t: digits[0] as number }, layout).map(({ block, depth }) => [block, depth.value as number]),
  );
  const products = d + n - 2;
  const once = ['B_N', 'B_abs', 'B_s', 'B_h', 'B_w'].reduce((s, name) => s + (depthOf.get(name) as number), 0);
  const depth: PaperExpression = {
    formula: `Table 1: B_N + B_abs + B_s + B_h + ${products} B_x' + B_w`,
    value: once + products * (depthOf.get("B_x'") as number),
  };
  // epsilon of the paper: the theorem's bound for f / 2^scale.
  const epsilon = theoremBound({ ...shape, scaleLog2: 0 }).toNumber();
  const cells = (1 / epsilon) ** (d / n);
  if (quantisation === 'linear') {
    const bits = Math.log2(1 / epsilon) ** 2 * cells;
    return {
      depth,
      width: { formula: 'not given' },
      connectivity: {
        formula: 'O((log 1/eps)^2 / log(lambda) * (1/eps)^(d/n))',
        order: bits / Math.log2(lambda),
      },
      bits: { formula: 'O((log 1/eps)^2 * (1/eps)^(d/n))', order: bits },
    };
  }
  const log = Math.log2((n * 2 ** (d + 3)) / epsilon);
  const weights = lambda * log ** (1 / (lambda - 1) + 1) * cells;
  return {
    depth,
    width: { formula: 'not given' },
    connectivity: {
      formula: 'O(lambda (log n 2^(d+3)/eps)^(1/(lambda-1)+1) (1/eps)^(d/n))',
      order: weights,
    },
    bits: {
      formula: 'O(lambda log(lambda) (log n 2^(d+3)/eps)^(1/(lambda-1)+1) (1/eps)^(d/n))',
      order: Math.log2(lambda) * weights,
    },
  };
}
