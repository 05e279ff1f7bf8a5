/**
 * The checker's own enclosures: expressions in x as Taylor coefficients f, f', f''/2!, ... over a point or an interval.
 *
 * An interval is a pair of bigints in units of 2^-q; every operation rounds outward. Elementary functions are series with
 * alternating or geometric remainders after exact argument reduction.
 */
import { need, Rejected } from './read.ts';

export type Span = readonly [lo: bigint, hi: bigint];
/** Taylor coefficients at a point or over an interval. */
export type Jet = readonly Span[];
/** A function of the jet of x. */
export type Node = (x: Jet) => Jet;

export const abs = (v: bigint): bigint => (v < 0n ? -v : v);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
/** Division rounded down; d > 0. */
const floorDiv = (n: bigint, d: bigint): bigint => (n < 0n && n % d !== 0n ? n / d - 1n : n / d);

/** Interval arithmetic and elementary functions at one precision. */
export class Enclosures {
  private readonly one: bigint;
  private readonly shift: bigint;
  private readonly ln2: Span;
  private readonly quarter: Span;

  constructor(readonly q: number) {
    this.shift = BigInt(q);
    this.one = 1n << this.shift;
    const part = (d: bigint, k: bigint, sign: bigint): Span => this.scale(this.odd(this.ratio(1n, d), sign), k);
    this.ln2 = part(3n, 2n, 1n);
    this.quarter = this.sub(part(5n, 8n, -1n), part(239n, 2n, -1n)); // Machin: pi/2
  }

  add = (a: Span, b: Span): Span => [a[0] + b[0], a[1] + b[1]];
  sub = (a: Span, b: Span): Span => [a[0] - b[1], a[1] - b[0]];
  neg = (a: Span): Span => [-a[1], -a[0]];
  /** a times a whole number. */
  scale = (a: Span, k: bigint): Span => (k < 0n ? [a[1] * k, a[0] * k] : [a[0] * k, a[1] * k]);
  /** a over a whole number k > 0. */
  over = (a: Span, k: bigint): Span => [floorDiv(a[0], k), -floorDiv(-a[1], k)];
  ratio = (n: bigint, d: bigint): Span => [floorDiv(n << this.shift, d), -floorDiv(-(n << this.shift), d)];

  mul(a: Span, b: Span): Span {
    const [p, r, s, t] = [a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]];
    return [min(min(p, r), min(s, t)) >> this.shift, -(-max(max(p, r), max(s, t)) >> this.shift)];
  }

  div(a: Span, b: Span): Span {
    if (b[1] < 0n) return this.div(this.neg(a), this.neg(b));
    need(b[0] > 0n, 'a divisor is not shown to be different from 0');
    const [lo, hi] = [a[0] << this.shift, a[1] << this.shift];
    return [floorDiv(lo, lo < 0n ? b[0] : b[1]), -floorDiv(-hi, hi < 0n ? b[1] : b[0])];
  }

  /** Terms, each below half of the one before, until they vanish: the rest is below two of the last one. */
  private series(first: Span, next: (term: Span, k: bigint) => Span): Span {
    let [sum, term] = [first, first];
    for (let k = 1n; ; k++) {
      term = next(term, k);
      sum = this.add(sum, term);
      if (max(abs(term[0]), abs(term[1])) <= 2n) return [sum[0] - 8n, sum[1] + 8n];
      need(k < 10000n, 'a series does not end');
    }
  }

  /** z + s z^3/3 + z^5/5 + s z^7/7 ..., |z| <= 1/2: artanh for s = 1, arctan for s = -1. */
  private odd(z: Span, sign: bigint): Span {
    const square = this.scale(this.mul(z, z), sign);
    let power = z;
    return this.series(z, (_, k) => {
      power = this.mul(power, square);
      return this.over(power, 2n * k + 1n);
    });
  }

  /** e^v. */
  private expAt(v: bigint): Span {
    const k = floorDiv(v, this.ln2[0]);
    need(abs(k) < 1n << 16n, 'exp of a number beyond 2^16');
    const r = this.over(this.sub([v, v], this.scale(this.ln2, k)), 16n);
    let e = this.series([this.one, this.one], (term, i) => this.over(this.mul(term, r), i));
    for (let i = 0; i < 4; i++) e = this.mul(e, e);
    return k >= 0n ? [e[0] << k, e[1] << k] : [e[0] >> -k, -(-e[1] >> -k)];
  }

  /** The natural logarithm of v > 0. */
  private logAt(v: bigint): Span {
    const k = v.toString(2).length - this.q;
    const m: Span = k >= 0 ? [v >> BigInt(k), (v >> BigInt(k)) + 1n] : [v << BigInt(-k), v << BigInt(-k)];
    // m in [1/2, 1]: log m = 2 atanh((m - 1)/(m + 1)).
    const z = this.div(this.sub(m, [this.one, this.one]), this.add(m, [this.one, this.one]));
    return this.add(this.scale(this.ln2, BigInt(k)), this.scale(this.odd(z, 1n), 2n));
  }

  /** sin and cos of an interval, by their values and slopes at its middle. */
  private sinCos([lo, hi]: Span): [Span, Span] {
    const mid = (lo + hi) >> 1n;
    const k = floorDiv(2n * mid + this.quarter[0], 2n * this.quarter[0]);
    const r = this.sub([mid, mid], this.scale(this.quarter, k));
    const square = this.neg(this.mul(r, r));
    const term = (t: Span, n: bigint): Span => this.over(this.mul(t, square), n * (n + 1n));
    const sin = this.series(r, (t, i) => term(t, 2n * i));
    const cos = this.series([this.one, this.one], (t, i) => term(t, 2n * i - 1n));
    const turn = Number(((k % 4n) + 4n) % 4n);
    const all = [sin, cos, this.neg(sin), this.neg(cos)];
    const [s, c] = [all[turn] as Span, all[(turn + 1) % 4] as Span];
    // Over a distance d a wave moves by at most d, and by |slope at the middle| d + d^2 / 2.
    const d = hi - mid;
    const wide = (a: Span, slope: Span): Span => {
      const steep = max(abs(slope[0]), abs(slope[1]));
      const by = min(d, ((2n * steep * d + d * d) >> (this.shift + 1n)) + 1n);
      return [max(a[0] - by, -this.one), min(a[1] + by, this.one)];
    };
    return [wide(s, c), wide(c, s)];
  }

  private rising = (a: Span, f: (v: bigint) => Span): Span => [f(a[0])[0], f(a[1])[1]];

  // ---- jets: each function's coefficients from its differential equation

  private each = (order: number, term: (k: number, before: Span[]) => Span): Jet => {
    const out: Span[] = [];
    for (let k = 0; k <= order; k++) out.push(term(k, out));
    return out;
  };
  /** sum of w(j) a_j b_(k-j), j = from..k. */
  private cross(a: Jet, b: Jet, k: number, from: number, w: (j: number) => bigint = () => 1n): Span {
    let sum: Span = [0n, 0n];
    for (let j = from; j <= k; j++) sum = this.add(sum, this.scale(this.mul(a[j] as Span, b[k - j] as Span), w(j)));
    return sum;
  }
  /** (1/k) sum j u_j v_(k-j): the coefficients of y with y' = u' v. */
  private chain = (u: Jet, v: Jet, k: number): Span => this.over(this.cross(u, v, k, 1, BigInt), BigInt(k));

  product: (a: Jet, b: Jet) => Jet = (a, b) => a.map((_, k) => this.cross(a, b, k, 0));
  quotient: (a: Jet, b: Jet) => Jet = (a, b) =>
    this.each(a.length - 1, (k, q) => {
      let rest = a[k] as Span;
      for (let j = 1; j <= k; j++) rest = this.sub(rest, this.mul(b[j] as Span, q[k - j] as Span));
      return this.div(rest, b[0] as Span);
    });
  constant = (v: Span, order: number): Jet => this.each(order, (k) => (k === 0 ? v : [0n, 0n]));
  plus = (a: Jet, b: Jet): Jet => a.map((s, k) => this.add(s, b[k] as Span));
  minus = (a: Jet): Jet => a.map(this.neg);

  exp = (u: Jet): Jet =>
    this.each(u.length - 1, (k, e) =>
      k === 0 ? this.rising(u[0] as Span, (v) => this.expAt(v)) : this.chain(u, e, k),
    );
  log = (u: Jet): Jet => {
    need((u[0] as Span)[0] > 0n, 'a logarithm is not shown to be defined');
    return this.each(u.length - 1, (k, l) => {
      if (k === 0) return this.rising(u[0] as Span, (v) => this.logAt(v));
      const rest = k === 1 ? ([0n, 0n] as Span) : this.over(this.cross([...l, [0n, 0n]], u, k, 1, BigInt), BigInt(k));
      return this.div(this.sub(u[k] as Span, rest), u[0] as Span);
    });
  };
  circular(u: Jet): [Jet, Jet] {
    const [s, c] = this.sinCos(u[0] as Span).map((a) => [a]) as [Span[], Span[]];
    for (let k = 1; k < u.length; k++) {
      s.push(this.chain(u, c, k));
      c.push(this.neg(this.chain(u, s, k)));
    }
    return [s, c];
  }

  /** u^(n/d), d > 0; odd: the odd root of a number of any sign. */
  power(u: Jet, n: bigint, d: bigint, odd = false): Jet {
    const order = u.length - 1;
    if (d === 1n) {
      need(abs(n) <= 1024n, 'an exponent beyond 1024');
      let out = this.constant(this.ratio(1n, 1n), order);
      for (let i = 0n; i < abs(n); i++) out = this.product(out, u);
      return n < 0n ? this.quotient(this.constant(this.ratio(1n, 1n), order), out) : out;
    }
    const u0 = u[0] as Span;
    if (odd && u0[1] < 0n)
      return n % 2n === 0n ? this.power(this.minus(u), n, d) : this.minus(this.power(this.minus(u), n, d));
    if (u0[0] > 0n) {
      const start = this.exp(this.product([this.ratio(n, d)], this.log([u0])));
      return this.each(order, (k, p) => {
        if (k === 0) return start[0] as Span;
        const w = (j: number): bigint => n * BigInt(j) - d * BigInt(k - j);
        return this.div(this.over(this.cross(u, p, k, 1, w), d * BigInt(k)), u0);
      });
    }
    need(n > 0n && order === 0 && (odd || u0[0] >= 0n), 'a root is not shown to be defined');
    const at = (v: bigint): bigint => (v <= 0n ? 0n : (this.power([[v, v]], n, d)[0] as Span)[1]);
    const below = n % 2n === 0n ? 0n : -at(-u0[0]);
    return [[below, max(at(u0[1]), n % 2n === 0n ? at(-u0[0]) : 0n)]];
  }

  /** The larger one of a and b; where both may be, values and slopes of either. */
  larger(a: Jet, b: Jet): Jet {
    if ((a[0] as Span)[0] >= (b[0] as Span)[1]) return a;
    if ((b[0] as Span)[0] >= (a[0] as Span)[1]) return b;
    need(a.length <= 2, 'f may have a kink inside a block');
    return a.map((s, k) => {
      const t = b[k] as Span;
      return [k === 0 ? max(s[0], t[0]) : min(s[0], t[0]), max(s[1], t[1])];
    });
  }

  /** f(x) read from a text: + - * / ^, brackets, pi, e, tau, decimals, and the functions of this file. */
  parse(text: string): Node {
    const tokens = text.match(/\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[A-Za-z]\w*|[-+*/^(),]|\S/g) ?? [];
    need(tokens.length <= 500, 'this checker does not read expressions of more than 500 symbols');
    let at = 0;
    const fail = (): never => {
      const token = JSON.stringify(tokens[at] ?? 'the end');
      throw new Rejected(`this checker does not read ${token} in the expression ${text}`);
    };
    const take = (token: string): boolean => tokens[at] === token && ++at > 0;
    const number =
      (n: bigint, d: bigint): Node =>
      (x) =>
        this.constant(this.ratio(n, d), x.length - 1);
    /** Sums (0), products (1), signs and powers (2). */
    const level = (l: number): Node => {
      if (l === 2) return take('-') ? negated(level(2)) : take('+') ? level(2) : powered();
      let a = level(l + 1);
      for (;;) {
        const op = tokens[at] ?? '';
        if (!(l === 0 ? ['+', '-'] : ['*', '/']).includes(op)) return a;
        at++;
        const [f, g] = [a, level(l + 1)];
        if (op === '+') a = (x) => this.plus(f(x), g(x));
        else if (op === '-') a = (x) => this.plus(f(x), this.minus(g(x)));
        else if (op === '*') a = (x) => this.product(f(x), g(x));
        else a = (x) => this.quotient(f(x), g(x));
      }
    };
    const negated =
      (f: Node): Node =>
      (x) =>
        this.minus(f(x));
    const powered = (): Node => {
      const a = atom();
      if (!take('^')) return a;
      const from = at;
      const b = level(2);
      const fraction = /^\(?(-?\d+)(?:\.(\d+))?(?:\/(\d+))?\)?$/.exec(tokens.slice(from, at).join(''));
      if (!fraction) return (x) => this.exp(this.product(b(x), this.log(a(x))));
      const [, digits, decimals = '', below = '1'] = fraction as unknown as string[];
      let [n, d] = [BigInt(`${digits}${decimals}`), 10n ** BigInt(decimals.length) * BigInt(below)];
      need(d > 0n, 'an exponent without a value');
      for (const p of [2n, 5n]) while (n % p === 0n && d % p === 0n) [n, d] = [n / p, d / p];
      return (x) => this.power(a(x), n, d);
    };
    const atom = (): Node => {
      const token = tokens[at] ?? fail();
      if (/^[\d.]/.test(token)) {
        at++;
        const [mantissa = '', e = '0'] = token.split(/e/i);
        const [digits = '', decimals = ''] = mantissa.split('.');
        const tens = Number(e) - decimals.length;
        need(Math.abs(tens) < 5000, 'a decimal exponent beyond 5000');
        return number(BigInt(digits + decimals) * 10n ** BigInt(Math.max(tens, 0)), 10n ** BigInt(Math.max(-tens, 0)));
      }
      if (take('x')) return (x) => x;
      if (take('pi')) return (x) => this.constant(this.scale(this.quarter, 2n), x.length - 1);
      if (take('(')) {
        const a = level(0);
        return take(')') ? a : fail();
      }
      const outer = Object.hasOwn(DEFINED, token) ? this.parse(DEFINED[token] as string) : undefined;
      const f = Object.hasOwn(this.functions, token) ? this.functions[token] : outer;
      if (!f) return fail();
      at++;
      if (token === 'e' || token === 'tau') return f;
      if (!take('(')) fail();
      const args = [level(0)];
      while (take(',')) args.push(level(0));
      if (!take(')') || (args.length > 1 && token !== 'max' && token !== 'min')) fail();
      return (x) => f(...(args.map((a) => a(x)) as [Jet, ...Jet[]]));
    };
    const f = level(0);
    return at === tokens.length ? f : fail();
  }

  private readonly functions: Readonly<Record<string, (u: Jet, ...more: Jet[]) => Jet>> = {
    exp: (u) => this.exp(u),
    log: (u) => this.log(u),
    sin: (u) => this.circular(u)[0],
    cos: (u) => this.circular(u)[1],
    sqrt: (u) => this.power(u, 1n, 2n),
    cbrt: (u) => this.power(u, 1n, 3n, true),
    max: (...u) => u.reduce((a, b) => this.larger(a, b)),
    min: (...u) => this.minus(u.map(this.minus).reduce((a, b) => this.larger(a, b))),
  };
}

/** What the other names mean. */
const DEFINED: Readonly<Record<string, string>> = Object.fromEntries(
  `e=exp(1) tau=2*pi ln=log(x) log1p=log(1+x) log2=log(x)/log(2) log10=log(x)/log(10) expm1=exp(x)-1 tan=sin(x)/cos(x)
  sec=1/cos(x) csc=1/sin(x) cot=cos(x)/sin(x) sinh=(exp(x)-exp(-x))/2 cosh=(exp(x)+exp(-x))/2 tanh=1-2/(1+exp(2*x))
  sigmoid=1/(1+exp(-x)) logistic=1/(1+exp(-x)) swish=x/(1+exp(-x)) silu=x/(1+exp(-x)) softplus=log(1+exp(x))
  gauss=exp(-x^2) square=x^2 cube=x^3 abs=max(x,-x) relu=max(x,0)`
    .split(/\s+/)
    .map((line) => line.split('=') as [string, string]),
);
