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
const applied = (f: Node, ...args: Node[]): Node => {
  return (...x) => f(...args.map((arg) => arg(...x)));
};
/** Binary digits. */
export const length = (v: bigint): number => v.toString(2).length;
const ZERO: Span = [0n, 0n];

/** Division rounded down; d > 0. */
function floorDiv(n: bigint, d: bigint): bigint {
  const q = n / d;
  return n < 0n && q * d !== n ? q - 1n : q;
}

const add = (a: Span, b: Span): Span => [a[0] + b[0], a[1] + b[1]];
const sub = (a: Span, b: Span): Span => [a[0] - b[1], a[1] - b[0]];
const neg = (a: Span): Span => [-a[1], -a[0]];
/** a times, or over, a whole number; over k > 0. */
const scale = (a: Span, k: bigint): Span => (k < 0n ? [a[1] * k, a[0] * k] : [a[0] * k, a[1] * k]);
const over = (a: Span, k: bigint): Span => (k === 1n ? a : [floorDiv(a[0], k), -floorDiv(-a[1], k)]);

/** [a, b] [c, d] in units of 2^-2q. */
function times([a, b]: Span, [c, d]: Span): Span {
  if (a >= 0n) return [(c >= 0n ? a : b) * c, (d >= 0n ? b : a) * d];
  if (c >= 0n) return [a * d, (b >= 0n ? d : c) * b];
  if (b <= 0n) return [d >= 0n ? a * d : b * d, a * c];
  return [min(a * d, b * c), max(a * c, b * d)];
}

/** Intervals and elementary functions in units of 2^-q. */
export function enclosures(q: number) {
  const shift = BigInt(q);
  const one = 1n << shift;
  const ONE: Span = [one, one];
  let order = 0; // the highest coefficient that is asked for

  const ratio = (n: bigint, d: bigint): Span => [floorDiv(n << shift, d), -floorDiv(-(n << shift), d)];
  const whole = ([lo, hi]: Span, by = shift): Span => [lo >> by, -(-hi >> by)];
  const mul = (a: Span, b: Span): Span => whole(times(a, b));
  const div = (a: Span, b: Span): Span => {
    if (b[1] < 0n) return div(neg(a), neg(b));
    need(b[0] > 0n, 'a divisor is not shown to be different from 0');
    const [lo, hi] = [a[0] << shift, a[1] << shift];
    return [floorDiv(lo, lo < 0n ? b[0] : b[1]), -floorDiv(-hi, hi < 0n ? b[1] : b[0])];
  };

  // ---- values at points, in units of 2^-q

  /**
   * first + next(first, 1) + ... and `wide` to either side. Each term is at most half the one before and adds an error of
   * at most 2, so that terms are off by at most 4 and the rest by no more than the last one.
   */
  const series = (first: bigint, wide: bigint, next: (term: bigint, k: bigint) => bigint): Span => {
    let [sum, term] = [first, first];
    for (let k = 1n; ; k++) {
      term = next(term, k);
      sum += term;
      if (term <= 2n && term >= -2n) return [sum - wide - 4n * k - 8n, sum + wide + 4n * k + 8n];
      need(k < 10000n, 'a series does not end');
    }
  };
  /** z + s z^3/3 + z^5/5 + s z^7/7 ..., |z| <= 1/2: artanh for s = 1, arctan for s = -1; slopes are below 2. */
  const odd = ([z, end]: Span, sign: bigint): Span => {
    const square = sign * ((z * z) >> shift);
    let power = z;
    return series(z, 2n * (end - z), (_, k) => {
      power = (power * square) >> shift;
      return power / (2n * k + 1n);
    });
  };
  const oddRatio = (n: bigint, d: bigint, sign: bigint): Span => odd(ratio(n, d), sign);
  const ln2 = scale(oddRatio(1n, 3n, 1n), 2n);
  const half = oddRatio(1n, 2n, -1n); // arctan 1/2
  const quarter = scale(add(half, oddRatio(1n, 3n, -1n)), 2n); // pi/2

  const expAt = (v: bigint): Span => {
    const k = floorDiv(v, ln2[0]);
    if (k < -65536n) return [0n, (one >> 65535n) + 1n];
    need(k < 65536n, 'exp of a number beyond 2^16');
    const [r, end] = over(sub([v, v], scale(ln2, k)), 4n);
    let e = series(one, 2n * (end - r), (term, i) => ((term * r) >> shift) / i);
    for (let i = 0; i < 2; i++) e = mul(e, e);
    return k >= 0n ? [e[0] << k, e[1] << k] : whole(e, -k);
  };
  const logAt = (v: bigint): Span => {
    need(v > 0n, 'a logarithm is not shown to be defined');
    // m = v / 2^k in [2/3, 4/3]: log m = 2 artanh((m - 1)/(m + 1)).
    const k = BigInt(length(3n * v) - 2) - shift;
    const m: Span = k >= 0n ? [v >> k, (v >> k) + 1n] : [v << -k, v << -k];
    return add(scale(ln2, k), scale(odd(div(sub(m, ONE), add(m, ONE)), 1n), 2n));
  };
  const sigmoidAt = (v: bigint): Span => {
    const e = expAt(-abs(v));
    return div(v < 0n ? e : ONE, add(ONE, e));
  };
  const atanAt = (v: bigint): Span => {
    if (v < 0n) return neg(atanAt(-v));
    // y = n/d <= 1: arctan y = arctan 1/2 + arctan((2 y - 1)/(2 + y)), and arctan 1/y = pi/2 - arctan y.
    const [n, d] = v > one ? [one, v] : [v, one];
    const a = add(half, oddRatio(2n * n - d, 2n * d + n, -1n));
    return v > one ? sub(quarter, a) : a;
  };
  let rootPi: Span | undefined; // 2/sqrt(pi)
  const bell = (): Span => (rootPi ??= parse('2/sqrt(pi)')()[0] as Span);
  /** erf v = 2/sqrt(pi) e^(-v^2) (v + v (2 v^2)/3 + v (2 v^2)^2/(3 * 5) + ...), which loses 1.45 v^2 digits. */
  const erfAt = (v: bigint): Span => {
    if (v < 0n) return neg(erfAt(-v));
    const square = mul([v, v], [v, v]);
    const e = expAt(-square[0]);
    if (3n * square[0] > shift << shift) return [one - e[1], one]; // 1 - erf v <= e^(-v^2)
    let term = mul(mul([v, v], [e[0] - 1n, e[1]]), bell());
    let sum = term;
    for (let k = 3n; term[1] > 2n || 4n * square[1] > k << shift; k += 2n) {
      term = over(mul(term, scale(square, 2n)), k);
      sum = add(sum, term);
    }
    return [sum[0], sum[1] + 2n];
  };
  /** sin and its slope cos over an interval, `turn` right angles on, by their values at its middle. */
  const sinCos = ([lo, hi]: Span, turn = 0n): Span[] => {
    const mid = (lo + hi) >> 1n;
    const k = floorDiv(2n * mid + quarter[0], 2n * quarter[0]);
    const [r, end] = sub([mid, mid], scale(quarter, k));
    const square = -((r * r) >> shift);
    const term = (t: bigint, n: bigint): bigint => ((t * square) >> shift) / (n * (n + 1n));
    const sin = series(r, end - r, (t, i) => term(t, 2n * i));
    const cos = series(one, end - r, (t, i) => term(t, 2n * i - 1n));
    const all = [sin, cos, neg(sin), neg(cos), sin];
    const [s, c] = all.slice(Number(BigInt.asUintN(2, k + turn))) as [Span, Span];
    // Over a distance d a wave moves by at most d, and by |slope at the middle| d + d^2 / 2.
    const d = hi - mid;
    const wide = (a: Span, slope: Span): Span => {
      const by = min(d, ((2n * max(abs(slope[0]), abs(slope[1])) * d + d * d) >> (shift + 1n)) + 1n);
      return [max(a[0] - by, -one), min(a[1] + by, one)];
    };
    return [wide(s, c), wide(c, s)];
  };
  /** An increasing function between its values at the ends. */
  const ends = ([lo, hi]: Span, value: (v: bigint) => Span): Span =>
    lo === hi ? value(lo) : [value(lo)[0], value(hi)[1]];

  // ---- jets

  /** The sum of a_j b_(k-j), j = from..k. */
  const cross = (a: Jet, b: Jet, k: number, from = 0): Span => {
    let [lo, hi] = ZERO;
    for (let j = Math.max(from, k + 1 - b.length); j <= k && j < a.length; j++) {
      const product = times(a[j] as Span, b[k - j] as Span);
      lo += product[0];
      hi += product[1];
    }
    return whole([lo, hi]);
  };
  const plus = (a: Jet, b: Jet): Jet =>
    a.length < b.length ? plus(b, a) : a.map((s, k) => (k < b.length ? add(s, b[k] as Span) : s));
  const minus = (a: Jet): Jet => a.map(neg);
  const product = (a: Jet, b: Jet): Jet =>
    Array.from({ length: Math.min(order + 1, a.length + b.length - 1) }, (_, k) => cross(a, b, k));
  /** The next coefficient of v = a/b. */
  const quotientAt = (a: Span, b: Jet, v: Jet): Span => div(sub(a, cross(b, v, v.length, 1)), b[0] as Span);
  const quotient = (a: Jet, b: Jet): Jet => {
    const v: Span[] = [];
    for (let k = 0; k <= (b.length === 1 ? a.length - 1 : order); k++) v.push(quotientAt(a[k] ?? ZERO, b, v));
    return v;
  };
  /** y with dy/du = v: (k + 1) y_(k+1) is the sum of (j + 1) u_(j+1) v_(k-j); v_k may come from what is before it. */
  const solve = (u: Jet, value: Span, slope: (k: number, y: Jet, v: Jet, du: Jet) => Span): Jet => {
    const [y, v] = [[value], [] as Span[]];
    const du = u.slice(1).map((s, j) => scale(s, BigInt(j + 1)));
    for (let k = 0; k < order && du.length > 0; k++) {
      v.push(slope(k, y, v, du));
      y.push(over(cross(du, v, k), BigInt(k + 1)));
    }
    return y;
  };
  const rising = (u: Jet, at: (v: bigint) => Span, slope: Node): Jet => {
    const slopes = u.length > 1 && order > 0 ? slope(u) : [];
    return solve(u, ends(u[0] as Span, at), (k) => slopes[k] ?? ZERO);
  };
  const exp = (u: Jet): Jet => solve(u, ends(u[0] as Span, expAt), (k, y) => y[k] as Span);
  const log = (u: Jet): Jet => solve(u, ends(u[0] as Span, logAt), (k, _, v) => quotientAt(k === 0 ? ONE : ZERO, u, v));
  /** y with y' = y (1 - y). */
  const sigmoid = (u: Jet): Jet =>
    solve(u, ends(u[0] as Span, sigmoidAt), (k, y) => cross(y, plus([ONE], minus(y)), k));
  /** A sine that begins with that value and slope: its slope's slope is its negative. */
  const wave = (u: Jet, [value, slope]: readonly Span[]): Jet =>
    solve(u, value as Span, (k, y, _, du) => (k === 0 ? (slope as Span) : neg(over(cross(du, y, k - 1), BigInt(k)))));
  /** u^(n/d), d > 0; isOdd: n = 1 and d is odd, for u of any sign. */
  const power = (u: Jet, n: bigint, d: bigint, isOdd = false): Jet => {
    if (d === 1n) {
      need(abs(n) <= 1024n, 'an exponent beyond 1024');
      const all = Array.from({ length: Number(abs(n)) }, () => u).reduce(product, [ONE]);
      return n < 0n ? quotient([ONE], all) : all;
    }
    const [lo, hi] = u[0] as Span;
    if (isOdd && hi < 0n) return minus(power(minus(u), n, d));
    const part = (a: Span): Span => over(scale(a, n), d);
    const at = (v: bigint): Span => (v <= 0n ? ZERO : ends(part(logAt(v)), expAt));
    if (lo > 0n) {
      const value = n < 0n ? neg(ends([lo, hi], (v) => neg(at(v)))) : ends([lo, hi], at);
      return solve(u, value, (k, y, v) => quotientAt(part(y[k] as Span), u, v)); // dy/du = n/d y/u
    }
    need(n > 0n && (order === 0 || u.length === 1) && (isOdd || lo >= 0n), 'a root is not shown to be defined');
    return [[-at(-lo)[1], at(hi)[1]]];
  };
  /** The larger one of a and b; where both may be, values and slopes of either. */
  const larger = (a: Jet, b: Jet): Jet => {
    if ((a[0] as Span)[0] >= (b[0] as Span)[1]) return a;
    if ((b[0] as Span)[0] >= (a[0] as Span)[1]) return b;
    need(order <= 1, 'f may have a kink inside a block');
    return (a.length > b.length ? a : b).map((_, k) => {
      const [s, t] = [a[k] ?? ZERO, b[k] ?? ZERO];
      return [k === 0 ? max(s[0], t[0]) : min(s[0], t[0]), max(s[1], t[1])];
    });
  };

  // ---- expressions

  const functions: Readonly<Record<string, Node>> = {
    'pi/0': () => [scale(quarter, 2n)],
    exp: exp,
    log: log,
    sigmoid: sigmoid,
    sin: (u: Jet) => wave(u, sinCos(u[0] as Span)),
    cos: (u: Jet) => wave(u, sinCos(u[0] as Span, 1n)),
    atan: (u: Jet) => rising(u, atanAt, (x: Jet) => quotient([ONE], plus([ONE], product(x, x)))),
    erf: (u: Jet) => rising(u, erfAt, (x: Jet) => product([bell()], exp(minus(product(x, x))))),
    max: (...u) => u.reduce(larger),
    min: (...u) => minus(u.map(minus).reduce(larger)),
  };
  /** The function of that name, of so many variables. */
  const known = (name: string, variables: number): Node | undefined => {
    const key = variables === 1 || (variables > 1 && /^(max|min)$/.test(name)) ? name : `${name}/${variables}`;
    if (Object.hasOwn(functions, key)) return functions[key];
    if (!Object.hasOwn(DEFINED, key)) return undefined;
    const [value, slope] = (DEFINED[key] as string).split(';').map((text) => parse(text, ['x', 'y', 'z'])) as Node[];
    return slope ? (u: Jet) => rising(u, (v) => value?.([[v, v]])[0] as Span, slope) : value;
  };

  /** f(x) read from a text: + - * / ^, brackets, pi, e, tau, decimals, and the functions of this file. */
  function parse(text: string, names: readonly string[] = ['x']): Node {
    const tokens = text.match(/\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[A-Za-z]\w*|[-+*/^(),]|\S/g) ?? [];
    need(tokens.length <= 500, 'this checker does not read expressions of more than 500 symbols');
    let at = 0;
    const fail = (i = at): never => {
      throw new Rejected(`this checker does not read "${tokens[i] ?? 'the end'}" in the expression ${text}`);
    };
    const take = (token: string): boolean => tokens[at] === token && ++at > 0;
    /** Constants that are known exactly: n/d, d > 0. */
    const exact = new Map<Node, readonly [n: bigint, d: bigint]>();
    const constant = (n: bigint, d: bigint): Node => {
      const value = [ratio(n, d)];
      const node = (): Jet => value;
      exact.set(node, [n, d]);
      return node;
    };
    const chain = (next: () => Node, symbols: string, join: (symbol: string, a: Node, b: Node) => Node): Node => {
      let a = next();
      for (let s = tokens[at]; s && symbols.includes(s); s = tokens[at]) {
        at++;
        a = join(s, a, next());
      }
      return a;
    };
    const sum = (): Node => chain(term, '+-', (s, a, b) => applied(plus, a, s === '+' ? b : applied(minus, b)));
    const term = (): Node => chain(signed, '*/', (s, a, b) => (s === '*' ? applied(product, a, b) : divided(a, b)));
    const divided = (a: Node, b: Node): Node => {
      const [[n, d], [m, e]] = [exact.get(a) ?? [0n, 0n], exact.get(b) ?? [0n, 0n]];
      return d > 0n && m > 0n ? constant(n * e, d * m) : applied(quotient, a, b);
    };
    const signed = (): Node => {
      if (take('+')) return signed();
      if (!take('-')) return powered();
      const a = signed();
      const [n, d] = exact.get(a) ?? [0n, 0n];
      return d > 0n ? constant(-n, d) : applied(minus, a);
    };
    const powered = (): Node => {
      const a = atom();
      return take('^') ? raised(a, signed()) : a;
    };
    const raised = (a: Node, b: Node, isRoot = false): Node => {
      const [n, d] = exact.get(b) ?? [0n, 0n];
      need(!isRoot || (n > 0n && d === 1n), 'a root of no whole order');
      if (d === 0n) return applied(exp, applied(product, b, applied(log, a)));
      if (isRoot) return applied((u: Jet) => power(u, 1n, n, n % 2n === 1n), a);
      return applied((u: Jet) => (n % d === 0n ? power(u, n / d, 1n) : power(u, n, d)), a);
    };
    const decimal = (token: string): Node => {
      const [digits = '', decimals = '', e = '0'] = (/(\d*)\.?(\d*)(?:e(.*))?/i.exec(token) as string[]).slice(1);
      const tens = Number(e) - decimals.length;
      need(Math.abs(tens) < 5000, 'a decimal exponent beyond 5000');
      return constant(BigInt(digits + decimals) * 10n ** BigInt(Math.max(tens, 0)), 10n ** BigInt(Math.max(-tens, 0)));
    };
    const atom = (): Node => {
      const token = tokens[at] ?? fail();
      const from = at++;
      if (/^[\d.]/.test(token)) return decimal(token);
      const variable = names.indexOf(token);
      if (variable >= 0) return (...x) => x[variable] as Jet;
      const args: Node[] = [];
      for (let more = token === '(' || take('('); more; more = token !== '(' && take(',')) args.push(sum());
      if (args.length > 0 && !take(')')) fail();
      if (token === '(') return args[0] as Node;
      const [a, b] = args;
      if (a && b && args.length === 2 && /^(pow|nthRoot)$/.test(token)) return raised(a, b, token === 'nthRoot');
      const f = known(token, args.length) ?? fail(from);
      const value = args.length === 0 ? f() : undefined;
      return value ? () => value : applied(f, ...args);
    };
    const f = sum();
    return at === tokens.length ? f : fail();
  }

  /** The coefficients up to number k over x. */
  const taylor = (f: Node, x: Span, k: number): Span[] => {
    order = k;
    return [...f([x, ONE]), ...Array<Span>(k).fill(ZERO)].slice(0, k + 1);
  };
  return { q, ratio, parse, taylor };
}

export type Enclosures = ReturnType<typeof enclosures>;

/** What the other names mean; of increasing functions the derivative as well. */
const DEFINED: Readonly<Record<string, string>> = Object.fromEntries(
  `e/0=exp(1) tau/0=2*pi PI/0=pi E/0=exp(1) erfc=1-erf(x) gelu=x*(1+erf(x/sqrt(2)))/2
  ln=log(x) log/2=log(x)/log(y) log1p=log(1+x) log2=log(x)/log(2) log10=log(x)/log(10) expm1=exp(x)-1
  tan=sin(x)/cos(x) sec=1/cos(x) csc=1/sin(x) cot=cos(x)/sin(x) sech=1/cosh(x) cosh=(exp(x)+exp(-x))/2
  sinh=(exp(x)-exp(-x))/2;cosh(x) tanh=2*sigmoid(2*x)-1 asin=2*atan(x/(1+sqrt(1-x^2)));1/sqrt(1-x^2)
  acos=pi/2-asin(x) asinh=log(x+sqrt(x^2+1));1/sqrt(x^2+1) acosh=log(x+sqrt(x^2-1));1/sqrt(x^2-1)
  atanh=log((1+x)/(1-x))/2;1/(1-x^2) logistic=sigmoid(x) softplus=max(x,0)+log(1+exp(-abs(x)));sigmoid(x)
  sqrt=x^(1/2) cbrt=nthRoot(x,3) swish=x*sigmoid(x) silu=swish(x) gauss=exp(-x^2) square=x^2 cube=x^3
  abs=max(x,-x,0) relu=max(x,0) hypot/2=sqrt(x^2+y^2) clamp/3=min(max(x,y),z)`
    .split(/\s+/)
    .map((line) => line.split('=') as [string, string]),
);
