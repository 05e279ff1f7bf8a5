/**
 * Checks a proof that  lower <= sup over [lo, hi] of |f - net| <= upper  for the network of a file. It shares no code with the
 * rest of dyadnet: what it reads is distrusted, and what it accepts follows from its own arithmetic.
 *
 * Between two switches the network is a line. Where f is a table or a network, f - net is linear between the ends of both
 * functions' pieces, and its ends decide. Where f is an expression, the proof cuts the domain into blocks (model.ts).
 */
import { Enclosures, type Span } from './enclose.ts';
import { model } from './model.ts';
import { need, readNetwork } from './read.ts';
import { compare, type Fraction, type Lines, Sweep } from './sweep.ts';

const EXCEEDED = 'the difference exceeds the claimed bound';
const WITNESS = 'the difference at the witness is not shown to be as large as claimed';

type Proof = Readonly<Record<string, unknown>>;

/** m*2^e, n/d, or a whole number. */
function fraction(text: unknown): Fraction {
  const parts = /^(-?\d+)(?:\/0*([1-9]\d*)|\*2\^(-?\d{1,6}))?$/.exec(String(text));
  need(parts !== null, `expected a number in the proof, got ${String(text).slice(0, 40)}`);
  const [n, e] = [BigInt(parts[1] as string), Number(parts[3] ?? 0)];
  return e < 0 ? { n, d: 1n << BigInt(-e) } : { n: n << BigInt(e), d: BigInt(parts[2] ?? 1) };
}

function list(v: unknown, what: string): readonly unknown[] {
  need(Array.isArray(v), `expected ${what} in the proof`);
  return v;
}

function pair(v: unknown, what: string): [Fraction, Fraction] {
  const [a, b] = list(v, what);
  return [fraction(a), fraction(b)];
}

/** What is claimed: |f - net| on [lo, hi] is at most `upper`, and at least `lower` at the witness. */
type Claim = Readonly<Record<'lo' | 'hi' | 'upper' | 'lower' | 'witness', Fraction>>;

/**
 * The claim in words, where the proof proves it of the network in `file` (against the one in `other`, where f is a network),
 * and how many linear pieces that network has. Throws Rejected.
 */
export function checkProof(proof: unknown, file: Uint8Array, other?: Uint8Array) {
  const p = proof as Proof;
  const f = (p as Proof | null)?.f as Proof | null | undefined;
  need(p?.proof === 'dyadnet sup 1' && typeof f === 'object' && f !== null, 'expected a proof "dyadnet sup 1"');
  const [lo, hi] = pair(p.domain, 'a domain');
  const claim = { lo, hi, upper: fraction(p.upper), lower: fraction(p.lower), witness: fraction(p.witness) };
  const inside = compare(lo, hi) < 0 && compare(lo, claim.witness) <= 0 && compare(claim.witness, hi) <= 0;
  need(inside, 'the witness is not in the domain');
  const net = new Sweep(readNetwork(file), lo, hi, list(p.switches, 'switches'));
  let text = 'the other network';
  if (typeof f.expression === 'string') {
    text = f.expression;
    checkBlocks(text, p, net, claim);
  } else if (f.table !== undefined) {
    const rows = list(f.table, 'a table').map((row) => pair(row, 'points'));
    text = `a table of ${rows.length} points`;
    checkEnds(new Table(rows, lo), net, claim);
  } else {
    need(other !== undefined, 'expected the file of the network f as well');
    const g = new Sweep(readNetwork(other), lo, hi, list(p.otherSwitches, 'switches of f'));
    checkEnds(g, net, claim);
    g.finish();
  }
  net.finish();
  const [upper, lower, at] = [p.upper, p.lower, p.witness].map(String) as [string, string, string];
  return { f: text, domain: list(p.domain, 'a domain').map(String), upper, lower, witness: at, pieces: net.count };
}

/** Both functions' lines from end to end. */
function checkEnds(f: Lines, g: Lines, { lo, hi, upper, lower, witness }: Claim): void {
  const apart = ({ n, d }: Fraction): Fraction => {
    const e = (f.a * n + f.c * d) * g.q - (g.a * n + g.c * d) * f.q;
    return { n: e < 0n ? -e : e, d: f.q * g.q * d };
  };
  for (let x = lo; ; ) {
    const end = compare(f.to, g.to) < 0 ? f.to : g.to;
    need(compare(apart(x), upper) <= 0 && compare(apart(end), upper) <= 0, EXCEEDED);
    if (compare(x, witness) <= 0 && compare(witness, end) <= 0) need(compare(apart(witness), lower) >= 0, WITNESS);
    if (compare(end, hi) >= 0) return;
    if (compare(f.to, end) === 0) f.next();
    if (compare(g.to, end) === 0) g.next();
    x = end;
  }
}

/** Points joined by lines. */
class Table implements Lines {
  a = 0n;
  c = 0n;
  q = 1n;
  to: Fraction;
  private i = 0;

  constructor(
    private readonly points: readonly (readonly [Fraction, Fraction])[],
    lo: Fraction,
  ) {
    const from = points[0]?.[0];
    need(from !== undefined && compare(from, lo) <= 0, 'the table begins after the domain');
    this.to = from;
    do this.next();
    while (compare(this.to, lo) <= 0);
  }

  next(): void {
    const [p, r] = [this.points[this.i], this.points[++this.i]];
    need(p !== undefined && r !== undefined && compare(p[0], r[0]) < 0, 'the table ends too early, or turns back');
    const [[x, y], [u, v]] = [p, r];
    // (y' - y) / (x' - x) = rise / run
    const rise = (v.n * y.d - y.n * v.d) * u.d * x.d;
    const run = (u.n * x.d - x.n * u.d) * v.d * y.d;
    this.a = rise * x.d * y.d;
    this.c = y.n * run * x.d - rise * x.n * y.d;
    this.q = run * x.d * y.d;
    this.to = u;
  }
}

/** The network's lines against f's polynomials, block by block. */
function checkBlocks(text: string, p: Proof, net: Sweep, { lo, hi, upper, lower, witness }: Claim): void {
  const unit = Number(p.unit);
  need(Number.isInteger(unit) && Math.abs(unit) <= 1 << 14, 'expected a unit 2^-16384 .. 2^16384');
  const blocks = list(p.blocks, 'blocks').map((b) => list(b, 'blocks'));
  const ends = [p.from, ...blocks.map((b) => b[0])].map(fraction);
  const covered = compare(ends[0] as Fraction, lo) <= 0 && compare(ends.at(-1) as Fraction, hi) >= 0;
  need(covered, 'the blocks do not cover the domain');
  const finest = ends.reduce((m, { d }) => (d > m ? d : m), 1n).toString(2).length;
  const digits = Math.max(unit, finest, 0) + 64;
  need(digits <= 1 << 16, 'the blocks are too fine');
  const e = new Enclosures(digits);
  const f = e.parse(text);
  const limit = unit >= 0 ? (upper.n << BigInt(unit)) / upper.d : upper.n / (upper.d << BigInt(-unit));
  let value: Span | undefined; // of f - net at the witness
  let x = lo;
  for (const [j, [, order]] of blocks.entries()) {
    const [from, to] = [ends[j] as Fraction, ends[j + 1] as Fraction];
    need(compare(from, to) < 0, 'a block without a length');
    if (compare(to, x) <= 0) continue;
    const within = model(e, f, { from, to, order: Number(order), unit }, net.q);
    const last = compare(to, hi) >= 0;
    const stop = last ? hi : to;
    for (let side = -1; side < 0; ) {
      side = compare(net.to, stop);
      const end = side < 0 ? net.to : stop;
      need(within(x, end, net.a, net.c, limit), EXCEEDED);
      if (value === undefined && compare(witness, end) <= 0) {
        const y = e.ratio(net.a * witness.n + net.c * witness.d, net.q * witness.d);
        value = e.sub(f([e.ratio(witness.n, witness.d)])[0] as Span, y);
      }
      x = end;
      if (side < 0 || (side === 0 && !last)) net.next();
    }
    if (last) break;
  }
  const [l, r] = value as Span;
  const least = { n: l > 0n ? l : -r, d: 1n << BigInt(digits) };
  need(compare(least, lower) >= 0 || lower.n <= 0n, WITNESS);
}
