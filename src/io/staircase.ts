/**
 * A rounding quantiser is a staircase, and no ReLU network is a staircase on the reals. On a *grid* it is: where every
 * value that reaches it is a multiple of 2^u, a step between two neighbouring grid points is a ramp of width 2^u, two
 * ReLUs. So an activation quantiser becomes exact for every input on a stated grid, and is refused where none is stated.
 *
 *   q(x) = clamp(round(x / scale) + zeroPoint, least, most)
 *
 * With many levels the quotient is found digit by digit, base 16: clip x; count the multiples of 16^k; subtract; go on
 * with what is left. That takes 30 units a digit instead of two a level, and three layers a digit instead of two in all.
 */
import { Dyadic, InputError, Rational, type Rounding, refuse } from '../exact/index.ts';
import type { Domains } from './domain.ts';
import { wholeScalar } from './onnx-types.ts';
import { negated, type Scalar, simplify, toDyadic } from './scalar.ts';
import { combine, constantRow, type Row, type Rows, scaledRow, shiftedRow, together, type Units } from './units.ts';

/** nearest: ties to even; down: floor; up: ceiling. */
export type StepRounding = Rounding;

/** How one element is quantised to whole numbers. */
export interface WholeQuantiser {
  /** Positive. */
  readonly scale: Dyadic;
  readonly zeroPoint: bigint;
  /** QONNX adds the zero point before it rounds: where it is odd, ties go the other way. */
  readonly zeroPointFirst?: boolean;
  readonly least: bigint;
  readonly most: bigint;
  readonly rounding: StepRounding;
}

/** How one element is quantised to a list of values (a narrow float): the nearest one of x / scale, by these borders. */
export interface ListQuantiser {
  readonly scale: Dyadic;
  /** Increasing. */
  readonly levels: readonly Dyadic[];
  /** Of level i > 0: where x / scale begins to belong to it, and whether that point itself does. */
  readonly borders: readonly { readonly at: Dyadic; readonly inclusive: boolean }[];
}

const RADIX = 16n;

/** A step up by `jump` between grid points: at `first`, the first multiple of 2^unit that belongs to the upper side. */
interface Step {
  readonly first: bigint;
  readonly jump: bigint;
}

interface Element {
  readonly q: WholeQuantiser;
  /** Every value is a multiple of 2^unit, the scale included. */
  readonly unit: number;
  /** The levels that the element's range can reach. */
  readonly least: bigint;
  readonly most: bigint;
}

/** The quantised whole numbers q, exact wherever the inputs are on their grid. */
export function quantiseToWhole(
  input: Rows,
  quantisers: readonly WholeQuantiser[],
  units: Units,
  domains: Domains,
  where: string,
): Rows {
  const elements = input.rows.map((row, i) => reach(row, quantisers[i] as WholeQuantiser, domains, where));
  const clipped = clip(input, elements, units, domains, where);
  const longest = elements.reduce((n, { least, most }) => (most - least > n ? most - least : n), 0n);
  let place = 1n;
  while (place * RADIX <= longest) place *= RADIX;
  // rest: what is left of x above the lower end; sum: the digits found so far. Each is held by one unit.
  let rest = clipped;
  let sum: Rows = { ...clipped, rows: clipped.rows.map(() => constantRow(0)) };
  for (; ; place /= RADIX) {
    const digit = place;
    const steps = elements.map((e) => stepsOf(e, digit));
    const found = stepUp(rest, steps, elements, units, where);
    const digits = found.rows.map((row, i) => combine([row, sum.rows[i] as Row], [Number(digit), 1], undefined));
    const reads = together(found, rest, sum);
    if (place === 1n) return hold({ rows: digits, ...reads }, elements, units, where);
    const left = found.rows.map((row, i) => {
      const { scale } = (elements[i] as Element).q;
      const rest1 = combine([rest.rows[i] as Row, row], [1, simplify(scale.mul(Dyadic.of(-digit)))], undefined);
      // It may be below zero, by less than one step: lifted by that, one unit holds it.
      return shiftedRow(rest1, simplify(scale));
    });
    const held = units.relu({ rows: [...digits, ...left], ...reads }, where);
    const count = digits.length;
    sum = { ...held, rows: held.rows.slice(0, count) };
    rest = {
      ...held,
      rows: held.rows.slice(count).map((row, i) => shiftedRow(row, simplify((elements[i] as Element).q.scale.neg()))),
    };
  }
}

/** One unit for each found level, so that what follows reads a number and not a sum of ramps. */
function hold(found: Rows, elements: readonly Element[], units: Units, where: string): Rows {
  const most = elements.reduce((n, e) => (e.most - e.least > n ? e.most - e.least : n), 0n);
  const held = units.relu(found, where, { unit: 0, lo: 0, hi: wholeScalar(most) });
  return {
    ...held,
    rows: held.rows.map((row, i) => shiftedRow(row, wholeScalar((elements[i] as Element).least))),
  };
}

/** The nearest value of a list, for each element; one layer, two units a level. */
export function quantiseToList(
  input: Rows,
  quantisers: readonly ListQuantiser[],
  units: Units,
  domains: Domains,
  where: string,
): Rows {
  const knots = input.rows.map((row, i) => {
    const { scale, levels, borders } = quantisers[i] as ListQuantiser;
    const domain = gridOf(row, domains, where);
    const unit = domain.unit;
    const steps = borders.map(({ at, inclusive }, k) => ({
      at: firstPoint(at.mul(scale), inclusive, unit),
      jump: (levels[k + 1] as Dyadic).sub(levels[k] as Dyadic),
    }));
    return { base: Dyadic.ZERO, knots: ramps(steps, unit) };
  });
  const lists = quantisers.map(({ levels }) => levels);
  const held = units.relu(rampLayer(input, knots, units, where), where, {
    unit: lists.reduce((u, levels) => levels.reduce((v, level) => (level.isZero ? v : Math.min(v, level.e)), u), 0),
    lo: 0,
    hi: simplify(
      lists
        .map((levels) => (levels[levels.length - 1] as Dyadic).sub(levels[0] as Dyadic))
        .reduce((a, b) => a.max(b), Dyadic.ZERO),
    ),
  });
  return {
    ...held,
    rows: held.rows.map((row, i) => shiftedRow(row, simplify((lists[i] as readonly Dyadic[])[0] as Dyadic))),
  };
}

function gridOf(
  row: Row,
  domains: Domains,
  where: string,
): { unit: number; lo: Scalar | undefined; hi: Scalar | undefined } {
  const domain = domains.of(row);
  if (!domain) {
    throw new InputError(
      `${where}: it rounds activations, and a staircase is not a ReLU network; on a stated grid of inputs it is exact (--grid)`,
    );
  }
  return domain;
}

function reach(row: Row, q: WholeQuantiser, domains: Domains, where: string): Element {
  const domain = gridOf(row, domains, where);
  const at = (end: Scalar | undefined, otherwise: bigint): bigint => {
    if (end === undefined) return otherwise;
    return codeOf(toDyadic(end), q);
  };
  const least = at(domain.lo, q.least);
  const most = at(domain.hi, q.most);
  if (most - least >= 1n << 20n) refuse(where, `a quantiser of at most ${1 << 20} levels`, most - least + 1n);
  return { q, unit: Math.min(domain.unit, q.scale.e), least, most };
}

/** The code of one number: what the staircase is on its grid. */
export function codeOf(
  x: Dyadic,
  { scale, zeroPoint, zeroPointFirst = false, least, most, rounding }: WholeQuantiser,
): bigint {
  const quotient = Rational.fromDyadic(x).div(Rational.fromDyadic(scale));
  const code = zeroPointFirst
    ? quotient.add(Rational.of(zeroPoint)).roundTo(0, rounding).floor()
    : quotient.roundTo(0, rounding).floor() + zeroPoint;
  return code < least ? least : code > most ? most : code;
}

/** Where level k begins: k is the rounded code of x exactly from `at` on (or behind it). */
function border(
  { scale, zeroPoint, zeroPointFirst = false, rounding }: WholeQuantiser,
  k: bigint,
): { at: Dyadic; inclusive: boolean } {
  const code = rounding === 'nearest' ? Dyadic.of(2n * k - 1n, -1) : Dyadic.of(rounding === 'down' ? k : k - 1n);
  const even = (zeroPointFirst ? k : k - zeroPoint) % 2n === 0n;
  const inclusive = rounding === 'nearest' ? even : rounding === 'down';
  return { at: code.sub(Dyadic.of(zeroPoint)).mul(scale), inclusive };
}

/** The first multiple of 2^unit at `at` (or above it, where the point itself does not belong), in units. */
function firstPoint(at: Dyadic, inclusive: boolean, unit: number): bigint {
  const scaled = at.scale(-unit);
  return inclusive ? scaled.ceil() : scaled.floor() + 1n;
}

function firstOf(e: Element, k: bigint): bigint {
  const { at, inclusive } = border(e.q, k);
  return firstPoint(at, inclusive, e.unit);
}

/** x above the last point of the lowest level, at most the first point of the highest one: one or two units an element. */
function clip(input: Rows, elements: readonly Element[], units: Units, domains: Domains, where: string): Rows {
  const rows: Row[] = [];
  const parts = input.rows.map((row, i) => {
    const e = elements[i] as Element;
    if (e.least === e.most) return [];
    const low = simplify(Dyadic.of(firstOf(e, e.least + 1n) - 1n, e.unit));
    const high = simplify(Dyadic.of(firstOf(e, e.most), e.unit));
    const { hi } = domains.of(row) ?? { hi: undefined };
    rows.push(shiftedRow(row, negated(low)));
    const inside = hi !== undefined && toDyadic(hi).le(toDyadic(high));
    if (!inside) rows.push(shiftedRow(row, negated(high)));
    return inside ? [rows.length - 1] : [rows.length - 2, rows.length - 1];
  });
  const held = units.relu({ ...input, rows }, where);
  return {
    ...held,
    rows: parts.map((part) =>
      part.length === 0
        ? constantRow(0)
        : combine(
            part.map((p) => held.rows[p] as Row),
            [1, -1].slice(0, part.length),
            undefined,
          ),
    ),
  };
}

/** The steps of the digit at this place, on what is left behind the higher digits, measured from the clip's lower end. */
function stepsOf(e: Element, place: bigint): Step[] {
  if (e.least === e.most) return [];
  const low = firstOf(e, e.least + 1n) - 1n;
  const steps: Step[] = [];
  for (let digit = 1n; digit < RADIX && digit * place <= e.most - e.least; digit++) {
    steps.push({ first: firstOf(e, e.least + digit * place) - low, jump: 1n });
  }
  return steps;
}

function stepUp(
  input: Rows,
  steps: readonly (readonly Step[])[],
  elements: readonly Element[],
  units: Units,
  where: string,
): Rows {
  const knots = steps.map((list, i) => {
    const { unit } = elements[i] as Element;
    return {
      base: Dyadic.ZERO,
      knots: ramps(
        list.map(({ first, jump }) => ({ at: first, jump: Dyadic.of(jump) })),
        unit,
      ),
    };
  });
  return rampLayer(input, knots, units, where);
}

/** A sum of ramps as changes of slope: ramps that touch share a knot, and knots without a change vanish. */
function ramps(
  steps: readonly { readonly at: bigint; readonly jump: Dyadic }[],
  unit: number,
): { at: Dyadic; slope: Dyadic }[] {
  const slopes = new Map<bigint, Dyadic>();
  const bend = (at: bigint, by: Dyadic): void => {
    slopes.set(at, (slopes.get(at) ?? Dyadic.ZERO).add(by));
  };
  for (const { at, jump } of steps) {
    const slope = jump.scale(-unit);
    bend(at - 1n, slope);
    bend(at, slope.neg());
  }
  return [...slopes]
    .filter(([, slope]) => !slope.isZero)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([at, slope]) => ({ at: Dyadic.of(at, unit), slope }));
}

/** base + sum of slope * relu(x - knot), for each element: one block of units. */
function rampLayer(
  input: Rows,
  elements: readonly { base: Dyadic; knots: readonly { at: Dyadic; slope: Dyadic }[] }[],
  units: Units,
  where: string,
): Rows {
  const rows: Row[] = [];
  const starts = elements.map(({ knots }, i) => {
    const start = rows.length;
    for (const { at } of knots) rows.push(shiftedRow(input.rows[i] as Row, simplify(at.neg())));
    return start;
  });
  const held = units.relu({ ...input, rows }, where);
  return {
    ...held,
    rows: elements.map(({ base, knots }, i) => {
      const start = starts[i] as number;
      const row = combine(
        held.rows.slice(start, start + knots.length),
        knots.map(({ slope }) => simplify(slope)),
        undefined,
      );
      return shiftedRow(row, simplify(base));
    }),
  };
}

/** A row behind a quantiser, read back as a value: (q - zeroPoint) * scale. */
export function dequantised(row: Row, scale: Scalar, zeroPoint: Scalar): Row {
  return scaledRow(shiftedRow(row, negated(zeroPoint)), scale);
}
