/**
 * Text to tree. The grammar is mathjs's (its parser alone, fed with our own reading of numbers: the digits as written); what
 * it finds is rebuilt at once from a list of allowed parts, and mathjs never computes anything. Only this file knows mathjs, and
 * only `expression.ts` knows this file, so that `dyadnet/run` carries neither.
 *
 * `1/2 x` is (1/2) x and `x/2 x` is x/(2 x), as mathjs reads them; `-2^2` is -4, `2^3^2` is 2^9.
 */
import { create, factory, type MathNode, parseDependencies } from 'mathjs/number';
import { parseDecimal } from './dyadic.ts';
import { Rational } from './rational.ts';
import { InputError, shown } from './refuse.ts';
import { MAX_DEPTH, type Node, type Test, TreeBuilder } from './syntax.ts';
import { type Entry, FUNCTIONS } from './vocabulary.ts';

/** Longest text of an expression. */
export const MAX_TEXT = 20_000;
/** Most digits behind the point and largest |exponent of ten| of a number in an expression. */
const MAX_TENS = 5_000;

/** A number as written. */
class Digits {
  constructor(readonly text: string) {}
}

let parser: ((text: string) => MathNode) | undefined;

function mathjs(text: string): MathNode {
  if (!parser) {
    const createNumeric = factory('numeric', [], () => (digits: string) => new Digits(digits));
    const math = create({ ...parseDependencies, createNumeric }, {});
    parser = (s) => (math.parse as (s: string) => MathNode)(s);
  }
  return parser(text);
}

export interface Parsed {
  readonly root: Node;
  /** Nodes of the tree: ids run from 0 to size - 1. */
  readonly size: number;
  /** The variables that occur, by index from 0. */
  readonly used: readonly number[];
}

/**
 * Parses an expression in `x`, or in `x1`..`xd`. Throws InputError, one sentence that names what is not understood.
 * `variables: false` allows none.
 */
export function parseTree(text: string, variables = true): Parsed {
  if (typeof text !== 'string') throw new InputError(`expression: expected a text, got ${shown(text)}`);
  if (text.length > MAX_TEXT) {
    throw new InputError(`expression: expected at most ${MAX_TEXT} characters, got ${text.length}`);
  }
  if (text.trim() === '') throw new InputError('expression: expected a formula such as sin(x), got an empty text');
  let syntax: MathNode;
  try {
    syntax = mathjs(text);
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep();
    throw new InputError(`expression ${shown(text)}: ${hint(text, (error as Error).message)}`);
  }
  const reader = new Reader(variables);
  const root = reader.read(syntax, 0);
  if (reader.plain && reader.numbered.size > 0) {
    throw new InputError(`expression ${shown(text)}: expected either x or x1..xd, got both`);
  }
  const used = reader.plain ? [0] : [...reader.numbered].sort((a, b) => a - b);
  return { root, size: reader.tree.size, used };
}

const tooDeep = (): InputError =>
  new InputError(`expression: expected at most ${MAX_DEPTH} levels of nesting, got more`);

function hint(text: string, message: string): string {
  if (text.includes('|')) return 'the bar | is not understood; write abs(x) for an absolute value';
  return `not understood: ${message}`;
}

/** What a mathjs node may look like; its own types are wider than what its parser makes. */
interface Syntax {
  readonly type: string;
  readonly value?: unknown;
  readonly name?: string;
  readonly op?: string;
  readonly fn?: unknown;
  readonly args?: readonly Syntax[];
  readonly content?: Syntax;
  readonly condition?: Syntax;
  readonly trueExpr?: Syntax;
  readonly falseExpr?: Syntax;
  readonly conditionals?: readonly string[];
  readonly params?: readonly Syntax[];
  readonly isPercentage?: boolean;
}

/** Highest variable number in x1, x2, ... */
const MAX_VARIABLES = 64;

const KINDS: Readonly<Record<string, string>> = {
  AccessorNode: 'a property access',
  ArrayNode: 'a matrix',
  AssignmentNode: 'an assignment',
  BlockNode: 'several expressions',
  FunctionAssignmentNode: 'a function definition',
  IndexNode: 'an index',
  ObjectNode: 'an object',
  RangeNode: 'a range',
};

class Reader {
  readonly tree = new TreeBuilder();
  readonly numbered = new Set<number>();
  plain = false;

  constructor(readonly variables: boolean) {}

  read(syntax: MathNode | Syntax, depth: number): Node {
    if (depth > MAX_DEPTH) throw tooDeep();
    const s = syntax as Syntax;
    switch (s.type) {
      case 'ParenthesisNode':
        return this.read(s.content as Syntax, depth + 1);
      case 'ConstantNode':
        return this.#number(s.value);
      case 'SymbolNode':
        return this.#symbol(s.name as string);
      case 'OperatorNode':
        return this.#operator(s, depth);
      case 'FunctionNode':
        return this.#call(s, depth);
      case 'ConditionalNode':
        return this.tree.choose(
          this.#test(s.condition as Syntax, depth + 1),
          this.read(s.trueExpr as Syntax, depth + 1),
          this.read(s.falseExpr as Syntax, depth + 1),
        );
      case 'RelationalNode':
        throw new InputError('expression: expected a value, got a comparison (use it as in x < 1 ? x : 1)');
      default:
        throw new InputError(`expression: expected a formula, got ${KINDS[s.type] ?? s.type}`);
    }
  }

  #number(value: unknown): Node {
    if (!(value instanceof Digits)) throw new InputError(`expression: expected a number, got ${shown(value)}`);
    if (!/^[\d.]/.test(value.text)) throw new InputError(`expression: ${value.text} is not a number`);
    if (/^0[xbo]/i.test(value.text)) {
      throw new InputError(`expression: expected a decimal number, got ${shown(value.text)}`);
    }
    const { m, tens } = parseDecimal(value.text);
    if (Math.abs(tens) > MAX_TENS) {
      throw new InputError(
        `expression: expected numbers of at most ${MAX_TENS} digits and exponents of ten, got ${shown(value.text)}`,
      );
    }
    const power = 10n ** BigInt(Math.abs(tens));
    return this.tree.number(tens >= 0 ? Rational.of(m * power) : Rational.of(m, power));
  }

  #symbol(name: string): Node {
    if (name === 'pi' || name === 'PI' || name === 'π') return this.tree.constant('pi');
    if (name === 'e' || name === 'E') return this.tree.constant('e');
    if (name === 'tau' || name === 'τ') return this.tree.mul(this.tree.whole(2), this.tree.constant('pi'));
    const numbered = /^x([1-9]\d{0,5})$/.exec(name);
    if (this.variables && (name === 'x' || numbered)) {
      if (!numbered) {
        this.plain = true;
        return this.tree.variable(0);
      }
      const index = Number(numbered[1]) - 1;
      if (index >= MAX_VARIABLES) throw new InputError(`expression: expected x1..x${MAX_VARIABLES}, got ${name}`);
      this.numbered.add(index);
      return this.tree.variable(index);
    }
    if (Object.hasOwn(FUNCTIONS, name))
      throw new InputError(`expression: expected ${name}(...), got ${name} without an argument`);
    const known = this.variables ? 'x, x1..xd, pi, e, tau' : 'a number, pi, e, tau';
    throw new InputError(`expression: expected ${known}, got the unknown name ${shown(name)}`);
  }

  #operator(s: Syntax, depth: number): Node {
    const args = s.args as readonly Syntax[];
    const { tree } = this;
    if (s.isPercentage) throw new InputError('expression: expected a formula, got a percentage');
    const at = (k: number): Node => this.read(args[k] as Syntax, depth + 1);
    switch (s.fn) {
      case 'add':
        return tree.add(at(0), at(1));
      case 'subtract':
        return tree.sub(at(0), at(1));
      case 'multiply':
        return tree.mul(at(0), at(1));
      case 'divide':
        return tree.div(at(0), at(1));
      case 'pow':
        return tree.pow(at(0), at(1));
      case 'unaryMinus':
        return tree.neg(at(0));
      case 'unaryPlus':
        return at(0);
      case 'smaller':
      case 'smallerEq':
      case 'larger':
      case 'largerEq':
      case 'equal':
      case 'unequal':
      case 'and':
      case 'or':
      case 'not':
        throw new InputError('expression: expected a value, got a comparison (use it as in x < 1 ? x : 1)');
      default:
        throw new InputError(`expression: expected + - * / ^ and functions, got the operator ${shown(s.op)}`);
    }
  }

  #test(syntax: Syntax, depth: number): Test {
    if (depth > MAX_DEPTH) throw tooDeep();
    if (syntax.type === 'ParenthesisNode') return this.#test(syntax.content as Syntax, depth + 1);
    const at = (s: Syntax | undefined): Node => this.read(s as Syntax, depth + 1);
    if (syntax.type === 'RelationalNode') {
      const params = (syntax.params as readonly Syntax[]).map(at);
      const tests = (syntax.conditionals as readonly string[]).map((fn, k) =>
        comparison(fn, params[k] as Node, params[k + 1] as Node),
      );
      return { op: 'and', tests };
    }
    if (syntax.type === 'OperatorNode') {
      const args = syntax.args as readonly Syntax[];
      if (syntax.fn === 'and' || syntax.fn === 'or') {
        return { op: syntax.fn, tests: args.map((a) => this.#test(a, depth + 1)) };
      }
      if (syntax.fn === 'not') return { op: 'not', test: this.#test(args[0] as Syntax, depth + 1) };
      if (args.length === 2 && typeof syntax.fn === 'string' && syntax.fn in COMPARISONS) {
        return comparison(syntax.fn, at(args[0]), at(args[1]));
      }
    }
    throw new InputError('expression: expected a comparison such as x < 1 before the question mark');
  }

  #call(s: Syntax, depth: number): Node {
    const name = (s.fn as Syntax).name;
    if (typeof name !== 'string' || !Object.hasOwn(FUNCTIONS, name)) {
      throw new InputError(`expression: expected a known function, got ${shown(name ?? 'a computed function')}`);
    }
    const entry = FUNCTIONS[name] as Entry;
    const args = s.args as readonly Syntax[];
    if (args.length < entry.least || args.length > entry.most) {
      const wanted = entry.least === entry.most ? `${entry.least}` : `${entry.least} or more`;
      throw new InputError(`expression: expected ${wanted} argument(s) for ${name}, got ${args.length}`);
    }
    return entry.make(
      this.tree,
      args.map((a) => this.read(a, depth + 1)),
    );
  }
}

const COMPARISONS: Readonly<Record<string, (a: Node, b: Node) => Test>> = {
  smaller: (a, b) => ({ op: 'less', a, b }),
  smallerEq: (a, b) => ({ op: 'atMost', a, b }),
  larger: (a, b) => ({ op: 'less', a: b, b: a }),
  largerEq: (a, b) => ({ op: 'atMost', a: b, b: a }),
  equal: (a, b) => ({ op: 'equal', a, b }),
  unequal: (a, b) => ({ op: 'not', test: { op: 'equal', a, b } }),
};

const comparison = (fn: string, a: Node, b: Node): Test => (COMPARISONS[fn] as (a: Node, b: Node) => Test)(a, b);
