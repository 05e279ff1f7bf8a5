/**
 * Writes down why a certificate holds, for a checker that believes nothing (src/check):
 *
 *   switches   the hidden units that switch, in order: from them the checker follows the network's lines by itself
 *   blocks     for an expression, a cut of the domain into blocks [end, order] on which f's Taylor polynomial of that order
 *              and the chords of f - net between the ends of the pieces give a bound below `upper`
 *
 * For tables and networks the switches are enough. What is claimed is the certificate's bounds, the upper one made a
 * little larger: the checker's enclosures are its own and need not be as tight as ours.
 */
import { bitLength, Dyadic, Interval, Rational, refuse, type Target } from '../exact/index.ts';
import { Network } from '../net/index.ts';
import { Chunk } from './chunk.ts';
import { Job, type SupOptions } from './job.ts';
import { gridFloor, lineInModel, type Model, makeModel, middle } from './model.ts';
import { fractionOf, Sweep } from './pieces.ts';
import { compareFractions, type Fraction } from './queue.ts';
import { certifySup, outward, type SupCertificate } from './supnorm.ts';

/** A proof as it is written: numbers are texts `n/d` or `m*2^e`. */
export interface SupProof {
  readonly proof: 'dyadnet sup 2';
  readonly f:
    | { readonly expression: string }
    /** Points (x/over[0], y/over[1]). */
    | { readonly table: readonly (readonly [Whole, Whole])[]; readonly over: readonly [Whole, Whole] }
    | { readonly network: true };
  readonly domain: readonly [string, string];
  readonly upper: string;
  readonly lower: string;
  readonly witness: string;
  readonly switches: readonly (number | readonly number[])[];
  /** Of f, where f is a network. */
  readonly otherSwitches?: readonly (number | readonly number[])[];
  /** Where the first block begins, and each block's end and order. */
  readonly from?: string;
  readonly blocks?: readonly (readonly [string, number])[];
}

export interface ProvedSup {
  /** What the proof claims, where there is one; else what was found. */
  readonly certificate: SupCertificate;
  readonly proof?: SupProof;
}

/** Pieces that share a block at first. */
const CHUNK = 1024;
/** Orders tried on a block: a low one is cheap for many pieces, a high one better for few. */
const LOW = 4;
const HIGH = 8;
const MANY = 32;
/** Most blocks. */
const MOST_BLOCKS = 1 << 18;
/** Digits of the claimed bound, in units. */
const GUARD = 18;
/** Part of the claimed bound that is left for the checker's own rounding. */
const MARGIN = 2 ** -10;
/** The checker's remainders may be so many times as large as ours. */
const REMAINDER = 8n;
/** Claimed where the error is 0. */
const SMALLEST = Dyadic.pow2(-100);

/**
 * As {@link certifySup}, with a proof where bounds were reached, its blocks halved `fine` times more than needed. `seconds`
 * holds for the search and again for the proof. Throws InputError for a callback, of which nothing can be checked, where the
 * network has too many pieces or f too many blocks to be written down, and where the proof's time is over.
 */
export function proveSup(
  net: Network,
  target: Target | Network,
  { fine = 0, ...options }: SupOptions & { readonly fine?: number } = {},
): ProvedSup {
  if (!(target instanceof Network) && target.kind === 'callback') {
    refuse('proof', 'an expression, a table or a network', 'a callback, of which a checker knows nothing');
  }
  const ratio = options.ratio ?? 1.01;
  const spare = Math.min(ratio - 1, 0.01);
  const found = certifySup(net, target, { ...options, ratio: ratio - 0.5 * spare });
  if (found.upper === undefined) return { certificate: found };
  const job = new Job(net, target, options);
  const { lo, hi, maxPieces } = job;
  const claim = {
    proof: 'dyadnet sup 2' as const,
    domain: [textOf(lo), textOf(hi)] as const,
    upper: found.upper.toString(),
    lower: found.lower
      .mul(Dyadic.from(1 - 2 ** -40))
      .roundBits(64, 'down')
      .toString(),
    witness: found.witness.toString(),
  };
  const follow = (network: Network): Switches => {
    const sweep = new Sweep(network, lo, hi);
    sweep.log = [];
    for (let n = 0; sweep.next(); n++) if (n >= maxPieces) tooMany(maxPieces);
    return compact(sweep.log);
  };
  if (target instanceof Network) {
    const proof = { ...claim, f: { network: true } as const, switches: follow(net), otherSwitches: follow(target) };
    return { certificate: found, proof: Object.freeze(proof) };
  }
  if (target.kind === 'table') {
    return {
      certificate: found,
      proof: Object.freeze({ ...claim, f: tableOf(target.knots ?? []), switches: follow(net) }),
    };
  }
  // Enclosures never show an error of 0: the proof then claims a very small one.
  let upper = found.upper.isZero ? SMALLEST : found.upper.mul(Dyadic.from(1 + 0.3 * spare)).roundBits(64, 'up');
  const within = options.within === undefined ? undefined : Dyadic.from(options.within);
  if (within && found.upper.le(within)) upper = upper.min(within);
  const plan = new Plan(net, target, job, upper, fine);
  const proof: SupProof = {
    ...claim,
    f: { expression: target.text },
    upper: upper.toString(),
    from: plan.from.toString(),
    blocks: plan.blocks,
    switches: compact(plan.log),
  };
  return { certificate: Object.freeze({ ...found, upper }) as SupCertificate, proof: Object.freeze(proof) };
}

/** A whole number, as text where a float64 does not hold it. */
type Whole = number | string;
const whole = (n: bigint): Whole => (Number.isSafeInteger(Number(n)) ? Number(n) : String(n));

/** Most digits of the least common denominator of a table. */
const MOST_DIGITS = 4096;

function tableOf(knots: readonly { readonly x: Rational; readonly y: Rational }[]): SupProof['f'] {
  const denominator = (key: 'x' | 'y'): bigint => {
    let all = 1n;
    for (const { [key]: v } of knots) {
      if (all % v.d !== 0n) all *= Rational.of(v.d, all).n;
      if (bitLength(all) > MOST_DIGITS) {
        refuse('proof', `a table whose numbers have a common denominator below 2^${MOST_DIGITS}`, 'a larger one');
      }
    }
    return all;
  };
  const [dx, dy] = [denominator('x'), denominator('y')];
  const table = knots.map(({ x, y }) => [whole((x.n * dx) / x.d), whole((y.n * dy) / y.d)] as const);
  return { table, over: [whole(dx), whole(dy)] };
}

type Switches = readonly (number | readonly number[])[];

const compact = (log: readonly number[][]): Switches =>
  log.map((units) => (units.length === 1 ? (units[0] as number) : units));

const textOf = ({ n, d }: Fraction): string => {
  const x = Rational.of(n, d);
  return (x.toDyadic() ?? x).toString();
};

function tooMany(pieces: number): never {
  return refuse('proof', `a network of at most ${pieces} pieces (maxPieces)`, 'more');
}

/** Cuts the domain into blocks on which the checker's rule holds. */
class Plan {
  readonly unit: number;
  readonly from: Dyadic;
  readonly blocks: [string, number][] = [];
  readonly log: number[][] = [];
  /** What |f - net| may be, in units, with a margin for another's enclosures. */
  private readonly limit: bigint;
  private readonly size: number;
  private exceeded = false;
  private readonly line: bigint[] = [0n, 0n];

  constructor(
    net: Network,
    private readonly f: Target,
    private readonly job: Job,
    upper: Dyadic,
    private readonly fine: number,
  ) {
    const { lo, hi, maxPieces } = job;
    this.unit = GUARD - upper.exponent;
    this.limit = upper
      .mul(Dyadic.from(1 - MARGIN))
      .scale(this.unit)
      .floor();
    const digits = this.unit + 64;
    this.from = outward(lo, digits, 'down');
    const last = outward(hi, digits, 'up');
    this.size = f.enclose([Interval.of(this.from.add(last).scale(-1))], 24)?.magnitude.exponent ?? 0;
    if (!Number.isFinite(this.size)) this.size = 0;
    const sweep = new Sweep(net, lo, hi);
    sweep.log = this.log;
    let from = this.from;
    let carried: Chunk | undefined;
    for (let pieces = 0; ; ) {
      const chunk = Chunk.read(sweep, CHUNK, carried);
      pieces += CHUNK;
      if (pieces > maxPieces + CHUNK) tooMany(maxPieces);
      const end = compareFractions(sweep.to, hi) === 0 ? last : insideEnd(chunk, from);
      if (end) {
        this.divide(from, end, chunk, 0, chunk.count, this.fine);
        from = end;
      }
      if (end === last) return;
      carried = chunk.rest(from);
    }
  }

  private divide(lo: Dyadic, hi: Dyadic, chunk: Chunk, i0: number, i1: number, fine: number): void {
    const halted = this.job.halt();
    if (halted) refuse('proof', 'blocks of f found in time', halted);
    let left = fine;
    for (const order of i1 - i0 > MANY ? [LOW, HIGH] : [HIGH]) {
      const model = makeModel(this.f, lo, hi, this.unit, order, this.size);
      if (model && this.holds(model, chunk, i0, i1)) {
        if (left-- > 0) break;
        if (this.blocks.length >= MOST_BLOCKS) refuse('proof', `at most ${MOST_BLOCKS} blocks`, 'more');
        this.blocks.push([hi.toString(), model.order]);
        return;
      }
      if (!model || model.order < order) break;
    }
    if (this.exceeded) {
      refuse('proof', `a bound with room for rounding above the error at x = ${lo.toNumber()}`, 'a closer one');
    }
    if (hi.sub(lo).exponent < -4 * this.unit - 1000) refuse('proof', 'an f that is enclosed everywhere', this.f.text);
    const mid = middle(lo, hi);
    const j = chunk.pieceAfter(mid, i0, i1);
    this.divide(lo, mid, chunk, i0, Math.min(j + 1, i1), left);
    this.divide(mid, hi, chunk, j, i1, left);
  }

  /** The checker's rule (src/check/check.ts) on every cell of the block. */
  private holds(model: Model, chunk: Chunk, i0: number, i1: number): boolean {
    const { coefficients, grid } = model;
    const g = BigInt(grid);
    if (REMAINDER * model.radius > this.limit >> 8n && model.order > 1) return false;
    const bends = coefficients.slice(2).map((c, k) => (c * BigInt((k + 2) * (k + 1))) / 2n);
    const turns = bends.slice(1).map((b, k) => b * BigInt(k + 1));
    const wild = turns.reduce((s, b, k) => s + BigInt(k) * abs(b), 0n);
    const steep = coefficients.reduce((s, c, k) => s + BigInt(k) * abs(c), 0n);
    const [left, right] = [fractionOf(model.lo), fractionOf(model.hi)];
    const value = (t: bigint): bigint => coefficients.reduceRight((v, c) => c + ((v * t) >> g), 0n);
    let t0 = 0n;
    let f0 = 0n;
    for (let i = i0; i < i1; i++) {
      const [n, d] = [chunk.n, chunk.d];
      if (i === i0) {
        const from = later({ n: n[i] as bigint, d: d[i] as bigint }, left);
        t0 = gridFloor(model, from.n, from.d);
        f0 = value(t0);
      }
      const to =
        i === i1 - 1
          ? earlier({ n: n[i + 1] as bigint, d: d[i + 1] as bigint }, right)
          : { n: n[i + 1] as bigint, d: d[i + 1] as bigint };
      const t1 = gridFloor(model, to.n, to.d);
      const f1 = value(t1);
      lineInModel(model, chunk.slope[i] as bigint, chunk.offset[i] as bigint, chunk.scale, this.unit, this.line);
      const [a0, a1] = this.line as [bigint, bigint];
      const e0 = f0 - a0 - ((a1 * t0) >> g);
      const e1 = f1 - a0 - ((a1 * t1) >> g);
      const room = this.limit - REMAINDER * model.radius - ((steep + abs(a1)) >> (g - 1n)) - 40n;
      if (abs(e0) > this.limit + 3n * model.radius && model.radius < this.limit >> 12n) this.exceeded = true;
      if (e0 > room || -e0 > room || e1 > room || -e1 > room) return false;
      if (coefficients.length > 2 || model.order > 1) {
        const h = t1 - t0 + 1n;
        const tm = t0 + (h >> 1n);
        const at = (polynomial: readonly bigint[]): bigint => polynomial.reduceRight((v, c) => c + ((v * tm) >> g), 0n);
        const bend = at(bends);
        const turn = ((abs(at(turns)) + 30n) * h) / 6n + ((wild * h * h) >> (g + 3n));
        const slack = (turn >> g) + 2n * (model.bendRadius as bigint) + 10n;
        const bulge = (b: bigint): bigint => (b <= 0n ? 0n : ((b * ((h * h) >> 2n)) >> (2n * g)) + 1n);
        if (!fits(e0, e1, bulge(slack - bend), room) || !fits(-e0, -e1, bulge(slack + bend), room)) return false;
      }
      t0 = t1;
      f0 = f1;
    }
    return true;
  }
}

/** Whether p + (r - p) s + 4 b s (1 - s) <= room for 0 <= s <= 1, where p and r are. */
function fits(p: bigint, r: bigint, b: bigint, room: bigint): boolean {
  const d = abs(p - r);
  if ((p > r ? p : r) + b <= room || d >= 4n * b) return true;
  return 8n * b * (p + r) + 16n * b * b + d * d <= 16n * b * room;
}

/** A dyadic within the chunk's last pieces, beyond `from`; undefined where there is none. */
function insideEnd(chunk: Chunk, from: Dyadic): Dyadic | undefined {
  const end = chunk.end;
  const length = end.sub(Rational.fromDyadic(from));
  if (length.sign <= 0) return undefined;
  return end.roundTo(8 - length.roundBits(2, 'down').exponent, 'down');
}

const abs = (v: bigint): bigint => (v < 0n ? -v : v);
const later = (x: Fraction, y: Fraction): Fraction => (compareFractions(x, y) >= 0 ? x : y);
const earlier = (x: Fraction, y: Fraction): Fraction => (compareFractions(x, y) <= 0 ? x : y);
