/** The paper's expressions for Theorem 2 and Table 2, evaluated at the parameters of a network [DLS18]. */
import type { Quantisation } from './gadget.ts';
import type { ConstructionReport, PaperExpression } from './report.ts';
import type { PaperBlock } from './taylorTables.ts';

export interface CachedParameters {
  readonly T: number;
  readonly m: number;
  readonly lambda: number;
  readonly quantisation: Quantisation;
}

/** Table 2: the blocks of the function-dependent network; terms of lower order are omitted there. */
export function table2({ T, m, lambda }: CachedParameters): PaperBlock[] {
  const t = Math.log2(m);
  const logT = Math.log2(T);
  const weights: PaperExpression = {
    formula: 'lambda t^(1/(lambda-1)), t = log2(m)',
    value: lambda * t ** (1 / (lambda - 1)),
  };
  const is = (formula: string, value: number): PaperExpression => ({ formula, value });
  return [
    { block: 'B_T', task: '1, 2, ..., T', width: is('log2(T)', logT), depth: is('log2(T)', logT) },
    { block: 'B_delta', task: 'delta', width: is('1', 1), depth: weights },
    { block: 'B_m', task: '1/m, ..., (m-1)/m', width: is('t', t), depth: weights },
    { block: 'B_f^T', task: 'f^T(x)', width: is('T', T), depth: is('1', 1) },
    { block: 'B_Phi', task: 'Phi(x)', width: is('4 T', 4 * T), depth: is('1', 1) },
    { block: 'B_s1', task: 'times T', width: is('4', 4), depth: is('log2(T)', logT) },
    { block: 'B_s2', task: 'times 1/T', width: is('1', 1), depth: is('log2(T)', logT) },
    { block: 'B_s3', task: 'times 1/delta', width: is('4', 4), depth: is('log2(m)', t) },
    { block: 'B_f1*', task: 'first layer of f*', width: is('T', T), depth: is('1', 1) },
    { block: 'B_f2*', task: 'second layer of f*', width: is('3^m', 3 ** m), depth: is('1', 1) },
    { block: 'B_f3*', task: 'third layer of f*', width: is('m 3^m', m * 3 ** m), depth: is('1', 1) },
    { block: "B_f''", task: "f''(x)", width: is('4', 4), depth: is('1', 1) },
  ];
}

/** Theorem 2's orders at epsilon = 4/(mT). */
export function cachedPaper(p: CachedParameters): ConstructionReport['paper'] {
  const { T, m, lambda, quantisation } = p;
  const epsilon = 4 / (m * T);
  const log = Math.log2(1 / epsilon);
  if (quantisation === 'linear') {
    return {
      depth: { formula: 'O(log 1/eps)', order: log },
      width: { formula: 'not given' },
      connectivity: { formula: 'O(1/eps)', order: 1 / epsilon },
      bits: { formula: 'O(log(lambda)/eps)', order: Math.log2(lambda) / epsilon },
    };
  }
  const root = Math.log2(log) ** (1 / (lambda - 1));
  const weights = lambda * root * Math.log2(log) + 1 / epsilon;
  return {
    depth: { formula: 'O(lambda (log log 1/eps)^(1/(lambda-1)) + log 1/eps)', order: lambda * root + log },
    width: { formula: 'not given' },
    connectivity: { formula: 'O(lambda (log log 1/eps)^(1/(lambda-1)+1) + 1/eps)', order: weights },
    bits: {
      formula: 'O(log(lambda) (lambda (log log 1/eps)^(1/(lambda-1)+1) + 1/eps))',
      order: Math.log2(lambda) * weights,
    },
  };
}
