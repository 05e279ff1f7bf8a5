/** How far two networks are apart on a box, output by output: the proved bound, and what was seen. */
import type { DeviationCertificate } from '../certify/index.ts';
import { type Dyadic, printBound, toScientific } from '../exact/index.ts';
import type { Mark, Picture, Point } from './chart.ts';

export interface DeviationPictureOptions {
  readonly certificate: DeviationCertificate;
  /** As people name the two networks and the box. */
  readonly names: readonly [f: string, g: string];
  readonly box: string;
  /** The deviation that was asked about. */
  readonly within?: number;
  readonly command: string;
}

/** One column an output; the axis is logarithmic where no deviation is 0. */
export function deviationPicture(options: DeviationPictureOptions): Picture {
  const { certificate, names, box, within, command } = options;
  const { outputs, restsOn, missing } = certificate;
  const column = (value: (o: (typeof outputs)[number]) => number): Point[] =>
    outputs.map((o, i): Point => [i, value(o)]);
  const certified = column((o) => o.certified.toNumber('up'));
  const observed = column((o) => o.observed.toNumber('down'));
  const marks: Mark[] = [
    { kind: 'scatter', name: 'proved: |f − g| is at most this', color: 0, points: certified },
    { kind: 'scatter', name: 'seen: |f − g| is at least this', color: 1, points: observed },
    ...(within === undefined ? [] : [{ kind: 'level' as const, name: 'asked', color: 7, y: within, dash: true }]),
  ];
  const positive = [...certified, ...observed].every(([, y]) => y > 0);
  const worst = outputs.reduce<Dyadic>((a, o) => a.max(o.certified), outputs[0]?.certified as Dyadic);
  const seen = outputs.reduce<Dyadic>((a, o) => a.max(o.observed), outputs[0]?.observed as Dyadic);
  return {
    title: `${names[0]} and ${names[1]}: how far apart`,
    panels: [
      {
        x: { label: 'output', range: [-0.5, outputs.length - 0.5] },
        y: { label: 'largest |f − g| on the box', ...(positive ? { scale: 'log' as const } : {}) },
        marks,
      },
    ],
    caption: [
      `Proved: every output differs by at most ${worst.isZero ? '0 (exactly)' : printBound(worst)} for every real input in the box ${box}.`,
      seen.isZero ? 'No difference was seen.' : `Seen, by exact evaluation: ${toScientific(seen, 3, 'down')}.`,
      missing === undefined ? undefined : `Not closer, because ${missing}.`,
      `It rests on: ${restsOn.join('; ')}.`,
    ]
      .filter((s) => s !== undefined)
      .join(' '),
    command,
  };
}
