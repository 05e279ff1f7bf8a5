/** Float64 values of a tree, for plots and for choosing where to look: nothing that is proved depends on them. */
import type { FunctionName } from './derivatives.ts';
import { argumentsOf, type Node, type Test } from './syntax.ts';

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

/** One step: the value of a node from the values of the nodes before it. */
type Step = (values: Float64Array, x: readonly number[]) => number;

/** The tree as a float64 function; NaN where it is not defined. Each node is computed once, however often it is used. */
export function compileEstimate(root: Node): (x: readonly number[]) => number {
  const nodes = new Map<number, Node>();
  const open = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    if (nodes.has(node.id)) continue;
    nodes.set(node.id, node);
    for (const a of argumentsOf(node)) open.push(a);
  }
  // Arguments have smaller ids than what is made of them.
  const order = [...nodes.values()].sort((a, b) => a.id - b.id);
  const slots = new Map(order.map((node, k) => [node, k]));
  const steps = order.map((node) => stepOf(node, (a) => slots.get(a) as number));
  const values = new Float64Array(order.length);
  return (x) => {
    for (let k = 0; k < steps.length; k++) values[k] = (steps[k] as Step)(values, x);
    return values[values.length - 1] as number;
  };
}

type Slot = (node: Node) => number;

function stepOf(node: Node, slot: Slot): Step {
  const unary = (f: (a: number) => number): Step => {
    const a = slot((node as Node & { a: Node }).a);
    return (v) => f(v[a] as number);
  };
  const binary = (f: (a: number, b: number) => number): Step => {
    const a = slot((node as Node & { a: Node }).a);
    const b = slot((node as Node & { b: Node }).b);
    return (v) => f(v[a] as number, v[b] as number);
  };
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
      return (_, x) => x[index] as number;
    }
    case 'choose': {
      const test = testOf(node.test, slot);
      const [a, b] = [slot(node.a), slot(node.b)];
      return (v) => v[test(v) ? a : b] as number;
    }
    case 'power': {
      const { n, d, odd } = node;
      if (d === 1) return unary((a) => a ** n);
      if (d === 2) return unary((a) => Math.sqrt(a) ** n);
      if (d === 3 && odd) return unary((a) => Math.cbrt(a) ** n);
      if (odd) return unary((a) => (Math.sign(a) * Math.abs(a) ** (1 / d)) ** n);
      return unary((a) => a ** (n / d));
    }
    case 'neg':
      return unary((a) => -a);
    case 'abs':
      return unary(Math.abs);
    case 'relu':
      return unary((a) => Math.max(a, 0));
    case 'step':
      return unary(node.name === 'floor' ? Math.floor : node.name === 'ceil' ? Math.ceil : Math.sign);
    case 'call':
      return unary(FUNCTIONS[node.name]);
    case 'add':
      return binary((a, b) => a + b);
    case 'sub':
      return binary((a, b) => a - b);
    case 'mul':
      return binary((a, b) => a * b);
    case 'div':
      return binary((a, b) => a / b);
    case 'max':
      return binary(Math.max);
    case 'min':
      return binary(Math.min);
    case 'atan2':
      return binary(Math.atan2);
    case 'realPower':
      return binary((a, b) => a ** b);
  }
}

function testOf(test: Test, slot: Slot): (values: Float64Array) => boolean {
  if (test.op === 'not') {
    const inner = testOf(test.test, slot);
    return (v) => !inner(v);
  }
  if ('tests' in test) {
    const tests = test.tests.map((part) => testOf(part, slot));
    return test.op === 'and' ? (v) => tests.every((t) => t(v)) : (v) => tests.some((t) => t(v));
  }
  const [a, b] = [slot(test.a), slot(test.b)];
  if (test.op === 'less') return (v) => (v[a] as number) < (v[b] as number);
  if (test.op === 'atMost') return (v) => (v[a] as number) <= (v[b] as number);
  return (v) => v[a] === v[b];
}
