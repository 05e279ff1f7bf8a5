/**
 * Theorem 1's network as the paper draws it [DLS18, Fig. 2]: for every cell m and every term n its own products and its own
 * weight gadget. The function is the same f' as that of taylorShared.ts; this one is there to be counted, and compared with.
 *
 *   B_N          1/N, ..., (N-1)/N from halved constants
 *   B_abs        x_k - m/N, positive and negative part
 *   B_s, B_h     3N|x_k - m/N|, h of it: for every axis and m
 *   B_x'         d + |n| - 1 products for every (m, n)
 *   B_w          one gadget for every (m, n), depth and letters by lambda (gadget.ts), topology fixed
 */
import { Blueprint, type Group } from './blueprint.ts';
import { addSignal, carry, type Draft, draw, hold, type Signal, signal, together } from './draft.ts';
import type { Layout } from './gadget.ts';
import { drawProducts, operand } from './multiply.ts';
import type { Form } from './squares.ts';
import { orientation } from './taylorFormula.ts';
import { bumps } from './taylorFront.ts';
import { cellsOf, type MultiIndex, type TaylorShape } from './taylorShape.ts';
import { type Connect, drawWeights } from './weight.ts';

/** beta of term and cell times 2^t, t = digits[0], with the sign of its local coordinates. Asked only when building. */
export type TermMantissa = (term: number, cell: number) => bigint;

export function drawLiteral(shape: TaylorShape, layout: Layout, mantissa: TermMantissa): Blueprint {
  const { d, terms, scaleLog2 } = shape;
  const b = new Blueprint(d, layout.alphabet);
  const u = draw(b, coordinates(b, shape));
  const [[carried], [h], [offset]] = draw(b, together(b, [hold(u), bumps(b, shape, [u]), powerOfTwo(b, d)])) as [
    [Signal],
    [Signal],
    [Signal],
  ];
  const sums = draw(
    b,
    together(
      b,
      terms.map((n, term) =>
        weightedTerm(b, shape, n, { u: carried, h, offset }, layout, (cell) => mantissa(term, cell)),
      ),
    ),
  ).flat();
  if (scaleLog2 === 0) {
    b.group('output', 1, (row) => {
      for (const s of sums) addSignal(row, s, 0, 1);
    });
    return b;
  }
  // f = 2^scale (f / 2^scale): one doubling a layer.
  const part = (from: readonly Signal[], sign: number): Group =>
    b.group('output', 1, (row) => {
      for (const s of from) addSignal(row, s, 0, 2 * sign);
    });
  let now: readonly Signal[] = sums;
  for (let k = 1; k < scaleLog2; k++) {
    now = [{ count: 1, plus: [part(now, 1)], minus: [part(now, -1)], scale: 0 }];
    b.close();
  }
  part(now, 1);
  return b;
}

/** o(m)(x_k - m/N) for every axis k and m = 0..N, at index k (N+1) + m. */
function* coordinates(b: Blueprint, { d, q }: TaylorShape): Draft<Signal> {
  const N = 2 ** q;
  let x = b.group('carry', d, (row, k) => row.add(b.input, k, 0.5));
  let powers: Group[] = [b.group('B_N', 1, (row) => row.bias(0.5))]; // 2^-1, 2^-2, ...
  let factor = 2;
  yield;
  for (let l = 2; l <= q; l++) {
    const [below, c, known] = [x, factor, powers];
    x = b.group('carry', d, (row, k) => row.add(below, k, c));
    powers = known.map((g) => b.group('B_N', 1, (row) => row.add(g, 0, 1)));
    powers.push(b.group('B_N', 1, (row) => row.add(known[known.length - 1] as Group, 0, 0.5)));
    factor = 1;
    yield;
  }
  const [from, c, all] = [x, factor, powers];
  const part = (side: number): Group =>
    b.group(
      'B_abs',
      d * (N + 1),
      (row, i) => {
        const m = i % (N + 1);
        const sign = side * orientation(m);
        row.add(from, Math.floor(i / (N + 1)), sign * c);
        if (m === N) row.add(all[0] as Group, 0, -2 * sign);
        else
          all.forEach((g, j) => {
            if ((m >> (q - 1 - j)) & 1) row.add(g, 0, -sign);
          });
      },
      true,
    );
  const result: Signal = { count: d * (N + 1), plus: [part(1)], minus: [part(-1)], scale: 0 };
  yield;
  return result;
}

/** The constant 2^e, by doubling 1/2. */
function* powerOfTwo(b: Blueprint, e: number): Draft<Signal[]> {
  let unit = b.group('output', 1, (row) => row.bias(0.5));
  yield;
  for (let k = 0; k <= e; k++) {
    const from = unit;
    unit = b.group('output', 1, (row) => row.add(from, 0, 2));
    yield;
  }
  return [signal(unit)];
}

interface Local {
  readonly u: Signal;
  readonly h: Signal;
  /** 2^d: more than the sum of a term over the cells can be below 0, since at most 2^d cells reach a point. */
  readonly offset: Signal;
}

/** sum over the cells of beta * f'_{m,n}, as one unit less the offset. */
function* weightedTerm(
  b: Blueprint,
  shape: TaylorShape,
  n: MultiIndex,
  local: Local,
  layout: Layout,
  mantissa: (cell: number) => bigint,
): Draft<Signal[]> {
  let connect: Connect | undefined;
  const gadgets = function* (): Draft<Signal[]> {
    connect = yield* termGadgets(b, shape, n, local, layout, mantissa);
    return [];
  };
  const [, [offset]] = (yield* together(b, [gadgets(), hold(local.offset)])) as [Signal[], [Signal]];
  const sum = b.group('B_w', 1, (row) => {
    addSignal(row, offset, 0, 1);
    row.repeat(cellsOf(shape), (cell) => (connect as Connect)(row, cell, 1));
  });
  const less = carry(b, offset, 'output');
  yield;
  return [{ count: 1, plus: [sum], minus: less.plus, scale: 0 }];
}

/** The products and gadgets of one term, a set for every cell. */
function* termGadgets(
  b: Blueprint,
  shape: TaylorShape,
  n: MultiIndex,
  { u, h }: Local,
  layout: Layout,
  mantissa: (cell: number) => bigint,
): Draft<Connect> {
  const { d, q, r } = shape;
  const side = 2 ** q + 1;
  const cells = cellsOf(shape);
  /** Number `axis` of a cell's d numbers in u or h; a product has one number a cell. */
  const along = (axis: number) => (cell: number) => axis * side + (Math.floor(cell / side ** axis) % side);
  const axes = n.flatMap((e, k) => new Array<number>(e).fill(k));
  const all = Array.from({ length: d }, (_, k) => k);
  const [psi, monomial] = (yield* together(b, [
    nested(b, cells, r, h, all, along),
    nested(b, cells, r, u, axes, along),
  ])) as [Signal[], Signal[]];
  const outer = (made: readonly Signal[], axis: number): Found =>
    made.length > 1 ? { s: made[1] as Signal, at: (cell) => cell } : { s: made[0] as Signal, at: along(axis) };
  let value = outer(psi, 0);
  if (axes.length > 0) {
    const y = outer(monomial, axes[0] as number);
    const [product] = yield* drawProducts(b, "B_x'", cells, r, operand(value.s, value.at), operand(y.s, y.at));
    value = { s: product as Signal, at: (cell) => cell };
  }
  // The gadget takes the positive and the negative part each by units of its own.
  const { s, at } = value;
  const halves = [...s.plus, ...s.minus].map(
    (part): Form =>
      (row, cell, c) =>
        row.add(part, at(cell), c * 2 ** s.scale),
  );
  return yield* drawWeights(b, 'B_w', cells, layout, halves, mantissa);
}

interface Found {
  readonly s: Signal;
  readonly at: (cell: number) => number;
}

/** v, handed on, and x'(v_a1, x'(v_a2, ...)) for the axes a1, a2, ... where they are two or more, for every cell. */
function* nested(
  b: Blueprint,
  cells: number,
  r: number,
  v: Signal,
  axes: readonly number[],
  along: (axis: number) => (cell: number) => number,
): Draft<Signal[]> {
  let signals: Signal[] = [v];
  for (let j = axes.length - 2; j >= 0; j--) {
    const [own, inner] = signals as [Signal, Signal | undefined];
    const x = operand(own, along(axes[j] as number));
    const y = inner ? operand(inner) : operand(own, along(axes[j + 1] as number));
    signals = (yield* together(b, [hold(own), drawProducts(b, "B_x'", cells, r, x, y)])).flat();
  }
  return signals;
}
