/**
 * Checks a proof that  lower <= sup over [lo, hi] of |f - net| <= upper  for the network of a file. It shares no code with the
 * rest of dyadnet: what it reads is distrusted, and what it accepts follows from its own arithmetic.
 *
 * Between two switches the network is a line. Where f is a table or a network, f - net is linear between the ends of both
 * functions' pieces, and its ends decide. Where f is an expression, the proof cuts the domain into blocks (model.ts).
 */
import { abs, enclosures, length, type Span } from './enclose.ts';
import { model } from './model.ts';
import { need, readNetwork } from './read.ts';
import { compare, type Fraction, type Lines, sweep } from './sweep.ts';

const EXCEEDED = 'the difference exceeds the claimed bound';
const WITNESS = 'the difference at the witness is not shown to be as large as claimed';

type Proof = Readonly<Record<string, unknown>>;

/** m*2^e, n/d, or a whole number. */
function fraction(text: unknown): Fraction {
  if (Number.isSafeInteger(text)) return { n: BigInt(text as number), d: 1n };
  const parts = /^(-?\d+)(?:\/0*([1-9]\d*)|\*2\^(-?\d{1,6}))?$/.exec(String(text));
  need(parts !== null, `expected a number in the proof, got ${String(text).slice(0, 40)}`);
  const [n, e] = [BigInt(parts[1] as string), Number(parts[3] ?? 0)];
  return e < 0 ? { n, d: 1n << BigInt(-e) } : { n: n << BigInt(e), d: BigInt(parts[2] ?? 1) };
}

function whole(v: unknown): bigint {
  const { n, d } = fraction(v);
  need(d === 1n, 'expected whole numbers');
  return n;
}

function list(v: unknown, what: string): readonly unknown[] {
  need(Array.isArray(v), `expected ${what} in the proof`);
  return v;
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
  need(p?.proof === 'dyadnet sup 2' && typeof f === 'object' && f !== null, 'expected a proof "dyadnet sup 2"');
  const domain = list(p.domain, 'a domain').map(String);
  const [lo, hi] = [fraction(domain[0]), fraction(domain[1])];
  const claim = { lo, hi, upper: fraction(p.upper), lower: fraction(p.lower), witness: fraction(p.witness) };
  const inside = compare(lo, hi) < 0 && compare(lo, claim.witness) <= 0 && compare(claim.witness, hi) <= 0;
  need(inside, 'the witness is not in the domain');
  const net = sweep(readNetwork(file), lo, hi, list(p.switches, 'switches'));
  let text = 'the other network';
  if (typeof f.expression === 'string') {
    text = f.expression;
    checkBlocks(text, p, net, claim);
  } else if (f.table !== undefined) {
    const points = list(f.table, 'a table').map((row) => list(row, 'points').map(whole));
    const [dx = 0n, dy = 0n] = list(f.over, 'denominators').map(whole);
    need(dx > 0n && dy > 0n, 'expected denominators above 0');
    text = `a table of ${points.length} points`;
    checkEnds(tableLines(points, dx, dy, lo, hi), net, claim);
  } else {
    need(other !== undefined, 'expected the file of the network f as well');
    const g = sweep(readNetwork(other), lo, hi, list(p.otherSwitches, 'switches of f'));
    checkEnds(g, net, claim);
    g.finish();
  }
  net.finish();
  const said = { upper: String(p.upper), lower: String(p.lower), witness: String(p.witness) };
  return { f: text, domain, ...said, pieces: net.count };
}

/** |f - g| where a line of either ends: in between it is smaller. */
function checkEnds(f: Lines, g: Lines, { lo, hi, upper, lower, witness }: Claim): void {
  for (let [x, end, seen] = [lo, lo, false]; ; x = end) {
    const [a, c, q] = [f.a * g.q - g.a * f.q, f.c * g.q - g.c * f.q, f.q * g.q];
    const apart = ({ n, d }: Fraction): Fraction => ({ n: abs(a * n + c * d), d: q * d });
    const side = compare(f.to, g.to);
    end = side < 0 ? f.to : g.to;
    need((x !== lo || compare(apart(lo), upper) <= 0) && compare(apart(end), upper) <= 0, EXCEEDED);
    const passed: boolean = seen || compare(witness, end) <= 0;
    need(seen === passed || compare(apart(witness), lower) >= 0, WITNESS);
    seen = passed;
    if (end === hi) return;
    if (side <= 0) f.next();
    if (side >= 0) g.next();
  }
}

/** Points (x/dx, y/dy), whole x and y, joined by lines, from lo to hi. */
function tableLines(points: readonly bigint[][], dx: bigint, dy: bigint, lo: Fraction, hi: Fraction): Lines {
  let i = 0;
  const lines = { a: 0n, c: 0n, q: 1n, to: { n: points[0]?.[0] ?? 0n, d: dx }, next };
  function next(): void {
    const [x = 0n, y = 0n] = points[i++] ?? [];
    const [u = x, v = y] = points[i] ?? [];
    need(x < u, 'the table ends too early, or turns back');
    [lines.a, lines.c, lines.q] = [(v - y) * dx, y * (u - x) - x * (v - y), (u - x) * dy];
    lines.to = { n: u, d: dx };
    if (compare(lines.to, hi) >= 0) lines.to = hi;
  }
  need(compare(lines.to, lo) <= 0, 'the table begins after the domain');
  do next();
  while (compare(lines.to, lo) <= 0);
  return lines;
}

/** The network's lines against f's polynomials, block by block. */
function checkBlocks(text: string, p: Proof, net: Lines, { lo, hi, upper, lower, witness }: Claim): void {
  // Differences are counted in units 2^-unit, about 2^18 of them in the claimed bound.
  const unit = 18 + length(upper.d) - length(upper.n);
  const blocks = list(p.blocks, 'blocks').map((b) => list(b, 'blocks'));
  const ends = [p.from, ...blocks.map((b) => b[0])].map(fraction);
  const [first, final] = [ends[0], ends.at(-1)] as [Fraction, Fraction];
  need(compare(first, lo) <= 0 && compare(final, hi) >= 0, 'the blocks do not cover the domain');
  const finest = ends.reduce((m, { d }) => (d > m ? d : m), 1n);
  // erf may lose half of its digits.
  const digits = Math.max(/erf|gelu/.test(text) ? 2 * unit : unit, length(finest), 0) + 64;
  need(digits <= 1 << 16, 'the blocks are too fine');
  const e = enclosures(digits);
  const f = e.parse(text);
  const scale = { unit, limit: (upper.n << BigInt(unit)) / upper.d, q: net.q };
  let [x, value]: [Fraction, Span?] = [lo]; // and f - net at the witness
  for (const [j, [, order]] of blocks.entries()) {
    const [from, to] = [ends[j] as Fraction, ends[j + 1] as Fraction];
    need(compare(from, to) < 0, 'a block without a length');
    if (compare(to, x) <= 0) continue;
    const block = model(e, f, from, to, Number(order), scale);
    const stop = compare(to, hi) < 0 ? to : hi;
    const [last, looked] = [block.at(stop), block.at(witness)];
    let p = block.place(x, net);
    for (let side = -1; side < 0; ) {
      // Exactly, where rounded points do not tell.
      const t = block.at(net.to);
      side = t < last ? -1 : compare(net.to, stop);
      x = side < 0 ? net.to : stop;
      const r = block.place(x, net, side < 0 ? t : last);
      need(block.within(p, r), EXCEEDED);
      if (value === undefined && looked <= r.t && compare(witness, x) <= 0) {
        const y = e.ratio(net.a * witness.n + net.c * witness.d, net.q * witness.d);
        const [v] = e.taylor(f, e.ratio(witness.n, witness.d), 0) as [Span];
        value = [v[0] - y[1], v[1] - y[0]];
      }
      p = r;
      if (side < 0 || (side === 0 && stop !== hi)) net.next();
    }
    if (stop === hi) break;
  }
  const [l, r] = value as Span;
  const least = { n: l > 0n ? l : -r, d: 1n << BigInt(digits) };
  need(compare(least, lower) >= 0 || lower.n <= 0n, WITNESS);
}
