/** The price of few intrinsic parameters: one error three times, over the numbers that depend on f, all parameters, and bits. */
import type { Mark, Picture, Point } from './chart.ts';

/** What the picture needs of one decoder. */
export interface IntrinsicPoint {
  readonly n: number;
  readonly count: number;
  readonly bits: number;
  readonly connectivity: number;
  /** Certified, and the theorem's bound. */
  readonly error: number;
  readonly theorem: number;
  /** Bits that any scheme needs at this error; undefined where f has no Lipschitz constant. */
  readonly entropy?: number;
}

export interface IntrinsicPictureOptions {
  readonly points: readonly IntrinsicPoint[];
  /** As people name f. */
  readonly text: string;
  /** d. */
  readonly inputs: number;
  /** 2/d. */
  readonly bestRate: number;
  /** error ~ M^-rate, estimated from the points. */
  readonly rate: number;
  /** f's Lipschitz constant, for the caption. */
  readonly lipschitz?: number;
  readonly restsOn: readonly string[];
  readonly command: string;
}

/** Three panels with one error: linear in the numbers, logarithmic in M and in bits. */
export function intrinsicPicture(options: IntrinsicPictureOptions): Picture {
  const { points, text, inputs, bestRate, rate, lipschitz, restsOn, command } = options;
  const y = { label: 'sup |f − net|', scale: 'log' } as const;
  const error = (x: (p: IntrinsicPoint) => number): Mark => ({
    kind: 'line',
    name: 'proved error of the networks built',
    color: 0,
    markers: true,
    points: points.map((p): Point => [x(p), p.error]),
  });
  const [first, last] = [points[0] as IntrinsicPoint, points[points.length - 1] as IntrinsicPoint];
  const power = exponent(bestRate);
  const known = points.filter((p) => p.entropy !== undefined && p.entropy > 0);
  const box = inputs === 1 ? '[0, 1]' : `[0, 1]${'⁰¹²³'[inputs]}`;
  return {
    title: `Few intrinsic parameters, many bits: ${text}`,
    panels: [
      {
        title: 'Counted in numbers that depend on f',
        x: { label: 'intrinsic parameters', range: [first.count - 0.5, last.count + 0.5] },
        y,
        height: 210,
        marks: [
          error((p) => p.count),
          {
            kind: 'line',
            name: "the theorem's bound",
            color: 1,
            dash: true,
            points: points.map((p): Point => [p.count, p.theorem]),
          },
        ],
      },
      {
        title: 'Counted in all parameters',
        x: { label: 'M, non-zero weights and biases', scale: 'log' },
        y,
        height: 210,
        marks: [
          error((p) => p.connectivity),
          {
            kind: 'line',
            name: `slope of M^(−${power}), the best rate`,
            color: 3,
            dash: true,
            points: points.map(
              (p): Point => [p.connectivity, first.error * (first.connectivity / p.connectivity) ** bestRate],
            ),
          },
        ],
      },
      {
        title: 'Counted in bits',
        x: { label: 'bits in the intrinsic parameters', scale: 'log' },
        y,
        height: 210,
        marks: [
          error((p) => p.bits),
          ...(known.length > 1
            ? [
                {
                  kind: 'line' as const,
                  name: 'metric entropy: with fewer bits no scheme reaches it',
                  color: 2,
                  dash: true,
                  points: known.map((p): Point => [p.entropy as number, p.error]),
                },
              ]
            : []),
        ],
      },
    ],
    caption: [
      `Proved: every network drawn (n = ${first.n}..${last.n}) is within its error of f on ${box}, and below the theorem's bound.`,
      `From ${first.count} to ${last.count} numbers the error falls about as 2^−n, from ${first.connectivity} to ${last.connectivity} parameters only about as M^−${rate.toFixed(2)} (an estimate);`,
      `ReLU networks reach M^(−${power}) for Lipschitz functions of ${inputs === 1 ? 'one input' : `${inputs} inputs`}.`,
      lipschitz === undefined
        ? undefined
        : `Proved: no scheme stores all functions with Lipschitz constant ${lipschitz} within an error in fewer bits than the metric entropy drawn; the numbers are few because they are long.`,
      restsOn.length > 0 ? `It rests on: ${restsOn.join('; ')}.` : undefined,
    ]
      .filter((s) => s !== undefined)
      .join(' '),
    command,
  };
}

/** 2, 1 or 2/3. */
const exponent = (rate: number): string => (Number.isInteger(rate) ? `${rate}` : `2/${Math.round(2 / rate)}`);
