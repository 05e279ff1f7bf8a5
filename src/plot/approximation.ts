/** The picture of one network with one input: f and net above, f - net with its certified bound below. */
import type { SupCertificate } from '../certify/index.ts';
import { linearPieces } from '../certify/index.ts';
import { Engine } from '../engine/index.ts';
import { Dyadic, Interval, printBound, refuse, type Target, toScientific } from '../exact/index.ts';
import { Network } from '../net/index.ts';
import type { Mark, Panel, Picture, Point } from './chart.ts';

export interface ApproximationOptions {
  /** One input; several outputs only without a target. */
  readonly network: Network;
  /** What is approximated; without it the network is drawn alone. */
  readonly target?: Target | Network;
  /** How people name the target; by default its own text. */
  readonly targetText?: string;
  /** What was proved about network and target on this domain. */
  readonly certificate?: SupCertificate;
  readonly domain: readonly [lo: Dyadic, hi: Dyadic];
  readonly title?: string;
  readonly input?: { readonly name?: string; readonly unit?: string };
  readonly output?: { readonly name?: string; readonly unit?: string };
  /** A sentence more for the caption. */
  readonly remark?: string;
  readonly command: string;
}

const SAMPLES = 1200;
/** Networks of fewer pieces are drawn through their own knots, and the knots are marked where they can be told apart. */
const MOST_PIECES = 2000;
const MOST_MARKED = 64;
const PRECISION = 96;

/** Throws InputError where the network has several inputs, or several outputs and a target. */
export function approximationPicture(options: ApproximationOptions): Picture {
  const { network, target, certificate, domain, command } = options;
  if (network.inputs !== 1) refuse('plot', 'a network with 1 input', `${network.inputs} inputs`);
  if (target && network.outputs !== 1) refuse('plot', 'a network with 1 output', `${network.outputs} outputs`);
  const [lo, hi] = domain;
  if (!lo.lt(hi)) refuse('plot', 'a domain with its lower end below its upper end', `[${lo}, ${hi}]`);
  const knots = knotsOf(network, lo, hi);
  const xs = samplePoints(lo, hi, knots, witnessOf(certificate));
  const values = evaluateAll(network, xs);
  const text = options.targetText ?? (target instanceof Network ? 'the other network' : target?.text);
  const x = { label: options.input?.name ?? 'x', ...(options.input?.unit ? { unit: options.input.unit } : {}) };
  const unit = options.output?.unit ? { unit: options.output.unit } : {};
  const [fs, errors] = target ? compare(target, xs, values) : [undefined, undefined];

  const upper: Mark[] = [];
  if (fs) upper.push({ kind: 'line', name: `f = ${clip(text ?? 'f')}`, color: 7, points: zip(xs, fs) });
  for (let o = 0; o < network.outputs; o++) {
    const name = network.outputs === 1 ? 'network' : `output ${o}`;
    const points = zip(
      xs,
      xs.map((_, i) => (values[i * network.outputs + o] as Dyadic).toNumber()),
    );
    upper.push({ kind: 'line', name, ...(fs ? { color: 0, dash: true } : {}), points });
  }
  if (knots && network.outputs === 1 && knots.length <= MOST_MARKED) {
    const at = new Set(knots);
    const points = zip(
      xs,
      xs.map((_, i) => (values[i] as Dyadic).toNumber()),
    ).filter(([v]) => at.has(v));
    upper.push({ kind: 'scatter', name: 'knots of the network', color: 0, points });
  }
  const panels: Panel[] = [
    {
      ...(errors ? { title: 'Approximation' } : {}),
      x,
      y: { label: options.output?.name ?? 'value', ...unit },
      marks: upper,
    },
  ];
  if (errors) {
    panels.push({
      title: 'Error',
      x,
      y: { label: 'f − net', ...unit },
      marks: errorMarks(xs, errors, certificate),
      height: 220,
    });
  }
  const { depth, width, connectivity, fractionalBits, integerBits } = network;
  const drawn = `Drawn: exact values at ${xs.length} points${knots ? ', the knots of the network among them' : ''}.`;
  return {
    title: options.title ?? (text === undefined ? 'A ReLU network' : `A ReLU network for ${clip(text)}`),
    panels,
    caption: [
      certificate ? provedSentence(certificate, lo, hi) : undefined,
      options.remark,
      `Network: depth L = ${depth}, width W = ${width}, connectivity M = ${connectivity}, weights in Q(${integerBits}, ${fractionalBits}).`,
      drawn,
    ]
      .filter((s) => s !== undefined)
      .join(' '),
    command,
  };
}

function provedSentence(c: SupCertificate, lo: Dyadic, hi: Dyadic): string {
  const where = `every real x in [${short(lo)}, ${short(hi)}]`;
  const above = c.upper
    ? `Proved: |f − net| ≤ ${c.upper.isZero ? '0 (exactly)' : printBound(c.upper)} for ${where}`
    : `Not proved: no bound of |f − net| was found for ${where}`;
  const witness = witnessOf(c) as number;
  const below =
    c.lower.sign > 0 ? `, and at least ${toScientific(c.lower, 3, 'down')} near x = ${witness.toPrecision(6)}` : '';
  const rests = c.restsOn.length > 0 ? ` It rests on: ${c.restsOn.join('; ')}.` : '';
  return `${above}${below}.${rests}`;
}

function errorMarks(xs: readonly number[], errors: readonly number[], c: SupCertificate | undefined): Mark[] {
  const marks: Mark[] = [];
  if (c?.upper) {
    const y = c.upper.toNumber('up');
    const points = [xs[0] as number, xs[xs.length - 1] as number].map((x): [number, number, number] => [x, -y, y]);
    marks.push({ kind: 'band', name: `proved: |f − net| ≤ ${toScientific(c.upper, 3, 'up')}`, color: 2, points });
  }
  marks.push({ kind: 'line', name: 'f − net', color: 1, points: zip(xs, errors) });
  if (c && c.lower.sign > 0) {
    const at = xs.indexOf(witnessOf(c) as number);
    const y = at < 0 ? Number.NaN : (errors[at] as number);
    marks.push({ kind: 'scatter', name: 'witness', color: 3, points: [[xs[at] ?? Number.NaN, y]] });
  }
  return marks;
}

function witnessOf(c: SupCertificate | undefined): number | undefined {
  return c?.witness.toNumber();
}

/** The network's knots as float64, or undefined where there are too many to draw through. */
function knotsOf(network: Network, lo: Dyadic, hi: Dyadic): number[] | undefined {
  const knots = new Set<number>();
  for (let output = 0; output < network.outputs; output++) {
    let n = 0;
    for (const { from, to } of linearPieces(network, { lo, hi, output, limit: MOST_PIECES + 1 })) {
      if (++n > MOST_PIECES) return undefined;
      knots.add(from.toNumber()).add(to.toNumber());
    }
  }
  return [...knots].filter((x) => inside(x, lo, hi));
}

function samplePoints(
  lo: Dyadic,
  hi: Dyadic,
  knots: readonly number[] | undefined,
  witness: number | undefined,
): number[] {
  const points = new Set<number>(knots ?? []);
  if (witness !== undefined) points.add(witness);
  const length = hi.sub(lo);
  for (let i = 0; i <= SAMPLES; i++) points.add(lo.add(length.mul(Dyadic.from(i / SAMPLES))).toNumber());
  return [...points].filter((x) => inside(x, lo, hi)).sort((a, b) => a - b);
}

function inside(x: number, lo: Dyadic, hi: Dyadic): boolean {
  if (!Number.isFinite(x)) return false;
  const d = Dyadic.from(x);
  return d.ge(lo) && d.le(hi);
}

/** Exact outputs, row after row. */
function evaluateAll(network: Network, xs: readonly number[]): Dyadic[] {
  const engine = Engine.createSync(network);
  try {
    return engine.forwardExact(Float64Array.from(xs)).toDyadics();
  } finally {
    engine.dispose();
  }
}

/** f and f - net as float64; NaN where f is not shown to be defined. */
function compare(f: Target | Network, xs: readonly number[], values: readonly Dyadic[]): [number[], number[]] {
  const exact =
    f instanceof Network ? evaluateAll(f, xs) : xs.map((x) => f.enclose([Interval.of(Dyadic.from(x))], PRECISION)?.lo);
  return [
    exact.map((v) => v?.toNumber() ?? Number.NaN),
    exact.map((v, i) => v?.sub(values[i] as Dyadic).toNumber() ?? Number.NaN),
  ];
}

function zip(xs: readonly number[], ys: readonly number[]): Point[] {
  return xs.map((x, i): Point => [x, ys[i] as number]);
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function short(x: Dyadic): string {
  return String(Number(x.toNumber().toPrecision(12)));
}
