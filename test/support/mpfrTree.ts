/** An expression's tree evaluated by MPFR to many digits: the outside opinion on what an expression means. */
import { Dyadic, Rational } from '../../src/exact/index.ts';
import type { Node, Test } from '../../src/exact/syntax.ts';
import { mpfr, mpfr2, mpfrConstant, mpfrRoot, type Unary } from './mpfr.ts';

/** Working digits; sums are rounded to these, functions are MPFR's. */
export const DIGITS = 700;

const rounded = (x: Dyadic): Dyadic => x.roundBits(DIGITS, 'nearest');
const quotient = (a: Dyadic, b: Dyadic): Dyadic | undefined =>
  b.isZero ? undefined : Rational.fromDyadic(a).div(Rational.fromDyadic(b)).roundBits(DIGITS, 'nearest');
const one = Dyadic.ONE;

/** f(x) to about 700 digits less what cancels; undefined where some step has no finite value. */
export function mpfrValue(node: Node, x: readonly Dyadic[]): Dyadic | undefined {
  const known = new Map<Node, Dyadic | undefined>();
  const at = (n: Node): Dyadic | undefined => {
    if (!known.has(n)) known.set(n, compute(n));
    return known.get(n);
  };
  const call = (name: Unary, a: Dyadic | undefined): Dyadic | undefined => a && mpfr(name, a, DIGITS)?.lo;
  const holds = (test: Test): boolean | undefined => {
    if (test.op === 'not') {
      const inner = holds(test.test);
      return inner === undefined ? undefined : !inner;
    }
    if ('tests' in test) {
      const parts = test.tests.map(holds);
      if (parts.includes(undefined)) return undefined;
      return test.op === 'and' ? parts.every(Boolean) : parts.some(Boolean);
    }
    const [a, b] = [at(test.a), at(test.b)];
    if (!a || !b) return undefined;
    return test.op === 'less' ? a.lt(b) : test.op === 'atMost' ? a.le(b) : a.eq(b);
  };
  const compute = (n: Node): Dyadic | undefined => {
    switch (n.op) {
      case 'number':
        return n.value.roundBits(DIGITS, 'nearest');
      case 'constant':
        return n.name === 'pi' ? mpfrConstant('pi', DIGITS).lo : mpfr('exp', one, DIGITS)?.lo;
      case 'variable':
        return x[n.index];
      case 'choose': {
        const verdict = holds(n.test);
        return verdict === undefined ? undefined : at(verdict ? n.a : n.b);
      }
      default:
        return apply(n);
    }
  };
  const apply = (n: Node & { a: Node }): Dyadic | undefined => {
    const a = at(n.a);
    const b = 'b' in n ? at(n.b as Node) : one;
    if (!a || !b) return undefined;
    switch (n.op) {
      case 'neg':
        return a.neg();
      case 'abs':
        return a.abs();
      case 'relu':
        return a.max(Dyadic.ZERO);
      case 'add':
        return rounded(a.add(b));
      case 'sub':
        return rounded(a.sub(b));
      case 'mul':
        return rounded(a.mul(b));
      case 'div':
        return quotient(a, b);
      case 'max':
        return a.max(b);
      case 'min':
        return a.min(b);
      case 'atan2':
        return mpfr2('atan2', a, b, DIGITS)?.lo;
      case 'realPower':
        return a.sign < 0 ? undefined : mpfr2('pow', a, b, DIGITS)?.lo;
      case 'power': {
        if (n.d > 1 && !n.odd && a.sign < 0) return undefined;
        const s = n.d === 1 ? a : mpfrRoot(a, n.d, DIGITS)?.lo;
        return s && mpfr2('pow', s, Dyadic.from(n.n), DIGITS)?.lo;
      }
      case 'step':
        return n.name === 'floor'
          ? Dyadic.of(a.floor())
          : n.name === 'ceil'
            ? Dyadic.of(a.ceil())
            : Dyadic.from(a.sign);
      case 'call': {
        if (n.name === 'sigmoid') {
          const t = call('exp', a.neg());
          return t && quotient(one, rounded(one.add(t)));
        }
        if (n.name === 'softplus') return call('log1p', call('exp', a));
        return call(n.name, a);
      }
      default:
        throw new Error(`no opinion on ${n.op}`);
    }
  };
  return at(node);
}
