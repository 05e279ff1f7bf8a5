/**
 * The best deep network (deep.ts) inside a budget: a search over the number and the length of words, and the layers of each
 * kind. Counts come from the drawn frame itself, so that a plan never promises what the network would not keep.
 */
import { Dyadic, Rational } from '../exact/index.ts';
import { ALIKE, type DeepShape, drawDeep } from './deep.ts';
import { growthOf, reachOf, TooShallow } from './frame.ts';
import { levelScales } from './staircase.ts';
import { scheduleWords } from './words.ts';

export interface Budget {
  readonly width: number;
  readonly depth: number;
  readonly bits: number;
}

/** Longest word: beyond it the weights of one word no longer pay for the layers that read it. */
const MOST_WORD_BITS = 48;

/** Plans drawn before the search goes on from the best of them, and the widest it looks around it. */
const FIRST_LOOKS = 6;

/** The plan with the smallest error found, or undefined where no deep network fits. */
export function planDeep(budget: Budget): DeepShape | undefined {
  const seen = new Map<string, DeepShape | undefined>();
  const look = (c: Candidate): DeepShape | undefined => {
    const key = `${c.wordBits},${c.words},${c.atOnce}`;
    if (!seen.has(key)) seen.set(key, complete(budget, c));
    return seen.get(key);
  };
  let best: { shape: DeepShape; at: Candidate } | undefined;
  const better = (c: Candidate): boolean => {
    const shape = look(c);
    if (!shape || (best && shape.unit.ge(best.shape.unit))) return false;
    best = { shape, at: c };
    return true;
  };
  for (const c of candidates(budget)) {
    better(c);
    if (best && seen.size >= FIRST_LOOKS) break;
  }
  // Downhill from there: fewer or more words, longer or shorter, read faster or slower.
  while (best) {
    const { wordBits, words, atOnce } = best.at;
    const around = [
      [wordBits, words + 1, atOnce],
      [wordBits, words - 1, atOnce],
      [wordBits + 1, words, atOnce],
      [wordBits - 1, words, atOnce],
      [wordBits, words + 3, atOnce],
      [wordBits, words - 3, atOnce],
      [wordBits, words, atOnce + 1],
      [wordBits, words, atOnce - 1],
      [wordBits + 1, words - 1, atOnce],
      [wordBits - 1, words + 1, atOnce],
    ] as const;
    if (!around.some(([w, n, t]) => isCandidate(budget, w, n, t) && better(candidate(w, n, t)))) break;
  }
  return best?.shape;
}

/** Words, their length, and how many bits of a word a layer takes. */
interface Candidate {
  readonly wordBits: number;
  readonly words: number;
  readonly atOnce: number;
  readonly digits: number;
}

const candidate = (wordBits: number, words: number, atOnce: number): Candidate => {
  return { wordBits, words, atOnce, digits: digitsNeeded(words * wordBits, wordBits) };
};

const isCandidate = ({ bits }: Budget, wordBits: number, words: number, atOnce: number): boolean =>
  wordBits >= 1 &&
  wordBits <= Math.min(bits, MOST_WORD_BITS) &&
  words >= 1 &&
  atOnce >= 1 &&
  atOnce <= Math.min(4, wordBits);

/** Most promising first, by the steps they would give if the layers around memory were as few as they are at best. */
function candidates(budget: Budget): Candidate[] {
  const { width, depth, bits } = budget;
  const out: { candidate: Candidate; estimate: number }[] = [];
  for (let wordBits = 1; wordBits <= Math.min(bits, MOST_WORD_BITS); wordBits++) {
    for (let words = 1; words < width - 6; words++) {
      const steps = words * wordBits;
      for (let atOnce = 1; atOnce <= Math.min(4, wordBits); atOnce++) {
        const c = candidate(wordBits, words, atOnce);
        const ramps = width - words - 2 * c.digits - 3;
        if (ramps < 1) break;
        // A bit takes its share of 2^t - 1 pairs, of its word, and a unit each for distance and product.
        const each = (2 * (2 ** atOnce - 1) + 1) / atOnce + 2;
        const decode = Math.max(Math.ceil(wordBits / atOnce), Math.ceil((steps * each) / (width - 6)));
        const scaling = (wordBits * c.digits) / Math.log2(width);
        const groups = depth - decode - 9 - scaling;
        if (groups >= 1) out.push({ candidate: c, estimate: (ramps * groups + 1) * (steps + 1) });
      }
    }
  }
  return out.sort((a, b) => b.estimate - a.estimate).map((c) => c.candidate);
}

/** Digits of base 2^w in which every height's second difference fits a weight, whatever the function. */
function digitsNeeded(steps: number, wordBits: number): number {
  // Valley moves by at most 2m + 1 over one short step and by one over the next; so does peak.
  const most = 2 ** (wordBits + 1) - 1;
  for (let digits = 1; ; digits++) {
    const top = Math.ceil((2 * steps + 1) / 2 ** (wordBits * (digits - 1)));
    if (top + 1 + (digits > 1 ? 1 : 0) <= most) return digits;
  }
}

/** Fits everything around memory into the budget; what the drawing finds too wide or too deep gives way. */
function complete(budget: Budget, candidate: Candidate): DeepShape | undefined {
  let best: DeepShape | undefined;
  for (let settleLayers = 0; settleLayers <= candidate.digits; settleLayers++) {
    const shape = settle(budget, candidate, settleLayers);
    if (shape && (!best || shape.unit.lt(best.unit))) best = shape;
    else if (best) return best;
  }
  return best;
}

function settle(
  budget: Budget,
  { wordBits, words, atOnce, digits }: Candidate,
  settleLayers: number,
): DeepShape | undefined {
  const { width, depth, bits } = budget;
  const steps = words * wordBits;
  let room = width - 4;
  let ramps = width - words - 2 * digits - 2;
  let groups = depth;
  for (let round = 0; round < 60; round++) {
    const schedule = scheduleWords({ bits: steps, words, room, atOnce, most: Number.POSITIVE_INFINITY });
    if (!schedule || ramps < 1) return undefined;
    groups = Math.min(groups, depth - schedule.layers.length - settleLayers - 5);
    if (groups < 1) return undefined;
    const sizes = { width, depth, bits, wordBits, steps, ramps, digits, schedule, groups, settleLayers };
    const fitted = fitScales(sizes);
    if (fitted === undefined) return undefined;
    const { shape, widths } = fitted;
    const memory = widths[layersBefore(shape) + 1] as number;
    const excess = memory - width;
    const wide = widths.reduce((most, w) => Math.max(most, w), 0) - width;
    const deep = widths.length + Math.max(0, groups - ALIKE) - depth;
    if (excess > 0) ramps -= excess;
    else if (wide > 0) room -= wide;
    else if (deep > 0) groups -= deep;
    else return shape;
  }
  return undefined;
}

type Sizes = Pick<
  DeepShape,
  'width' | 'depth' | 'bits' | 'wordBits' | 'steps' | 'ramps' | 'digits' | 'schedule' | 'groups' | 'settleLayers'
>;

/** The fewest layers that split the cells and bring every signal to its scale, narrow enough up to the ramps. */
function fitScales(sizes: Sizes): { shape: DeepShape; widths: number[] } | undefined {
  let before = '';
  for (let spare = 0; spare < sizes.width; spare++) {
    const counts = levels(sizes.ramps * sizes.groups + 1, sizes.width - spare, sizes.bits);
    if (!counts) return undefined;
    if (counts.join() === before) continue;
    before = counts.join();
    for (const scaling of scalings(sizes, counts)) {
      const shape: DeepShape = { ...sizes, counts, ...scaling };
      const widths = draw(shape);
      if (!widths) continue;
      if (widths.slice(0, layersBefore(shape)).every((w) => w <= sizes.width)) return { shape, widths };
      // More layers of copies do not make the levels narrower.
      break;
    }
  }
  return undefined;
}

/** Layers before the ramps. */
function layersBefore({ inputLayers, counts, countLayers }: DeepShape): number {
  return inputLayers + counts.length + (counts.length > 1 ? 1 : 0) + countLayers;
}

function draw(shape: DeepShape): number[] | undefined {
  try {
    return drawDeep(shape).widths();
  } catch (error) {
    if (error instanceof TooShallow) return undefined;
    throw error;
  }
}

/** Piece counts of the fewest levels that hold the cells, each level narrow enough and each fold a weight. */
function levels(cells: number, width: number, bits: number): number[] | undefined {
  for (let n = 1; n <= 16; n++) {
    // A level holds its position, two ramps a cut, a constant, and from the levels above a sum, a turn and a reversal.
    const most = Array.from({ length: n }, (_, i) => {
      const cuts = Math.floor((width - 2 - (i === 0 ? 0 : i === 1 ? 2 : 5)) / 2);
      return i === 0 ? cuts + 1 : Math.min(cuts + 1, 2 ** Math.min(bits + 1, 20) - 1);
    });
    if (most.some((k) => k < 2)) return undefined;
    const counts: number[] = [];
    let left = cells;
    for (let i = n - 1; i > 0; i--) {
      const k = Math.max(2, Math.min(most[i] as number, Math.ceil(left ** (1 / (i + 1)))));
      counts.unshift(k);
      left = Math.ceil(left / k);
    }
    counts.unshift(Math.max(left, 1));
    if (left <= (most[0] as number)) return counts;
  }
  return undefined;
}

type Scaling = Pick<
  DeepShape,
  | 'inputLayers'
  | 'inputGain'
  | 'countLayers'
  | 'copies'
  | 'outputCopies'
  | 'stepScale'
  | 'countScale'
  | 'outputScale'
  | 'rate'
  | 'unit'
>;

/** Ways to bring the signals to scale, those with the fewest layers of copies first. */
function* scalings(sizes: Sizes, counts: readonly number[]): Generator<Scaling> {
  const { width, bits, wordBits, steps, ramps, digits, groups } = sizes;
  const total = (ramps * groups + 1) * (steps + 1) - 1;
  const logTotal = Math.log2(total);
  const outputCopies = Math.max(1, Math.floor(width / 4));
  const logWeight = Math.log2(2 - 2 ** -Math.min(bits, 40));
  const inner = levelScales(counts, 0)[0] as number;
  // The row's unit over the output's: digits lie wordBits apart, and 2 z is a weight below 2 with one digit more.
  const least = Math.max(1, wordBits * (digits - 1));
  for (let layers = 0; layers < 64; layers++) {
    for (let countLayers = layers; countLayers >= 0; countLayers--) {
      const inputLayers = layers - countLayers;
      for (const copies of copiesFor(width, inputLayers)) {
        const growth = growthOf(copies, bits);
        if (countLayers > 0 && growth === 0) continue;
        const inputReach = reachOf({ inputLayers, copies }, bits);
        for (const shift of new Set([Math.max(least, Math.min(bits + 1, least + 4)), least])) {
          // The output's weight 2^-outputScale / total lies in [1, 2 outputCopies): large, for it then has more digits.
          const outputScale = Math.ceil(-logTotal - Math.log2(outputCopies) - logWeight + 1e-6);
          const stepScale = outputScale + shift + wordBits;
          const countScale = Math.min(stepScale, Math.floor(inputReach - logTotal - inner + 1e-9));
          const gain = stepScale - countScale;
          if (
            gain > Math.min(wordBits, growth * countLayers) ||
            (countLayers > 0 && gain <= growth * (countLayers - 1))
          )
            continue;
          const position = countScale + inner + logTotal;
          const inputGain =
            inputLayers === 0 ? 0 : Math.max(0, Math.ceil(position - logWeight - Math.log2(copies) - 1e-9));
          const p = {
            copies: inputLayers === 0 ? 1 : copies,
            scale: countScale + inner - inputGain,
            outputScale,
            outputCopies,
            bits,
            total,
          };
          // A level in layer l can have constants down to 2^-(l b).
          const shallow = levelScales(counts, countScale).some((scale, i) => -scale > bits * (inputLayers + i + 1));
          if (shallow) continue;
          const scaled = numbers(p);
          if (scaled)
            yield {
              inputLayers,
              inputGain,
              countLayers,
              copies,
              outputCopies,
              stepScale,
              countScale,
              outputScale,
              ...scaled,
            };
        }
      }
    }
  }
}

/** Copies of the input share the layer with as many that make large constants. */
const copiesFor = (width: number, inputLayers: number): number[] =>
  inputLayers === 0 ? [Math.max(2, width - 4)] : [Math.max(2, Math.floor((width - 3) / 2))];

/** The rate, as large as the input's weight allows, and the error behind it, as small as the output's weight allows. */
function numbers(p: {
  copies: number;
  scale: number;
  outputScale: number;
  outputCopies: number;
  bits: number;
  total: number;
}): { rate: Dyadic; unit: Dyadic } | undefined {
  const reach = (copies: number): Dyadic => Dyadic.from(copies).mul(Dyadic.from(2).sub(Dyadic.pow2(-p.bits)));
  const weight = Dyadic.from(p.total).scale(p.scale).min(reach(p.copies)).roundTo(p.bits, 'down');
  if (weight.sign <= 0) return undefined;
  const rate = weight.scale(-p.scale);
  const wanted = Rational.of(1n).div(Rational.fromDyadic(rate.scale(p.outputScale)));
  const output = wanted.roundTo(p.bits, 'up');
  if (output.gt(reach(p.outputCopies)) || output.lt(Dyadic.ONE)) return undefined;
  return { rate, unit: output.scale(p.outputScale) };
}
