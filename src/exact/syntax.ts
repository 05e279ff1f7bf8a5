/**
 * Expressions as our own small frozen tree. Equal subexpressions are one node (so they are computed once), constants that are
 * short fractions are folded exactly (nothing that could be undefined is folded away), and nothing here can be anything but a real function of real variables.
 *
 * Limits: MAX_NODES nodes, MAX_DEPTH levels, fractions of MAX_DIGITS binary digits, exponents of x^n up to MAX_EXPONENT.
 */
import { bitLength } from './bits.ts';
import type { FunctionName } from './derivatives.ts';
import { Rational } from './rational.ts';
import { InputError } from './refuse.ts';

export const MAX_NODES = 10_000;
export const MAX_DEPTH = 1_000;
const MAX_DIGITS = 1 << 17;
/** Fractions longer than this are not folded: computing with their enclosures costs less than their common divisors. */
const FOLDED_DIGITS = 1 << 10;
const MAX_EXPONENT = 1 << 16;
/** Roots x^(n/d) are taken by whole roots up to this d, by exp and log beyond. */
const MAX_ROOT = 64;

export type StepName = 'floor' | 'ceil' | 'sign';

type Shape =
  | { readonly op: 'number'; readonly value: Rational }
  | { readonly op: 'constant'; readonly name: 'pi' | 'e' }
  | { readonly op: 'variable'; readonly index: number }
  | { readonly op: 'neg' | 'abs' | 'relu'; readonly a: Node }
  | {
      readonly op: 'add' | 'sub' | 'mul' | 'div' | 'max' | 'min' | 'atan2' | 'realPower';
      readonly a: Node;
      readonly b: Node;
    }
  /** a^(n/d), d > 0; odd: of any sign, d odd. */
  | { readonly op: 'power'; readonly a: Node; readonly n: number; readonly d: number; readonly odd: boolean }
  | { readonly op: 'call'; readonly name: FunctionName; readonly a: Node }
  | { readonly op: 'step'; readonly name: StepName; readonly a: Node }
  | { readonly op: 'choose'; readonly test: Test; readonly a: Node; readonly b: Node };

export type Node = Shape & {
  /** Its place among the nodes of its tree; arguments come before. */
  readonly id: number;
  readonly depth: number;
  /** Whether no variable occurs in it. */
  readonly constant: boolean;
};

export type Test =
  | { readonly op: 'less' | 'atMost' | 'equal'; readonly a: Node; readonly b: Node }
  | { readonly op: 'and' | 'or'; readonly tests: readonly Test[] }
  | { readonly op: 'not'; readonly test: Test };

const digitsOf = (x: Rational): number => bitLength(x.n) + bitLength(x.d);
const isShort = (node: Node): node is Node & { op: 'number' } =>
  node.op === 'number' && digitsOf(node.value) <= FOLDED_DIGITS;

/** Makes nodes, each different one once. */
export class TreeBuilder {
  readonly #nodes = new Map<string, Node>();

  get size(): number {
    return this.#nodes.size;
  }

  #make(key: string, shape: Shape, ...args: readonly Node[]): Node {
    const known = this.#nodes.get(key);
    if (known) return known;
    const depth = 1 + args.reduce((most, a) => Math.max(most, a.depth), 0);
    if (depth > MAX_DEPTH)
      throw new InputError(`expression: expected at most ${MAX_DEPTH} levels of nesting, got more`);
    if (this.#nodes.size >= MAX_NODES)
      throw new InputError(`expression: expected at most ${MAX_NODES} operations, got more`);
    const constant = shape.op !== 'variable' && args.every((a) => a.constant);
    const node: Node = Object.freeze({ ...shape, id: this.#nodes.size, depth, constant });
    this.#nodes.set(key, node);
    return node;
  }

  number(value: Rational): Node {
    if (digitsOf(value) > MAX_DIGITS) {
      throw new InputError(`expression: expected constants of at most ${MAX_DIGITS} binary digits, got a longer one`);
    }
    return this.#make(value.toString(), { op: 'number', value });
  }

  whole(n: number): Node {
    return this.number(Rational.of(BigInt(n)));
  }

  constant(name: 'pi' | 'e'): Node {
    return this.#make(name, { op: 'constant', name });
  }

  variable(index: number): Node {
    return this.#make(`x${index}`, { op: 'variable', index });
  }

  neg(a: Node): Node {
    if (a.op === 'number') return this.number(a.value.neg());
    if (a.op === 'neg') return a.a;
    return this.#make(`neg ${a.id}`, { op: 'neg', a }, a);
  }

  add(a: Node, b: Node): Node {
    if (isShort(a) && isShort(b)) return this.number(a.value.add(b.value));
    return this.#binary('add', a, b);
  }

  sub(a: Node, b: Node): Node {
    if (isShort(a) && isShort(b)) return this.number(a.value.sub(b.value));
    return a === b && a.op === 'variable' ? this.whole(0) : this.#binary('sub', a, b);
  }

  mul(a: Node, b: Node): Node {
    if (isShort(a) && isShort(b)) return this.number(a.value.mul(b.value));
    if (a === b) return this.power(a, Rational.of(2n));
    return this.#binary('mul', a, b);
  }

  div(a: Node, b: Node): Node {
    if (b.op === 'number') {
      if (b.value.n === 0n) throw new InputError('expression: expected a divisor other than 0, got 0');
      if (isShort(a) && isShort(b)) return this.number(a.value.div(b.value));
    }
    return this.#binary('div', a, b);
  }

  max(a: Node, b: Node): Node {
    if (a === b) return a;
    if (a.op === 'number' && b.op === 'number') return a.value.compare(b.value) >= 0 ? a : b;
    return this.#binary('max', a, b);
  }

  min(a: Node, b: Node): Node {
    if (a === b) return a;
    if (a.op === 'number' && b.op === 'number') return a.value.compare(b.value) <= 0 ? a : b;
    return this.#binary('min', a, b);
  }

  atan2(a: Node, b: Node): Node {
    return this.#binary('atan2', a, b);
  }

  #binary(op: 'add' | 'sub' | 'mul' | 'div' | 'max' | 'min' | 'atan2' | 'realPower', a: Node, b: Node): Node {
    return this.#make(`${op} ${a.id} ${b.id}`, { op, a, b }, a, b);
  }

  abs(a: Node): Node {
    if (a.op === 'number') return this.number(a.value.abs());
    return this.#make(`abs ${a.id}`, { op: 'abs', a }, a);
  }

  relu(a: Node): Node {
    if (a.op === 'number') return a.value.sign < 0 ? this.whole(0) : a;
    return this.#make(`relu ${a.id}`, { op: 'relu', a }, a);
  }

  call(name: FunctionName, a: Node): Node {
    return this.#make(`${name} ${a.id}`, { op: 'call', name, a }, a);
  }

  step(name: StepName, a: Node): Node {
    return this.#make(`${name} ${a.id}`, { op: 'step', name, a }, a);
  }

  choose(test: Test, a: Node, b: Node): Node {
    const args = [...nodesOf(test), a, b];
    return this.#make(`choose ${keyOf(test)} ${a.id} ${b.id}`, { op: 'choose', test, a, b }, ...args);
  }

  /** a^b; the exponent's form decides how: fractions by whole powers and roots, else exp(b ln a). */
  pow(a: Node, b: Node): Node {
    return b.op === 'number' ? this.power(a, b.value) : this.#binary('realPower', a, b);
  }

  /** a^exponent; for odd denominators and `odd` the real root of numbers below 0 as well. */
  power(a: Node, exponent: Rational, odd = false): Node {
    const { n, d } = exponent;
    if (n === 0n && (a.op === 'variable' || a.op === 'number')) return this.whole(1);
    if (n === 1n && d === 1n) return a;
    const size = n < 0n ? -n : n;
    if (size > MAX_EXPONENT)
      throw new InputError(`expression: expected exponents up to ${MAX_EXPONENT}, got ${exponent}`);
    if (isShort(a) && d === 1n && digitsOf(a.value) * Number(size) <= FOLDED_DIGITS) {
      if (a.value.n === 0n && n < 0n) throw new InputError('expression: expected a divisor other than 0, got 0');
      const power = Rational.of(a.value.n ** size, a.value.d ** size);
      return this.number(n > 0n ? power : Rational.of(1n).div(power));
    }
    if (d > MAX_ROOT) return this.#binary('realPower', a, this.number(exponent));
    return this.#make(`power ${a.id} ${n} ${d} ${odd}`, { op: 'power', a, n: Number(n), d: Number(d), odd }, a);
  }
}

/** The nodes that a node is computed from. */
export function argumentsOf(node: Node): readonly Node[] {
  if (node.op === 'choose') return [...nodesOf(node.test), node.a, node.b];
  if ('b' in node) return [node.a, node.b];
  return 'a' in node ? [node.a] : [];
}

function nodesOf(test: Test): Node[] {
  if (test.op === 'not') return nodesOf(test.test);
  return 'tests' in test ? test.tests.flatMap(nodesOf) : [test.a, test.b];
}

function keyOf(test: Test): string {
  if (test.op === 'not') return `(not ${keyOf(test.test)})`;
  if ('tests' in test) return `(${test.op} ${test.tests.map(keyOf).join(' ')})`;
  return `(${test.op} ${test.a.id} ${test.b.id})`;
}
