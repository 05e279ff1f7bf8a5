/** Trees over boxes: rigorous power series of an expression (spans of its value and of its derivatives), and a float64 estimate. */
import {
  absExpansion,
  EXPANSIONS,
  type FunctionName,
  powerExpansion,
  reluExpansion,
  stepExpansion,
} from './derivatives.ts';
import * as elementary from './elementary.ts';
import {
  addJets,
  type Coefficient,
  composeJet,
  constantJet,
  divJets,
  hullJets,
  type Jet,
  mulJets,
  negJet,
  type Shape,
  squareJet,
  subJets,
  valueIn,
  variableJet,
} from './jet.ts';
import {
  hull,
  isPoint,
  max,
  min,
  neg,
  ONE,
  ofRational,
  type Span,
  surelyAtMost,
  surelyBelow,
  UNDEFINED,
} from './span.ts';
import type { Node, StepName, Test } from './syntax.ts';
import { atan2 } from './trigonometric.ts';

/** One evaluation: a box, the derivatives wanted, the working precision. Throws Undefined where the tree has no value. */
export class Evaluation {
  readonly #memo: (Jet | undefined)[] = [];

  constructor(
    readonly shape: Shape,
    readonly box: readonly Span[],
    readonly p: number,
  ) {}

  jet(node: Node): Jet {
    const known = this.#memo[node.id];
    if (known) return known;
    const jet = this.#compute(node);
    this.#memo[node.id] = jet;
    return jet;
  }

  value(node: Node): Span {
    return valueIn(this.jet(node));
  }

  #compute(node: Node): Jet {
    const { shape, p } = this;
    const { order } = shape;
    switch (node.op) {
      case 'number':
      case 'constant':
        return constantJet(shape, constantSpan(node, p));
      case 'variable':
        return variableJet(shape, node.index, this.box[node.index] as Span);
      case 'neg':
        return negJet(this.jet(node.a));
      case 'add':
        return addJets(this.jet(node.a), this.jet(node.b), p);
      case 'sub':
        return subJets(this.jet(node.a), this.jet(node.b), p);
      case 'mul':
        return mulJets(shape, this.jet(node.a), this.jet(node.b), p);
      case 'div':
        return divJets(shape, this.jet(node.a), this.jet(node.b), p);
      case 'max':
        return this.#extreme(this.jet(node.a), this.jet(node.b));
      case 'min':
        return negJet(this.#extreme(negJet(this.jet(node.a)), negJet(this.jet(node.b))));
      case 'abs':
        return this.#compose(node.a, absExpansion(this.value(node.a), order));
      case 'relu':
        return this.#compose(node.a, reluExpansion(this.value(node.a), order));
      case 'call':
        return this.#compose(node.a, EXPANSIONS[node.name](this.value(node.a), order, p));
      case 'power':
        if (node.n === 2 && node.d === 1) return squareJet(shape, this.jet(node.a), p);
        return this.#compose(node.a, powerExpansion(this.value(node.a), node.n, node.d, node.odd, order, p));
      case 'realPower':
        return this.#realPower(node.a, node.b);
      case 'step':
        return this.#compose(node.a, stepExpansion(stepSpan(node.name, this.value(node.a)), order));
      case 'atan2':
        return this.#angle(this.jet(node.a), this.jet(node.b));
      case 'choose':
        return this.#choose(node);
    }
  }

  #compose(inner: Node, expansion: readonly Coefficient[]): Jet {
    return composeJet(this.shape, this.jet(inner), expansion, this.p);
  }

  #composeJet(inner: Jet, name: FunctionName): Jet {
    return composeJet(this.shape, inner, EXPANSIONS[name](valueIn(inner), this.shape.order, this.p), this.p);
  }

  /** max(a, b): the larger where that is known, else the hull of both slopes (Clarke's derivative lies in it). */
  #extreme(a: Jet, b: Jet): Jet {
    const x = valueIn(a);
    const y = valueIn(b);
    const [first, second] = [surelyAtMost(y, x), surelyAtMost(x, y)];
    // Both: one point at which they are equal, which belongs to either side.
    if (first && !second) return a;
    if (second && !first) return b;
    if (this.shape.order >= 2) throw UNDEFINED;
    const both = [...hullJets(a, b)];
    both[0] = max(x, y);
    return both;
  }

  /** a^b = exp(b ln a) for a > 0; at a = 0 a value alone. */
  #realPower(a: Node, b: Node): Jet {
    const value = elementary.realPower(this.value(a), this.value(b), this.p);
    if (this.shape.order === 0) return [value];
    const product = mulJets(this.shape, this.jet(b), this.#composeJet(this.jet(a), 'log'), this.p);
    const jet = [...this.#composeJet(product, 'exp')];
    jet[0] = value;
    return jet;
  }

  /** atan2(y, x) by the quotient whose divisor keeps clear of 0. */
  #angle(y: Jet, x: Jet): Jet {
    const value = atan2(valueIn(y), valueIn(x), this.p);
    if (this.shape.order === 0) return [value];
    const steep = valueIn(y).lo > 0n || valueIn(y).hi < 0n;
    const jet =
      valueIn(x).lo > 0n || !steep
        ? [...this.#composeJet(divJets(this.shape, y, x, this.p), 'atan')]
        : [...negJet(this.#composeJet(divJets(this.shape, x, y, this.p), 'atan'))];
    jet[0] = value;
    return jet;
  }

  #choose(node: Node & { op: 'choose' }): Jet {
    const verdict = this.#decide(node.test);
    if (verdict !== undefined) return this.jet(verdict ? node.a : node.b);
    const [yes, no] = this.#split(node.test);
    const a = yes.jet(node.a);
    const b = no.jet(node.b);
    if (this.shape.order === 0) return [hull(valueIn(a), valueIn(b))];
    // Two pieces that may not meet have no derivative; where they are shown to meet, the hull of both slopes holds it.
    if (this.shape.order >= 2 || !this.#meets(node)) throw UNDEFINED;
    return hullJets(a, b);
  }

  /** Whether the test holds on the whole box (true), nowhere (false), or is not decided (undefined). */
  #decide(test: Test): boolean | undefined {
    switch (test.op) {
      case 'not': {
        const verdict = this.#decide(test.test);
        return verdict === undefined ? undefined : !verdict;
      }
      case 'and':
      case 'or': {
        const settles = test.op === 'or';
        let open = false;
        for (const part of test.tests) {
          const verdict = this.#decide(part);
          if (verdict === settles) return settles;
          open ||= verdict === undefined;
        }
        return open ? undefined : !settles;
      }
      default: {
        const a = this.value(test.a);
        const b = this.value(test.b);
        if (test.op === 'equal') {
          if (surelyBelow(a, b) || surelyBelow(b, a)) return false;
          return isPoint(a) && surelyAtMost(a, b) && surelyAtMost(b, a) ? true : undefined;
        }
        if (test.op === 'less') return surelyBelow(a, b) ? true : surelyAtMost(b, a) ? false : undefined;
        return surelyAtMost(a, b) ? true : surelyBelow(b, a) ? false : undefined;
      }
    }
  }

  /** The parts of the box where the test may hold and where it may fail; both are the box unless it compares a variable with a constant. */
  #split(test: Test): [Evaluation, Evaluation] {
    const border = borderOf(test);
    if (!border) return [this, this];
    const c = this.value(border.at);
    const x = this.box[border.variable] as Span;
    const below = this.#narrowed(border.variable, min(x, { lo: c.hi, hi: c.hi, e: c.e }));
    const above = this.#narrowed(border.variable, max(x, { lo: c.lo, hi: c.lo, e: c.e }));
    return border.below ? [below, above] : [above, below];
  }

  #narrowed(variable: number, x: Span): Evaluation {
    const box = this.box.map((y, v) => (v === variable ? x : y));
    return new Evaluation(this.shape, box, this.p);
  }

  /** Whether both pieces are shown to agree where they meet: equal exact values at an exact border, one variable. */
  #meets(node: Node & { op: 'choose' }): boolean {
    const border = borderOf(node.test);
    if (!border || this.box.length > 1) return false;
    const c = this.value(border.at);
    if (!isPoint(c)) return false;
    const at = new Evaluation({ ...this.shape, order: 0, monomials: [[0]], pairs: [[0, 0]] }, [c], this.p);
    const a = at.value(node.a);
    const b = at.value(node.b);
    return isPoint(a) && surelyAtMost(a, b) && surelyAtMost(b, a);
  }
}

/** A test `variable < constant` (or its like): the border between its sides; below: it holds below. */
function borderOf(test: Test): { variable: number; at: Node; below: boolean } | undefined {
  if (test.op === 'not') {
    const inner = borderOf(test.test);
    return inner && { ...inner, below: !inner.below };
  }
  if (test.op !== 'less' && test.op !== 'atMost') return undefined;
  const { a, b } = test;
  if (a.op === 'variable' && b.constant) return { variable: a.index, at: b, below: true };
  if (b.op === 'variable' && a.constant) return { variable: b.index, at: a, below: false };
  return undefined;
}

const constants = new WeakMap<Node, { p: number; span: Span }>();

function constantSpan(node: Node & { op: 'number' | 'constant' }, p: number): Span {
  const known = constants.get(node);
  if (known?.p === p) return known.span;
  const span =
    node.op === 'number' ? ofRational(node.value, p) : node.name === 'pi' ? elementary.pi(p) : elementary.exp(ONE, p);
  constants.set(node, { p, span });
  return span;
}

function stepSpan(name: StepName, x: Span): Span {
  if (name === 'sign') {
    const sign = (m: bigint): bigint => (m > 0n ? 1n : m < 0n ? -1n : 0n);
    return { lo: sign(x.lo), hi: sign(x.hi), e: 0 };
  }
  if (name === 'ceil') return neg(stepSpan('floor', neg(x)));
  const floor = (m: bigint): bigint => (x.e >= 0 ? m << BigInt(x.e) : m >> BigInt(-x.e));
  return { lo: floor(x.lo), hi: floor(x.hi), e: 0 };
}
