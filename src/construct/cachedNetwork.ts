/**
 * The function-dependent network of g [DLS18, Thm. 2, Fig. 4], exactly and on all of [0,1].
 *
 *   B_T     ramps rho_i = relu(x - i/T), by halving intervals
 *   B_f^T   the chords: ramps weighted by slope changes, digit by digit
 *   B_f1*   one unit for every parity of cells and cached function: the sum of the half hats rho_i/2 - rho_{i+1} + rho_{i+2}/2 of
 *           the cells i that use it: v/2T on these cells, falling back to 0 over the next one, 0 elsewhere
 *   B_f2*   its kinks, B_f3* their sums, digit by digit
 *   B_f''   the filter. A cached function is right on the cells of its parity and arbitrary on the others; it is at most
 *           D = 2 min(v, 1-v)/T there. clip(sum, -D_p, D_p) = relu(sum + D_p) - relu(sum - D_p) - D_p with D_p = D on the cells
 *           of parity p and 0 on the others keeps the right part exactly. (The paper lets a steep filter Phi fall back to 0
 *           within delta/T, B_delta and B_s3, and has an error there.)
 *   B_Phi   D_p/2, the positive and the negative part of a triangle wave, by folding
 */
import type { Alphabet } from './alphabet.ts';
import { Blueprint, type Group, type Row } from './blueprint.ts';
import type { CachedFunctions } from './cachedFunctions.ts';
import { abreast, carry, type Draft, draw, halve, type Signal, signal } from './draft.ts';
import { localCoordinateLayers, localCoordinates } from './taylorFront.ts';
import { type PlaceSums, weigh, weighLayers } from './weigh.ts';

/** Writes sign * value into a row. */
type Writer = (row: Row, sign: number) => void;

export function drawCached(
  g: CachedFunctions,
  alphabet: Alphabet,
  exponents: readonly number[],
  scaleLog2: number,
): Blueprint {
  const { s, mu, patterns } = g;
  const b = new Blueprint(1, alphabet);
  const kinks = kinksOf(g);
  const chords = chordDigits(g);
  const chordLayers = weighLayers(chords.places, CHORD_TOP, exponents);
  const kinkLayers = weighLayers(kinks.places, KINK_TOP, exponents);
  const cached = patterns.length > 0;
  // Layers: ramps end in `ramps`, the filter lies in `clip`, its sums are doubled up to `last`, the output is the next layer.
  const fold = localCoordinateLayers(s + 1) + FILTER_SCALE;
  const clip = cached ? Math.max(fold + 1, s + 2 + 4 + kinkLayers, s + mu + 5 + kinkLayers) : 0;
  const least = cached ? clip - 4 - kinkLayers : s + 2;
  const last = Math.max(cached ? clip + FILTER_SCALE : 0, least + 1 + chordLayers, s + mu + 1);
  const ramps = cached ? least : Math.max(least, last - 1 - chordLayers);

  const constant = startValue(b, g, last);
  const wave = cached ? filterWave(b, s, clip - 1) : nothing(ramps);
  const [rho, levels] = draw(
    b,
    abreast<unknown>([
      drawRamps(b, s, ramps),
      kinkLevels(b, kinks, s, mu, ramps),
      part(constant, ramps),
      part(wave, ramps),
    ]),
  ) as [Ramp, KinkLevels];

  const interpolant = signedSums(b, 'B_f^T', chords, CHORD_TOP, exponents, last - ramps, (row, i, letter) =>
    row.join(rho(i).group, rho(i).index, [letter]),
  );
  if (cached) {
    const upTo = clip - 1 - ramps;
    const [sums] = draw(
      b,
      abreast<unknown>([
        cachedSums(b, g, kinks, rho, levels, exponents, kinkLayers),
        part(interpolant, upTo),
        part(constant, upTo),
        part(wave, upTo),
      ]),
    ) as [Writer[]];
    const theta = result(wave) as Signal;
    const residual = filter(b, sums, theta);
    const after = last - clip + 1;
    const [filtered] = draw(
      b,
      abreast<unknown>([residual(after), part(interpolant, after), part(constant, after)]),
    ) as [Writer];
    return output(
      b,
      [filtered, result(interpolant) as Writer, startWriter(result(constant) as Signal | undefined)],
      scaleLog2,
    );
  }
  draw(b, abreast<unknown>([part(interpolant, last - ramps), part(constant, last - ramps)]));
  return output(b, [result(interpolant) as Writer, startWriter(result(constant) as Signal | undefined)], scaleLog2);
}

// ---- drafts in parts

/** The next `layers` layers of a draft that goes on afterwards. */
function* part(draft: Draft<unknown>, layers: number): Draft<void> {
  for (let l = 0; l < layers; l++) {
    if (draft.next().done) throw new Error('cached: a draft ended early');
    yield;
  }
}

/** What a draft returns once all its layers are drawn. */
function result(draft: Draft<unknown>): unknown {
  const step = draft.next();
  if (!step.done) throw new Error('cached: a draft has layers left');
  return step.value;
}

function* nothing(layers: number): Draft<undefined> {
  for (let l = 0; l < layers; l++) yield;
  return undefined;
}

// ---- x, ramps, constants

interface Unit {
  readonly group: Group;
  readonly index: number;
}
type Ramp = (i: number) => Unit;

/** rho_i = relu(x - i/T), i = 0..T-1, in layer `layers`. */
function* drawRamps(b: Blueprint, s: number, layers: number): Draft<Ramp> {
  let x = b.group('carry', 1, (row) => row.add(b.input, 0, 0.5));
  yield;
  for (let l = 2; l <= layers - s; l++) {
    const [from, c] = [x, l === 2 ? 2 : 1];
    x = b.group('carry', 1, (row) => row.add(from, 0, c));
    yield;
  }
  let at: Ramp = () => ({ group: x, index: 0 });
  let threshold: Group | undefined;
  for (let j = 0; j < s; j++) {
    const [below, cutAt] = [at, threshold];
    const half = 2 ** j;
    const even = b.group('B_T', half, (row, k) => row.add(below(k).group, below(k).index, 1), j > 0);
    const odd = b.group(
      'B_T',
      half,
      (row, k) => {
        row.add(below(k).group, below(k).index, 1);
        if (cutAt) row.add(cutAt, 0, -0.5);
        else row.bias(-0.5);
      },
      j > 0,
    );
    threshold = b.group('B_T', 1, (row) => (cutAt ? row.add(cutAt, 0, 0.5) : row.bias(0.5)));
    at = (i) => ({ group: i % 2 === 0 ? even : odd, index: i >> 1 });
    yield;
  }
  return at;
}

/** |g(0)|, in layer `layers`: its binary digits taken from 1/2, 1/4, ... as they pass. */
function* startValue(b: Blueprint, { start, s, mu }: CachedFunctions, layers: number): Draft<Signal | undefined> {
  const bits = s + mu;
  const a = Math.abs(start);
  let power: Group | undefined;
  let sum: Group | undefined;
  for (let l = 1; l <= layers; l++) {
    const [p, k] = [power, sum];
    // 1/2^(l-1) is below; a start of 1 takes 1/2 twice.
    const digit =
      l === 2 && a === 2 ** bits ? 2 : l >= 2 && l - 1 <= bits ? Math.floor(a / 2 ** (bits - l + 1)) % 2 : 0;
    if (a !== 0 && (k || digit > 0)) {
      sum = b.group('B_f^T', 1, (row) => {
        if (k) row.add(k, 0, 1);
        if (digit > 0) row.add(p as Group, 0, digit);
      });
    }
    if (a !== 0 && l <= bits) power = b.group('B_f^T', 1, (row) => (p ? row.add(p, 0, 0.5) : row.bias(0.5)));
    yield;
  }
  if (!sum) return undefined;
  return start < 0 ? { count: 1, plus: [], minus: [sum], scale: 0 } : signal(sum);
}

const startWriter =
  (start: Signal | undefined): Writer =>
  (row, sign) => {
    for (const g of start?.plus ?? []) row.add(g, 0, sign);
    for (const g of start?.minus ?? []) row.add(g, 0, -sign);
  };

// ---- sums with weights that are digits

/** For places 1, 2, ...: the terms whose weight has a digit +1 (plus) or -1 (minus) there. */
interface DigitSums {
  readonly places: readonly number[];
  /** plus[place - 1]: terms, in order. */
  readonly plus: readonly (readonly number[])[];
  readonly minus: readonly (readonly number[])[];
}

/** Digits -1, 0, 1, no two neighbours both non-zero: bit b of the value stands at place top - b. */
function digitSums(values: ArrayLike<number>, top: number): DigitSums {
  const plus: number[][] = Array.from({ length: top }, () => []);
  const minus: number[][] = Array.from({ length: top }, () => []);
  for (let i = 0; i < values.length; i++) {
    let rest = values[i] as number;
    for (let bit = 0; rest !== 0; bit++) {
      if (rest % 2 !== 0) {
        const digit = ((rest % 4) + 4) % 4 === 1 ? 1 : -1;
        ((digit > 0 ? plus : minus)[top - bit - 1] as number[]).push(i);
        rest -= digit;
      }
      rest /= 2;
    }
  }
  return { places: Array.from({ length: top }, (_, j) => j + 1), plus, minus };
}

/**
 * sum_i weight_i * (unit i), `layers` layers with the row that takes it above them: first the sums by place and sign (half the
 * units), then their weighing. `join` connects a row with unit i by one letter.
 */
function* signedSums(
  b: Blueprint,
  block: string,
  sums: DigitSums,
  top: number,
  exponents: readonly number[],
  layers: number,
  join: (row: Row, i: number, letter: number) => void,
): Draft<Writer> {
  const ofSign = (lists: readonly (readonly number[])[]): PlaceSums => ({
    places: sums.places,
    group: b.group(
      block,
      lists.length,
      (row, j) => {
        for (const i of lists[j] as readonly number[]) join(row, i, 0.5);
      },
      true,
    ),
  });
  const parts = [ofSign(sums.plus), ofSign(sums.minus)];
  yield;
  const [plus, minus] = (yield* abreast(parts.map((p) => weigh(b, block, p, top, exponents, layers - 1)))) as [
    Writer,
    Writer,
  ];
  return (row, sign) => {
    plus(row, sign);
    minus(row, -sign);
  };
}

/** Slope changes are digits 2^1 ... 2^-mu: a sum of halves at place j is worth 2^(3-j). */
const CHORD_TOP = 3;

/** Slope change i in units of 1/m, |.| <= 2m. */
function chordDigits({ rises, mu }: CachedFunctions): DigitSums {
  const changes = Int32Array.from(rises, (v, i) => (i === 0 ? v : v - (rises[i - 1] as number)));
  return digitSums(changes, mu + 2);
}

// ---- cached functions

/** Kink k of cached function `pattern` on the cells of one parity: its slope changes by change/m. */
interface Kink {
  readonly parity: number;
  readonly pattern: number;
  readonly k: number;
  readonly change: number;
}

interface Kinks {
  readonly list: readonly Kink[];
  readonly places: readonly number[];
  /** used[parity]: the cached functions that cells of this parity use, increasing. */
  readonly used: readonly (readonly number[])[];
  /** cells[parity][position in used]: the cells. */
  readonly cells: readonly (readonly (readonly number[])[])[];
}

function kinksOf({ cells, patterns, mu }: CachedFunctions): Kinks {
  const lists = [new Map<number, number[]>(), new Map<number, number[]>()];
  cells.forEach((pattern, i) => {
    if (pattern < 0) return;
    const map = lists[i % 2] as Map<number, number[]>;
    const list = map.get(pattern);
    if (list) list.push(i);
    else map.set(pattern, [i]);
  });
  const used = lists.map((map) => [...map.keys()].sort((a, b) => a - b));
  const list = used.flatMap((own, parity) =>
    own.flatMap((pattern): Kink[] => {
      const slopes = patterns[pattern] as Int32Array;
      return Array.from(slopes, (v, k) => ({
        parity,
        pattern,
        k,
        change: k === 0 ? v : v - (slopes[k - 1] as number),
      })).filter(({ change }) => change !== 0);
    }),
  );
  return {
    list,
    places: Array.from({ length: mu + 2 }, (_, j) => j + 1),
    used,
    cells: used.map((own, parity) => own.map((p) => (lists[parity] as Map<number, number[]>).get(p) as number[])),
  };
}

/** 1/16 of the residual is summed: a kink unit is a quarter of relu(v/T - k/mT), and its weight change/4m at most 1. */
const KINK_TOP = 1;
/** The residual comes in sixteenths: 4 doublings, the last one in the output row; D_p = 2 theta, so theta in eighths. */
const FILTER_SCALE = 3;

/** Constants k/(2mT) for the kinks k that occur: unit k - 1. */
type KinkLevels = Map<number, Unit>;

/** 2^-(s+mu+1), ..., 2^-(s+2) in layer `layers`; the constants k/(2mT) are one layer above, see cachedSums. */
function* kinkLevels(b: Blueprint, kinks: Kinks, s: number, mu: number, layers: number): Draft<KinkLevels> {
  const wanted = kinks.list.some(({ k }) => k > 0);
  const start = layers - (s + mu);
  let power: Group | undefined;
  let kept: [number, Group][] = []; // by bit j: 2^(j - s - mu - 1)
  for (let l = 1; l <= layers; l++) {
    if (wanted && l >= start) {
      const p = power;
      kept = kept.map(([j, from]) => [j, b.group('B_m', 1, (row) => row.add(from, 0, 1))]);
      power = b.group('B_m', 1, (row) => (p ? row.add(p, 0, 0.5) : row.bias(0.5)));
      if (layers - l < mu) kept.push([layers - l, power]);
    }
    yield;
  }
  return new Map(kept.map(([j, group]) => [j, { group, index: 0 }]));
}

/** The residuals of both parities in sixteenths, as writers: 3 + hidden layers. */
function* cachedSums(
  b: Blueprint,
  g: CachedFunctions,
  kinks: Kinks,
  rho: Ramp,
  powers: KinkLevels,
  exponents: readonly number[],
  hidden: number,
): Draft<Writer[]> {
  const T = 2 ** g.s;
  const m = 2 ** g.mu;
  // The half hats of a function's cells, added up: cells of one parity are two apart and share a ramp.
  const inputs = kinks.cells.map((lists) =>
    b.group(
      'B_f1*',
      lists.length,
      (row, position) => {
        const cells = lists[position] as readonly number[];
        cells.forEach((i, n) => {
          const add = (k: number, c: number): void => {
            if (k < T) row.add(rho(k).group, rho(k).index, c);
          };
          const joined = n > 0 && cells[n - 1] === i - 2;
          if (!joined) add(i, 0.5);
          add(i + 1, -1);
          add(i + 2, cells[n + 1] === i + 2 ? 1 : 0.5);
        });
      },
      true,
    ),
  );
  const levels = [...new Set(kinks.list.map(({ k }) => k).filter((k) => k > 0))].sort((a, c) => a - c);
  const level = b.group(
    'B_m',
    levels.length,
    (row, n) => {
      for (const [bit, { group }] of powers) if (((levels[n] as number) >> bit) & 1) row.add(group, 0, 1);
    },
    true,
  );
  yield;

  // Kinks whose change is 4 (weight 1, two letters) need two copies: groups of their own.
  const positionOf = kinks.used.map((own) => new Map(own.map((p, n) => [p, n])));
  const levelOf = new Map(levels.map((k, n) => [k, n]));
  const units = new Map<Kink, Unit>();
  for (const heavy of [false, true]) {
    const list = kinks.list.filter(({ change }) => (Math.abs(change) === 4 * m) === heavy);
    const group = b.group(
      'B_f2*',
      list.length,
      (row, n) => {
        const { parity, pattern, k } = list[n] as Kink;
        row.add(inputs[parity] as Group, (positionOf[parity] as Map<number, number>).get(pattern) as number, 0.5);
        if (k > 0) row.add(level, levelOf.get(k) as number, -0.5);
      },
      true,
    );
    list.forEach((kink, index) => {
      units.set(kink, { group, index });
    });
  }
  yield;

  return yield* abreast(
    kinks.used.map((_, parity) => {
      const own = kinks.list.filter((kink) => kink.parity === parity);
      // Weight change/4m: 1 is written as two halves at place 1.
      const light = digitSums(
        own.map(({ change }) => (Math.abs(change) === 4 * m ? 0 : change)),
        g.mu + 2,
      );
      const heavy = (sign: number): number[] => own.flatMap(({ change }, n) => (change === sign * 4 * m ? [n] : []));
      const withHeavy = (lists: readonly (readonly number[])[], sign: number): readonly (readonly number[])[] =>
        lists.map((list, j) => (j === 0 ? [...list, ...heavy(sign)] : list));
      const sums: DigitSums = {
        places: light.places,
        plus: withHeavy(light.plus, 1),
        minus: withHeavy(light.minus, -1),
      };
      return signedSums(b, 'B_f3*', sums, KINK_TOP, exponents, 1 + hidden, (row, n, letter) => {
        const kink = own[n] as Kink;
        const { group, index } = units.get(kink) as Unit;
        row.join(group, index, Math.abs(kink.change) === 4 * m ? [letter, letter] : [letter]);
      });
    }),
  );
}

/** theta = D/2 in eighths, its parts those of the two parities, in layer `layers`. */
function* filterWave(b: Blueprint, s: number, layers: number): Draft<Signal> {
  // Zero crossings at every i/T, rising where even cells begin: the even coordinates of a grid of 2T.
  const [even] = yield* localCoordinates(b, { d: 1, q: s + 1 }, 'B_Phi');
  let theta = even;
  for (let l = 0; l < FILTER_SCALE; l++) {
    theta = halve(b, theta, 'B_Phi');
    yield;
  }
  for (let l = localCoordinateLayers(s + 1) + FILTER_SCALE; l < layers; l++) {
    theta = carry(b, theta, 'B_Phi');
    yield;
  }
  return theta;
}

/** clip(residual, -D_p, D_p) for both parities, summed and doubled: `layers` layers. */
function filter(b: Blueprint, sums: readonly Writer[], theta: Signal): (layers: number) => Draft<Writer> {
  return function* (layers) {
    const bounds = [theta.plus[0] as Group, theta.minus[0] as Group];
    const block = "B_f''";
    const clips = sums.map((sum, p) => {
      const at = (sign: number): Group =>
        b.group(block, 1, (row) => {
          sum(row, 1);
          row.add(bounds[p] as Group, 0, sign);
        });
      return [at(1), at(-1), b.group(block, 1, (row) => row.add(bounds[p] as Group, 0, 1))] as const;
    });
    yield;
    const clipped = (row: Row, c: number): void => {
      for (const [above, below, bound] of clips) {
        row.add(above, 0, c);
        row.add(below, 0, -c);
        row.add(bound, 0, -c);
      }
    };
    let now: Writer = (row, sign) => clipped(row, sign);
    for (let l = 1; l < layers; l++) {
      const from = now;
      const c = l <= FILTER_SCALE ? 2 : 1;
      const both = [1, -1].map((sign) => b.group('B_s1', 1, (row) => from(row, c * sign)));
      now = (row, sign) => {
        row.add(both[0] as Group, 0, sign);
        row.add(both[1] as Group, 0, -sign);
      };
      yield;
    }
    const end = now;
    return (row, sign) => end(row, 2 * sign);
  };
}

/** 2^scale * (sum of the parts): one doubling a layer. */
function output(b: Blueprint, parts: readonly Writer[], scaleLog2: number): Blueprint {
  let now: Writer = (row, sign) => {
    for (const write of parts) write(row, sign);
  };
  for (let k = 1; k < scaleLog2; k++) {
    const from = now;
    const both = [1, -1].map((sign) => b.group('output', 1, (row) => from(row, 2 * sign)));
    now = (row, sign) => {
      row.add(both[0] as Group, 0, sign);
      row.add(both[1] as Group, 0, -sign);
    };
    b.close();
  }
  const end = now;
  b.group('output', 1, (row) => end(row, scaleLog2 > 0 ? 2 : 1));
  return b;
}
