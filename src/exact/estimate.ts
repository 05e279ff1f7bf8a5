/** Float64 values of a tree, for plots and for choosing where to look: nothing that is proved depends on them. */
import type { FunctionName } from './derivatives.ts';
import type { Node, Test } from './syntax.ts';

type Estimate = (x: readonly number[]) => number;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const FUNCTIONS: Readonly<Record<FunctionName, (x: number) => number>> = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  log2: Math.log2,
  log10: Math.log10,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  erf: (x) => 1 - erfc(x),
  erfc,
  sigmoid,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
};

/** erf by its Taylor series near 0, erfc by its continued fraction beyond: good to about 1e-13. */
function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 0; Math.abs(term) > 1e-17 * sum && n < 200; n++) {
      term *= (2 * x * x) / (2 * n + 3);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}

/** The tree as a float64 function; NaN where it is not defined. */
export function compileEstimate(node: Node): Estimate {
  switch (node.op) {
    case 'number': {
      const value = node.value.toNumber();
      return () => value;
    }
    case 'constant': {
      const value = node.name === 'pi' ? Math.PI : Math.E;
      return () => value;
    }
    case 'variable': {
      const { index } = node;
      return (x) => x[index] as number;
    }
    case 'choose': {
      const test = compileTest(node.test);
      const a = compileEstimate(node.a);
      const b = compileEstimate(node.b);
      return (x) => (test(x) ? a(x) : b(x));
    }
    case 'power': {
      const a = compileEstimate(node.a);
      const { n, d, odd } = node;
      if (d === 1) return (x) => a(x) ** n;
      if (d === 2) return (x) => Math.sqrt(a(x)) ** n;
      if (d === 3 && odd) return (x) => Math.cbrt(a(x)) ** n;
      if (!odd) return (x) => a(x) ** (n / d);
      return (x) => {
        const y = a(x);
        return Math.sign(y) * Math.abs(y) ** (1 / d) || 0;
      };
    }
    case 'neg':
      return unary(node.a, (a) => -a);
    case 'abs':
      return unary(node.a, Math.abs);
    case 'relu':
      return unary(node.a, (a) => Math.max(a, 0));
    case 'step':
      return unary(node.a, node.name === 'floor' ? Math.floor : node.name === 'ceil' ? Math.ceil : Math.sign);
    case 'call':
      return unary(node.a, FUNCTIONS[node.name]);
    case 'add':
      return binary(node.a, node.b, (a, b) => a + b);
    case 'sub':
      return binary(node.a, node.b, (a, b) => a - b);
    case 'mul':
      return binary(node.a, node.b, (a, b) => a * b);
    case 'div':
      return binary(node.a, node.b, (a, b) => a / b);
    case 'max':
      return binary(node.a, node.b, Math.max);
    case 'min':
      return binary(node.a, node.b, Math.min);
    case 'atan2':
      return binary(node.a, node.b, Math.atan2);
    case 'realPower':
      return binary(node.a, node.b, (a, b) => a ** b);
  }
}

function unary(node: Node, f: (a: number) => number): Estimate {
  const a = compileEstimate(node);
  return (x) => f(a(x));
}

function binary(left: Node, right: Node, f: (a: number, b: number) => number): Estimate {
  const a = compileEstimate(left);
  const b = compileEstimate(right);
  return (x) => f(a(x), b(x));
}

function compileTest(test: Test): (x: readonly number[]) => boolean {
  switch (test.op) {
    case 'not': {
      const inner = compileTest(test.test);
      return (x) => !inner(x);
    }
    case 'and':
    case 'or': {
      const tests = test.tests.map(compileTest);
      return test.op === 'and' ? (x) => tests.every((t) => t(x)) : (x) => tests.some((t) => t(x));
    }
    default: {
      const a = compileEstimate(test.a);
      const b = compileEstimate(test.b);
      if (test.op === 'less') return (x) => a(x) < b(x);
      if (test.op === 'atMost') return (x) => a(x) <= b(x);
      return (x) => a(x) === b(x);
    }
  }
}
