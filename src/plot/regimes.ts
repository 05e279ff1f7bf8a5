/** The three-regime picture, and error against depth at constant memory. Rows come from workbench/regimes.ts as plain data. */
import type { Mark, Picture, Point } from './chart.ts';

/** What the pictures need of a row. */
export interface RegimePoint {
  readonly width: number;
  readonly depth: number;
  readonly bits: number;
  readonly lower: { readonly precision: number; readonly memory: number; readonly vc: number };
  readonly regime: 'under' | 'proper' | 'over';
  readonly achieved: number;
  readonly gap: number;
}

/** A fitted exponent beside the theory's. */
export interface ExponentText {
  readonly regime: 'under' | 'proper' | 'over';
  readonly from: number;
  readonly to: number;
  readonly against: 'bit' | 'power';
  readonly theory: number;
  readonly lower: number;
  readonly achieved: number;
}

const NAMES = { under: 'under-quantised', proper: 'proper', over: 'over-quantised' } as const;
/** Palette colours of the three shades. */
const SHADES = { under: 1, proper: 2, over: 3 } as const;

export interface RegimesPictureOptions {
  readonly rows: readonly RegimePoint[];
  readonly exponents: readonly ExponentText[];
  readonly integerBits?: number;
  readonly command: string;
}

/** Error against b, both logarithmic: three lower bounds, the guaranteed error of networks built, the regimes shaded. */
export function regimesPicture({ rows, exponents, integerBits = 0, command }: RegimesPictureOptions): Picture {
  const { width, depth } = rows[0] as RegimePoint;
  const curve = (y: (r: RegimePoint) => number): Point[] => rows.map((r): Point => [r.bits, y(r)]);
  const best = rows.map((r) => r.achieved / r.gap);
  const low = best.reduce((a, b) => Math.min(a, b)) / 4;
  const high = rows.reduce((a, r) => Math.max(a, r.achieved, r.lower.memory), 0) * 2;
  const marks: Mark[] = [
    ...regions(rows),
    { kind: 'line', name: 'lower bound: precision', color: 1, dash: true, points: curve((r) => r.lower.precision) },
    { kind: 'line', name: 'lower bound: memory', color: 2, dash: true, points: curve((r) => r.lower.memory) },
    { kind: 'line', name: 'lower bound: VC dimension', color: 3, dash: true, points: curve((r) => r.lower.vc) },
    {
      kind: 'line',
      name: 'achieved: guaranteed error of networks built',
      color: 0,
      points: curve((r) => r.achieved),
      markers: rows.length <= 40,
    },
  ];
  return {
    title: `Quantisation regimes of ReLU networks of width ${width} and depth ${depth}`,
    panels: [
      {
        x: { label: 'fractional bits b of every weight', unit: 'bits', scale: 'log', base: 2 },
        y: { label: 'sup error over H1', scale: 'log', range: [low, high] },
        marks,
        height: 400,
      },
    ],
    caption: [
      `Proved: no network of width ≤ ${width}, depth ≤ ${depth} and weights in Q(${integerBits}, b) approximates every 1-Lipschitz function on [0, 1] with |f| ≤ 1 (the class H1) to less than the highest of the three lower bounds;`,
      'and for every such function a network within the budget that reaches the achieved error is built.',
      'The bound that dominates names the regime.',
      ...exponents.map(exponentText),
    ].join(' '),
    command,
  };
}

/** `under-quantised, b = 1..4: error x 2^-3.0 a bit (lower bound), ...`: estimates, said to be so. */
function exponentText({ regime, from, to, against, theory, lower, achieved }: ExponentText): string {
  const show = (x: number): string => x.toFixed(2).replace('-', '−');
  const how = against === 'bit' ? 'log₂ error per bit' : 'exponent of b';
  return `Fitted ${how} (an estimate), ${NAMES[regime]}, b = ${from}..${to}: ${show(lower)} for the lower bound, ${show(achieved)} achieved; theory ${show(theory)}.`;
}

function regions(rows: readonly RegimePoint[]): Mark[] {
  const out: Mark[] = [];
  let start = 0;
  for (let i = 1; i <= rows.length; i++) {
    const { regime } = rows[start] as RegimePoint;
    if (i < rows.length && rows[i]?.regime === regime) continue;
    const from = (rows[start] as RegimePoint).bits;
    const to = (rows[Math.min(i, rows.length - 1)] as RegimePoint).bits;
    if (to > from) out.push({ kind: 'region', name: NAMES[regime], color: SHADES[regime], from, to });
    start = i;
  }
  return out;
}

export interface DepthPictureOptions {
  readonly rows: readonly RegimePoint[];
  /** Dense memory in bits, the same for all rows. */
  readonly memory: number;
  readonly command: string;
}

/** Error against depth at constant dense memory. */
export function depthPicture({ rows, memory, command }: DepthPictureOptions): Picture {
  const curve = (y: (r: RegimePoint) => number): Point[] => rows.map((r): Point => [r.depth, y(r)]);
  const first = rows[0] as RegimePoint;
  const best = rows.reduce((a, b) => (b.achieved < a.achieved ? b : a));
  const shown = (r: RegimePoint): string =>
    `L = ${r.depth}, W = ${r.width}, b = ${r.bits}: ${r.achieved.toExponential(2)}`;
  return {
    title: `Error against depth at a constant memory of ${memory} bits`,
    panels: [
      {
        x: { label: 'depth L', unit: 'layers', scale: 'log', base: 2 },
        y: { label: 'sup error over H1', scale: 'log' },
        marks: [
          {
            kind: 'line',
            name: 'lower bound of the class',
            color: 2,
            dash: true,
            points: curve((r) => r.achieved / r.gap),
          },
          {
            kind: 'line',
            name: 'achieved: guaranteed error of networks built',
            color: 0,
            points: curve((r) => r.achieved),
            markers: true,
          },
        ],
        height: 360,
      },
    ],
    caption: [
      `Every depth with the width and the bits that serve it best among those with n(W,L)(b+2) ≤ ${memory} bits of dense memory.`,
      'Proved: for every 1-Lipschitz function on [0, 1] with |f| ≤ 1 (the class H1) a network within that budget reaches the achieved error; no network of that class stays below its lower bound for all of them.',
      `Best: ${shown(best)}. Shallowest: ${shown(first)}.`,
    ].join(' '),
    command,
  };
}
