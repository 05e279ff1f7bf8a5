/** A box of inputs: a VNN-LIB file, ranges as typed, or what a network file says of itself. */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { InputError, Interval, type Rational } from '../exact/index.ts';
import { type InputBounds, outwardBox, readVnnlib } from '../io/index.ts';
import { readText } from './files.ts';
import { domainOption } from './target.ts';

export interface OpenedBox {
  /** One range an input, rounded outward: proofs cover it. */
  readonly outer: readonly Interval[];
  /** What surely lies inside: witnesses come from it. */
  readonly inner: readonly Interval[];
  /** How it was read. */
  readonly text: string;
}

/** Fractional digits to which decimals of a VNN-LIB file are enclosed. */
const DIGITS = 64;

/**
 * `file.vnnlib` (the hull of its clauses' boxes), `lo,hi` for every input, or `lo,hi;lo,hi;...`, one range an input.
 * Without a text the network's own domain. Throws InputError where neither gives a range for each input.
 */
export function openBox(text: string | undefined, inputs: number, own: readonly Interval[] | undefined): OpenedBox {
  if (text === undefined) {
    if (!own) throw new InputError('--box: expected a box, since the network file names no domain of its own');
    return { outer: own, inner: own, text: "the network file's own domain" };
  }
  if (extname(text).toLowerCase() === '.vnnlib' || existsSync(text)) return vnnlibBox(text, inputs);
  const ranges = text.split(';').map((part) => domainOption(part.trim()));
  if (ranges.length !== 1 && ranges.length !== inputs) {
    throw new InputError(`--box: expected one range or ${inputs}, one an input, got ${ranges.length}`);
  }
  const all = ranges.length === 1 ? new Array<(typeof ranges)[number]>(inputs).fill(ranges[0]!) : ranges;
  return {
    outer: all.map(([lo, hi]) => Interval.of(lo.lo, hi.hi)),
    inner: all.map(([lo, hi]) => Interval.of(lo.hi, hi.lo)),
    text,
  };
}

function vnnlibBox(path: string, inputs: number): OpenedBox {
  const specification = readVnnlib(readText(path), path);
  if (specification.inputs !== inputs) {
    throw new InputError(`${path}: expected ${inputs} inputs, as the network has, got ${specification.inputs}`);
  }
  const { clauses } = specification;
  const hull = (boxes: Interval[][]): Interval[] => boxes.reduce((a, b) => a.map((x, i) => x.hull(b[i] as Interval)));
  const outer = hull(clauses.map((clause) => outwardBox(clause, DIGITS)));
  const inner = hull(clauses.map((clause) => clause.box.map(inward)));
  return { outer, inner, text: clauses.length > 1 ? `the hull of the boxes of ${path}` : path };
}

/** The dyadics of DIGITS fractional digits inside the bounds; where there is none, the nearest to them. */
function inward({ lower, upper }: InputBounds): Interval {
  const lo = (lower as Rational).roundTo(DIGITS, 'up');
  const hi = (upper as Rational).roundTo(DIGITS, 'down');
  return lo.le(hi) ? Interval.of(lo, hi) : Interval.of(hi, lo);
}
