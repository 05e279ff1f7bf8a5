/**
 * The checker's own enclosures: expressions in x as Taylor coefficients f, f', f''/2!, ... over a point or an interval.
 *
 * An interval is a pair of bigints in units of 2^-q; every operation rounds outward. Elementary functions are series with
 * alternating or geometric remainders after exact argument reduction; their derivatives come from differential equations.
 */
import { need, Rejected } from './read.ts';

export type Span = readonly [lo: bigint, hi: bigint];
/** Taylor coefficients at a point or over an interval; those that are left out are 0. */
export type Jet = readonly Span[];
/** A function of the jets of x (and of y and z, inside definitions). */
export type Node = (...x: Jet[]) => Jet;

export const abs = (v: bigint): bigint => (v < 0n ? -v : v);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
/** Binary digits. */
export const length = (v: bigint): number => v.toString(2).length;
const ZERO: Span = [0n, 0n];
/** Division rounded down; d > 0. */
const floorDiv = (n: bigint, d: bigint): bigint => (n < 0n && n % d !== 0n ? n / d - 1n : n / d);

/** Interval arithmetic and elementary functions at one precision. */
export class Enclosures {
  /** The highest Taylor coefficient that is asked for. */
  order = 0;
  private readonly one: bigint;
  private readonly shift: bigint;
  private readonly ln2: Span;
  /** pi/2. */
  private readonly quarter: Span;
  private finer?: Enclosures;

  constructor(readonly q: number) {
    this.shift = BigInt(q);
    this.one = 1n << this.shift;
    const part = (d: bigint, k: bigint, sign: bigint): Span => this.scale(this.odd(this.ratio(1n, d), sign), k);
    this.ln2 = part(3n, 2n, 1n);
    this.quarter = this.sub(part(5n, 8n, -1n), part(239n, 2n, -1n)); // Machin
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
    let [lo, hi] = [a[0] * b[0], a[1] * b[1]];
    if (a[0] < 0n || b[0] < 0n) {
      const [p, r] = [a[0] * b[1], a[1] * b[0]];
      [lo, hi] = [min(min(lo, hi), min(p, r)), max(max(lo, hi), max(p, r))];
    }
    return [lo >> this.shift, -(-hi >> this.shift)];
  }

  div(a: Span, b: Span): Span {
    if (b[1] < 0n) return this.div(this.neg(a), this.neg(b));
    need(b[0] > 0n, 'a divisor is not shown to be different from 0');
    const [lo, hi] = [a[0] << this.shift, a[1] << this.shift];
    return [floorDiv(lo, lo < 0n ? b[0] : b[1]), -floorDiv(-hi, hi < 0n ? b[1] : b[0])];
  }

  /**
   * first + next(first, 1) + ... and `wide` to either side. Each term is at most half the one before and adds an error of
   * at most 2, so that terms are off by at most 4 and the rest by no more than the last one.
   */
  private series(first: bigint, wide: bigint, next: (term: bigint, k: bigint) => bigint): Span {
    let [sum, term] = [first, first];
    for (let k = 1n; ; k++) {
      term = next(term, k);
      sum += term;
      if (abs(term) <= 2n) return [sum - wide - 4n * k - 8n, sum + wide + 4n * k + 8n];
      need(k < 10000n, 'a series does not end');
    }
  }

  /** z + s z^3/3 + z^5/5 + s z^7/7 ..., |z| <= 1/2: artanh for s = 1, arctan for s = -1; slopes are below 2. */
  private odd([z, end]: Span, sign: bigint): Span {
    const square = sign * ((z * z) >> this.shift);
    let power = z;
    return this.series(z, 2n * (end - z), (_, k) => {
      power = (power * square) >> this.shift;
      return power / (2n * k + 1n);
    });
  }

  /** e^v. */
  private expAt(v: bigint): Span {
    const k = floorDiv(v, this.ln2[0]);
    if (k < -65536n) return [0n, (this.one >> 65535n) + 1n];
    need(k < 65536n, 'exp of a number beyond 2^16');
    const [r, end] = this.over(this.sub([v, v], this.scale(this.ln2, k)), 16n);
    let e = this.series(this.one, 2n * (end - r), (term, i) => ((term * r) >> this.shift) / i);
    for (let i = 0; i < 4; i++) e = this.mul(e, e);
    return k >= 0n ? [e[0] << k, e[1] << k] : [e[0] >> -k, -(-e[1] >> -k)];
  }

  private logAt(v: bigint): Span {
    need(v > 0n, 'a logarithm is not shown to be defined');
    const k = length(v) - this.q;
    const m: Span = k >= 0 ? [v >> BigInt(k), (v >> BigInt(k)) + 1n] : [v << BigInt(-k), v << BigInt(-k)];
    // m in [1/2, 1]: log m = 2 artanh((m - 1)/(m + 1)).
    const z = this.div(this.sub(m, [this.one, this.one]), this.add(m, [this.one, this.one]));
    return this.add(this.scale(this.ln2, BigInt(k)), this.scale(this.odd(z, 1n), 2n));
  }

  private atanAt(v: bigint): Span {
    if (v < 0n) return this.neg(this.atanAt(-v));
    // y = n/d <= 1: arctan y = arctan 1/2 + arctan((2 y - 1)/(2 + y)), and arctan 1/y = pi/2 - arctan y.
    const [n, d] = v > this.one ? [this.one, v] : [v, this.one];
    const a = this.add(this.odd(this.ratio(1n, 2n), -1n), this.odd(this.ratio(2n * n - d, 2n * d + n), -1n));
    return v > this.one ? this.sub(this.quarter, a) : a;
  }

  /** erf v = 2/sqrt(pi) e^(-v^2) (v + v (2 v^2)/3 + v (2 v^2)^2/(3 * 5) + ...), with digits enough for the large terms. */
  private erfAt(v: bigint): Span {
    if (v < 0n) return this.neg(this.erfAt(-v));
    // 1 - erf v <= e^(-v^2)
    if (v * v >= BigInt(this.q) << (2n * this.shift)) return [this.one - 1n, this.one];
    this.finer ??= new Enclosures(3 * this.q);
    const [e, by] = [this.finer, 2n * this.shift];
    const x = v << by;
    const square = (x * x) >> e.shift; // no digit is lost
    let term: Span = [x, x];
    let sum = term;
    for (let k = 3n; term[1] > 2n || 4n * square > k << e.shift; k += 2n) {
      term = e.over(e.mul(term, [2n * square, 2n * square]), k);
      sum = e.add(sum, term);
    }
    const factor = e.div(e.scale(e.expAt(-square), 2n), e.parse('sqrt(pi)')()[0] as Span);
    const value = e.mul(factor, [sum[0], sum[1] + 2n]);
    return [value[0] >> by, -(-value[1] >> by)];
  }

  /** sin and cos of an interval, by their values and slopes at its middle. */
  private sinCos([lo, hi]: Span): [Span, Span] {
    const mid = (lo + hi) >> 1n;
    const k = floorDiv(2n * mid + this.quarter[0], 2n * this.quarter[0]);
    const [r, end] = this.sub([mid, mid], this.scale(this.quarter, k));
    const square = -((r * r) >> this.shift);
    const term = (t: bigint, n: bigint): bigint => ((t * square) >> this.shift) / (n * (n + 1n));
    const sin = this.series(r, end - r, (t, i) => term(t, 2n * i));
    const cos = this.series(this.one, end - r, (t, i) => term(t, 2n * i - 1n));
    const all = [sin, cos, this.neg(sin), this.neg(cos), sin];
    const [s, c] = all.slice(Number(BigInt.asUintN(2, k))) as [Span, Span];
    // Over a distance d a wave moves by at most d, and by |slope at the middle| d + d^2 / 2.
    const d = hi - mid;
    const wide = (a: Span, slope: Span): Span => {
      const by = min(d, ((2n * max(abs(slope[0]), abs(slope[1])) * d + d * d) >> (this.shift + 1n)) + 1n);
      return [max(a[0] - by, -this.one), min(a[1] + by, this.one)];
    };
    return [wide(s, c), wide(c, s)];
  }

  // ---- jets

  /** The coefficients of a function of u, each from those before. */
  private each = (u: Jet, term: (k: number, before: Span[]) => Span): Jet => {
    const out: Span[] = [];
    for (let k = 0; k <= (u.length === 1 ? 0 : this.order); k++) out.push(term(k, out));
    return out;
  };
  /** sum of w(j) a_j b_(k-j), j = from..k. */
  private cross(a: Jet, b: Jet, k: number, from: number, w?: (j: number) => bigint): Span {
    let sum = ZERO;
    for (let j = Math.max(from, k + 1 - b.length); j <= k && j < a.length; j++) {
      const product = this.mul(a[j] as Span, b[k - j] as Span);
      sum = this.add(sum, w ? this.scale(product, w(j)) : product);
    }
    return sum;
  }
  /** (1/k) sum j u_j v_(k-j): the coefficients of y with y' = u' v. */
  private chain = (u: Jet, v: Jet, k: number): Span => this.over(this.cross(u, v, k, 1, BigInt), BigInt(k));

  product: (a: Jet, b: Jet) => Jet = (a, b) => {
    const length = Math.min(this.order + 1, a.length + b.length - 1);
    return Array.from({ length }, (_, k) => this.cross(a, b, k, 0));
  };
  quotient: (a: Jet, b: Jet) => Jet = (a, b) =>
    this.each(a.length > 1 ? a : b, (k, q) => this.div(this.sub(a[k] ?? ZERO, this.cross(b, q, k, 1)), b[0] as Span));
  plus = (a: Jet, b: Jet): Jet =>
    a.length < b.length ? this.plus(b, a) : a.map((s, k) => (k < b.length ? this.add(s, b[k] as Span) : s));
  minus = (a: Jet): Jet => a.map(this.neg);

  /** An increasing function between its values at the ends. */
  private ends = ([lo, hi]: Span, value: (v: bigint) => Span): Span => {
    const low = value(lo);
    return [low[0], (lo === hi ? low : value(hi))[1]];
  };
  private rising(u: Jet, value: (v: bigint) => Span, slope: Node): Jet {
    const y = this.ends(u[0] as Span, value);
    const slopes = u.length === 1 || this.order === 0 ? [] : slope(u);
    return this.each(u, (k) => (k === 0 ? y : this.chain(u, slopes, k)));
  }
  private log = (u: Jet): Jet =>
    this.rising(
      u,
      (v) => this.logAt(v),
      (x) => this.quotient([this.ratio(1n, 1n)], x as Jet),
    );
  private exp = (u: Jet): Jet =>
    this.each(u, (k, e) => (k === 0 ? this.ends(u[0] as Span, (v) => this.expAt(v)) : this.chain(u, e, k)));
  circular(u: Jet): [Jet, Jet] {
    const [s, c] = this.sinCos(u[0] as Span).map((a) => [a]) as [Span[], Span[]];
    for (let k = 1; k <= this.order && u.length > 1; k++) {
      s.push(this.chain(u, c, k));
      c.push(this.neg(this.chain(u, s, k)));
    }
    return [s, c];
  }

  /** u^(n/d), d > 0; odd: n = 1 and d is odd, for u of any sign. */
  power(u: Jet, n: bigint, d: bigint, odd = false): Jet {
    if (d === 1n) {
      need(abs(n) <= 1024n, 'an exponent beyond 1024');
      let out: Jet = [this.ratio(1n, 1n)];
      for (let i = 0n; i < abs(n); i++) out = this.product(out, u);
      return n < 0n ? this.quotient([this.ratio(1n, 1n)], out) : out;
    }
    const [lo, hi] = u[0] as Span;
    if (odd && hi < 0n) return this.minus(this.power(this.minus(u), n, d));
    if (lo > 0n) return this.exp(this.product([this.ratio(n, d)], this.log(u)));
    need(n > 0n && (this.order === 0 || u.length === 1) && (odd || lo >= 0n), 'a root is not shown to be defined');
    const at = (v: bigint): bigint => (v <= 0n ? 0n : (this.power([[v, v]], n, d)[0] as Span)[1]);
    return [[-at(-lo), at(hi)]];
  }

  /** The larger one of a and b; where both may be, values and slopes of either. */
  larger(a: Jet, b: Jet): Jet {
    if ((a[0] as Span)[0] >= (b[0] as Span)[1]) return a;
    if ((b[0] as Span)[0] >= (a[0] as Span)[1]) return b;
    need(this.order <= 1, 'f may have a kink inside a block');
    return (a.length > b.length ? a : b).map((_, k) => {
      const [s, t] = [a[k] ?? ZERO, b[k] ?? ZERO];
      return [k === 0 ? max(s[0], t[0]) : min(s[0], t[0]), max(s[1], t[1])];
    });
  }

  /** f(x) read from a text: + - * / ^, brackets, pi, e, tau, decimals, and the functions of this file. */
  parse(text: string, names = ['x']): Node {
    const tokens = text.match(/\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[A-Za-z]\w*|[-+*/^(),]|\S/g) ?? [];
    need(tokens.length <= 500, 'this checker does not read expressions of more than 500 symbols');
    let at = 0;
    const fail = (): never => {
      const token = JSON.stringify(tokens[at] ?? 'the end');
      throw new Rejected(`this checker does not read ${token} in the expression ${text}`);
    };
    const take = (token: string): boolean => tokens[at] === token && ++at > 0;
    const applied =
      (f: Node, ...args: Node[]): Node =>
      (...x) =>
        f(...args.map((arg) => arg(...x)));
    /** Sums (0), products (1), signs and powers (2). */
    const level = (l: number): Node => {
      if (l === 2) return take('-') ? applied(this.minus, level(2)) : take('+') ? level(2) : powered();
      let a = level(l + 1);
      for (;;) {
        const f = this.operators[l]?.get(tokens[at] ?? '');
        if (!f) return a;
        at++;
        a = applied(f, a, level(l + 1));
      }
    };
    const powered = (): Node => {
      const a = atom();
      if (!take('^')) return a;
      const from = at;
      const b = level(2);
      return raised(a, b, tokens.slice(from, at).join(''));
    };
    /** a^b, where b was written so. */
    const raised = (a: Node, b: Node, written: string, root = false): Node => {
      const fraction = /^\(?(-?\d+)(?:\.(\d+))?(?:\/(\d+))?\)?$/.exec(written);
      if (!fraction) return root ? fail() : applied(this.exp, applied(this.product, b, applied(this.log, a)));
      const [, digits, decimals = '', below = '1'] = fraction as unknown as string[];
      let [n, d] = [BigInt(`${digits}${decimals}`), 10n ** BigInt(decimals.length) * BigInt(below)];
      need(d > 0n && (!root || (n > 0n && d === 1n)), 'an exponent without a value');
      for (const p of [2n, 5n]) while (!root && n % p === 0n && d % p === 0n) [n, d] = [n / p, d / p];
      return applied(root ? (u) => this.power(u as Jet, 1n, n, n % 2n === 1n) : (u) => this.power(u as Jet, n, d), a);
    };
    const atom = (): Node => {
      const token = tokens[at] ?? fail();
      if (/^[\d.]/.test(token)) {
        at++;
        const [digits = '', decimals = '', e = '0'] = (/(\d*)\.?(\d*)(?:e(.*))?/i.exec(token) as string[]).slice(1);
        const tens = Number(e) - decimals.length;
        need(Math.abs(tens) < 5000, 'a decimal exponent beyond 5000');
        const ten = (k: number): bigint => 10n ** BigInt(Math.max(k, 0));
        const value = [this.ratio(BigInt(digits + decimals) * ten(tens), ten(-tens))];
        return () => value;
      }
      const variable = names.indexOf(token);
      if (variable >= 0 && take(token)) return (...x) => x[variable] as Jet;
      if (take('(')) {
        const a = level(0);
        return take(')') ? a : fail();
      }
      const from = at++;
      const args: Node[] = [];
      let last = at;
      for (let more = take('('); more; more = take(',')) {
        last = at;
        args.push(level(0));
      }
      if (args.length > 0 && !take(')')) fail();
      if (args.length === 2 && (token === 'pow' || token === 'nthRoot')) {
        return raised(args[0] as Node, args[1] as Node, tokens.slice(last, at - 1).join(''), token === 'nthRoot');
      }
      const f = this.known(token, args.length);
      if (f && args.length > 0) return applied(f, ...args);
      const value = f?.();
      if (!value) at = from;
      return value ? () => value : fail();
    };
    const f = level(0);
    return at === tokens.length ? f : fail();
  }

  /** The function of that name, of so many variables. */
  private known(name: string, variables: number): Node | undefined {
    const key = variables === 1 || (variables > 1 && /^(max|min)$/.test(name)) ? name : `${name}/${variables}`;
    if (Object.hasOwn(this.functions, key)) return this.functions[key];
    if (!Object.hasOwn(DEFINED, key)) return undefined;
    const [value, slope] = (DEFINED[key] as string).split(';').map((text) => text && this.parse(text, ['x', 'y', 'z']));
    if (!slope) return value as Node;
    const own = name === 'erf' ? this.erfAt : this.atanAt;
    return (u) => this.rising(u as Jet, value ? (v) => value([[v, v]])[0] as Span : (v) => own.call(this, v), slope);
  }

  private readonly operators: readonly Map<string, (a: Jet, b: Jet) => Jet>[] = [
    new Map([['+', this.plus], ['-', (a, b) => this.plus(a, this.minus(b))]]), // biome-ignore format: a table
    new Map([['*', this.product], ['/', this.quotient]]), // biome-ignore format: a table
  ];
  private readonly functions: Readonly<Record<string, Node>> = {
    'pi/0': () => [this.scale(this.quarter, 2n)],
    exp: (u: Jet) => this.exp(u),
    log: (u: Jet) => this.log(u),
    sin: (u: Jet) => this.circular(u)[0],
    cos: (u: Jet) => this.circular(u)[1],
    max: (...u) => u.reduce((a, b) => this.larger(a, b)),
    min: (...u) => this.minus(u.map(this.minus).reduce((a, b) => this.larger(a, b))),
  };
}

/** What the other names mean; of increasing functions the derivative as well, and no value where there is a method for it. */
const DEFINED: Readonly<Record<string, string>> = Object.fromEntries(
  `e/0=exp(1) tau/0=2*pi PI/0=pi E/0=exp(1) atan=;1/(1+x^2)
  erf=;2*exp(-x^2)/sqrt(pi) erfc=1-erf(x) gelu=x*(1+erf(x/sqrt(2)))/2
  ln=log(x) log/2=log(x)/log(y) log1p=log(1+x) log2=log(x)/log(2) log10=log(x)/log(10) expm1=exp(x)-1
  tan=sin(x)/cos(x) sec=1/cos(x) csc=1/sin(x) cot=cos(x)/sin(x) sech=1/cosh(x) cosh=(exp(x)+exp(-x))/2
  sinh=(exp(x)-exp(-x))/2;cosh(x) tanh=2*sigmoid(2*x)-1;4/(exp(x)+exp(-x))^2 asin=2*atan(x/(1+sqrt(1-x^2)));1/sqrt(1-x^2)
  acos=pi/2-asin(x) asinh=log(x+sqrt(x^2+1));1/sqrt(x^2+1) acosh=log(x+sqrt(x^2-1));1/sqrt(x^2-1)
  atanh=log((1+x)/(1-x))/2;1/(1-x^2) sigmoid=exp(min(x,0))/(1+exp(-abs(x)));1/(2+exp(x)+exp(-x)) logistic=sigmoid(x)
  sqrt=x^(1/2) cbrt=nthRoot(x,3) softplus=max(x,0)+log(1+exp(-abs(x)));sigmoid(x) swish=x*sigmoid(x) silu=swish(x) gauss=exp(-x^2) square=x^2 cube=x^3
  abs=max(x,-x,0) relu=max(x,0) hypot/2=sqrt(x^2+y^2) clamp/3=min(max(x,y),z)`
    .split(/\s+/)
    .map((line) => line.split('=') as [string, string]),
);
