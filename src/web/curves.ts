/**
 * Curves for drawing. The network is evaluated exactly and rounded once; f is a float64 estimate where the error is large
 * beside float64's own, and the middle of a narrow enclosure where it is not. What is proved is never taken from here.
 */
import { linearPieces } from '../certify/index.ts';
import { Engine } from '../engine/index.ts';
import { expressionTarget, parseNumber } from '../exact/expression.ts';
import { Dyadic, enclosing, Interval, Rational, refuse, type Target } from '../exact/index.ts';
import { evaluateRational, type Network } from '../net/index.ts';
import type { Curves, PieceText, PointValue } from './protocol.ts';

/** A network of one input and one output with what it is compared with. */
export interface Shown {
  readonly network: Network;
  readonly target?: Target;
}

/** Pieces whose ends are marked, and pieces that are written out. */
const MOST_KNOTS = 1200;
const MOST_TEXTS = 400;
/** Below this part of |f| float64 estimates are too coarse to draw the error. */
const COARSE = 1e-11;
const PRECISION = 96;

/** Throws InputError where the part is empty. */
export function sampleCurves({ network, target }: Shown, lo: number, hi: number, points: number): Curves {
  if (!(lo < hi)) refuse('curves', 'a lower end below the upper end', `[${lo}, ${hi}]`);
  const [a, b] = [Dyadic.from(lo), Dyadic.from(hi)];
  const knots: number[] = [];
  const pieces: PieceText[] = [];
  let more = false;
  let count = 0;
  for (const piece of linearPieces(network, { lo: a, hi: b, limit: MOST_KNOTS + 1 })) {
    if (++count > MOST_KNOTS) {
      more = true;
      break;
    }
    if (count > 1) knots.push(piece.from.toNumber());
    if (pieces.length < MOST_TEXTS) pieces.push(textsOf(piece));
  }
  const x = abscissae(lo, hi, points, knots);
  const net = Engine.createSync(network).forward(x);
  const curves = { lo, hi, x, net, knots: Float64Array.from(knots), more, pieces };
  return target ? { ...curves, ...against(target, network, x, net) } : curves;
}

function textsOf(piece: { from: Rational; to: Rational; slope: Dyadic; intercept: Dyadic }): PieceText {
  return {
    from: piece.from.toString(),
    to: piece.to.toString(),
    slope: piece.slope.toString(),
    intercept: piece.intercept.toString(),
  };
}

/** Evenly spaced points on a coarse dyadic grid, which the engine evaluates fastest, with the knots in between. */
function abscissae(lo: number, hi: number, points: number, knots: readonly number[]): Float64Array {
  const grid = 2 ** Math.floor(Math.log2((hi - lo) / points) - 4);
  const x: number[] = [lo];
  for (let i = 1; i < points; i++) {
    const at = Math.round((lo + ((hi - lo) * i) / points) / grid) * grid;
    if (at > lo && at < hi) x.push(at);
  }
  x.push(hi);
  for (const k of knots)
    if (k > lo && k < hi) x.push(Math.min(hi, Math.max(lo, Math.round(k / grid / 16) * grid * 16)));
  return Float64Array.from(new Set(x)).sort();
}

function against(
  target: Target,
  network: Network,
  x: Float64Array,
  net: Float64Array,
): { f: Float64Array; error: Float64Array } {
  const f = Float64Array.from(x, (v) => target.estimate([v]));
  const error = f.map((v, i) => v - (net[i] as number));
  let largest = 0;
  let size = 0;
  for (let i = 0; i < x.length; i++) {
    largest = Math.max(largest, Math.abs(error[i] as number));
    size = Math.max(size, Math.abs(f[i] as number), Math.abs(net[i] as number));
  }
  if (largest > COARSE * size) return { f, error };
  const exact = Engine.createSync(network).forwardExact(x);
  const fine = Float64Array.from(x, (v, i) => {
    const value = target.enclose([Interval.of(v)], PRECISION);
    return value ? value.mid.sub(exact.at(i, 0)).toNumber() : Number.NaN;
  });
  return { f, error: fine };
}

/** Exact values at a point typed by the user. Throws InputError where it is no number. */
export function pointValue({ network, target }: Shown, text: string): PointValue {
  const number = parseNumber(text);
  const exact = number.exact;
  const x = exact ?? Rational.fromDyadic(number.enclose(64).mid.roundBits(53, 'nearest'));
  const y = evaluateRational(network, [x])[0] as Rational;
  const base = { x: decimal(x), net: decimal(y), netNumber: y.toNumber() };
  const dyadic = x.toDyadic();
  const value = target?.enclose([dyadic ? Interval.of(dyadic) : enclosing(x, 80)], 64);
  if (!value) return base;
  const apart = value.sub(enclosing(y, 80)).abs();
  return { ...base, f: value.mid.toNumber().toString(), error: apart.mid.toNumber().toPrecision(4) };
}

/** The number itself where it is short, else its nearest float64 with the sign for that. */
function decimal(x: Rational): string {
  const text = x.toString();
  return text.length <= 24 ? text : `about ${x.toNumber()}`;
}

/** The expression that a file names, where it names one. */
export function namedTarget(text: string | undefined): Target | undefined {
  if (!text) return undefined;
  try {
    const target = expressionTarget(text);
    return target.inputs === 1 ? target : undefined;
  } catch {
    return undefined;
  }
}
