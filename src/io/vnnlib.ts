/**
 * Reads VNN-LIB specifications: what must not happen. Declared are inputs X_0, X_1, ... and outputs Y_0, Y_1, ...; the
 * assertions together describe the *unsafe* set, and a network is safe where no input makes all of them true.
 *
 *   (declare-const X_0 Real)                          comments begin with ;
 *   (assert (<= X_0 0.5))                              a bound of an input
 *   (assert (or (and (>= X_0 0) (<= Y_0 1.25)) ...))   any nesting of and, or, <=, >=
 *   (assert (<= (+ Y_1 (* -2.0 Y_0)) 3))               outputs may occur in linear combinations
 *
 * Read into clauses: the unsafe set is the union of the clauses, each a box of inputs and linear conditions on the outputs.
 * Decimals stay exact fractions; {@link outwardBox} rounds a box so that nothing is lost.
 */
import { type Dyadic, InputError, Interval, Rational, refuse } from '../exact/index.ts';

/** Documented limits; what exceeds them is refused before memory is taken. */
export const VNNLIB_LIMITS = Object.freeze({
  characters: 1 << 26,
  depth: 64,
  variables: 1 << 20,
  clauses: 1 << 18,
  conditions: 1 << 22,
});

/** Bounds of one input; absent where the clause has none. Both ends belong to the clause. */
export interface InputBounds {
  readonly lower?: Rational;
  readonly upper?: Rational;
}

/** sum of coefficient * Y_output <= atMost. */
export interface OutputCondition {
  readonly terms: readonly { readonly output: number; readonly coefficient: Rational }[];
  readonly atMost: Rational;
}

/** One part of the unsafe set: x in the box and every condition true. */
export interface UnsafeClause {
  /** From 1 on, in the order of the file. */
  readonly number: number;
  /** Line of the file where it begins. */
  readonly line: number;
  readonly box: readonly InputBounds[];
  readonly conditions: readonly OutputCondition[];
}

export interface VnnlibSpecification {
  readonly inputs: number;
  readonly outputs: number;
  readonly clauses: readonly UnsafeClause[];
}

/** Reads a specification. Throws InputError, with the line, where the text is not one of this form. */
export function readVnnlib(text: string, name = 'vnnlib'): VnnlibSpecification {
  if (text.length > VNNLIB_LIMITS.characters) {
    refuse(name, `at most ${VNNLIB_LIMITS.characters} characters`, text.length);
  }
  const reader = new Reader(text, name);
  const asserted: List[] = [];
  for (let list = reader.list(); list; list = reader.list()) {
    const head = list.items[0];
    if (head === 'declare-const' || head === 'declare-fun') reader.declare(list);
    else if (head === 'assert' && list.items.length === 2) asserted.push(list);
    else if (head !== 'set-logic' && head !== 'set-info' && head !== 'check-sat' && head !== 'exit') {
      reader.refuse(list.line, 'declare-const or assert', typeof head === 'string' ? head : 'a list');
    }
  }
  if (asserted.length === 0) refuse(name, 'at least one assertion', 'none');
  const { inputs, outputs } = reader.counts();
  const unsafe = reader.all(
    asserted.map(({ items }) => items[1] as Term),
    (asserted[0] as List).line,
  );
  if (unsafe.length * inputs > VNNLIB_LIMITS.conditions) {
    refuse(
      name,
      `at most ${VNNLIB_LIMITS.conditions} bounds in all clauses`,
      `${unsafe.length} clauses of ${inputs} inputs`,
    );
  }
  const clauses = unsafe.map((c, i) => reader.clause(c, i + 1, inputs));
  return Object.freeze({ inputs, outputs, clauses: Object.freeze(clauses) });
}

/** The clause's box with dyadic ends that are multiples of 2^-fractionalBits, rounded outward: it holds the exact one. */
export function outwardBox(clause: UnsafeClause, fractionalBits: number): Interval[] {
  return clause.box.map(({ lower, upper }, i) => {
    if (!lower || !upper)
      refuse(`clause ${clause.number}`, `both bounds of X_${i}`, lower ? 'no upper one' : 'no lower one');
    return Interval.of(lower.roundTo(fractionalBits, 'down'), upper.roundTo(fractionalBits, 'up'));
  });
}

/** The clauses that hold at input x with outputs y, by number: the specification is violated there where there is one. */
export function unsafeAt(specification: VnnlibSpecification, x: readonly Dyadic[], y: readonly Dyadic[]): number[] {
  const [xs, ys] = [x, y].map((v) => v.map(Rational.fromDyadic)) as [Rational[], Rational[]];
  const inside = ({ lower, upper }: InputBounds, v: Rational): boolean =>
    (!lower || lower.compare(v) <= 0) && (!upper || v.compare(upper) <= 0);
  const holds = ({ terms, atMost }: OutputCondition): boolean =>
    terms.reduce((s, t) => s.add(t.coefficient.mul(ys[t.output] as Rational)), Rational.of(0n)).compare(atMost) <= 0;
  return specification.clauses
    .filter((c) => c.box.every((b, i) => inside(b, xs[i] as Rational)) && c.conditions.every(holds))
    .map((c) => c.number);
}

type Term = string | List;
interface List {
  readonly items: readonly Term[];
  readonly line: number;
}

/** sum of coefficients by variable, and a constant: the form is `linear <= 0`. */
interface Linear {
  readonly variables: ReadonlyMap<string, Rational>;
  readonly constant: Rational;
}

interface Conjunction {
  readonly atoms: readonly (Linear & { readonly line: number })[];
  readonly line: number;
}

const ZERO = Rational.of(0n);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$/;
const VARIABLE = /^([XY])_(\d{1,9})$/;

class Reader {
  private at = 0;
  private line = 1;
  private readonly declared = { X: 0, Y: 0 };
  private conditions = 0;

  constructor(
    private readonly text: string,
    private readonly name: string,
  ) {}

  refuse(line: number, expected: string, got: unknown): never {
    refuse(`${this.name} line ${line}`, expected, got);
  }

  /** The next list of the file; undefined at its end. */
  list(): List | undefined {
    const token = this.token();
    if (token === undefined) return undefined;
    if (token !== '(') this.refuse(this.line, 'a list in parentheses', token);
    return this.rest(1);
  }

  private rest(depth: number): List {
    if (depth > VNNLIB_LIMITS.depth)
      this.refuse(this.line, `at most ${VNNLIB_LIMITS.depth} levels of parentheses`, 'more');
    const line = this.line;
    const items: Term[] = [];
    for (;;) {
      const token = this.token();
      if (token === undefined) this.refuse(line, 'a closing parenthesis', 'the end of the file');
      if (token === ')') return { items, line };
      items.push(token === '(' ? this.rest(depth + 1) : token);
    }
  }

  private token(): string | undefined {
    const { text } = this;
    for (; this.at < text.length; this.at++) {
      const c = text[this.at] as string;
      if (c === '\n') this.line++;
      else if (c === ';') {
        const end = text.indexOf('\n', this.at);
        this.at = (end < 0 ? text.length : end) - 1;
      } else if (!/\s/.test(c)) break;
    }
    if (this.at >= text.length) return undefined;
    const c = text[this.at] as string;
    if (c === '(' || c === ')') {
      this.at++;
      return c;
    }
    const from = this.at;
    while (this.at < text.length && !/[\s();]/.test(text[this.at] as string)) this.at++;
    return text.slice(from, this.at);
  }

  /** Variables are declared in order: X_0, X_1, ..., Y_0, Y_1, ... */
  declare(list: List): void {
    const variable = VARIABLE.exec(String(list.items[1]));
    const sort = list.items[list.items.length - 1];
    if (!variable || sort !== 'Real')
      this.refuse(list.line, 'a declaration such as (declare-const X_0 Real)', String(list.items[1]));
    const kind = variable[1] as 'X' | 'Y';
    if (Number(variable[2]) !== this.declared[kind] || this.declared[kind] >= VNNLIB_LIMITS.variables) {
      this.refuse(list.line, `${kind}_${this.declared[kind]} as the next variable`, variable[0]);
    }
    this.declared[kind]++;
  }

  counts(): { inputs: number; outputs: number } {
    const { X, Y } = this.declared;
    if (X < 1 || Y < 1) refuse(this.name, 'inputs X_0, ... and outputs Y_0, ...', `${X} inputs and ${Y} outputs`);
    return { inputs: X, outputs: Y };
  }

  /** The formula as a union of conjunctions. */
  disjuncts(formula: Term, line: number): Conjunction[] {
    if (typeof formula === 'string') this.refuse(line, 'a condition', formula);
    const [head, ...parts] = formula.items;
    if (head === 'or') {
      const all: Conjunction[] = [];
      for (const part of parts) for (const c of this.disjuncts(part, formula.line)) all.push(c);
      return this.counted(all, formula.line);
    }
    if (head === 'and') return this.all(parts, formula.line);
    if ((head !== '<=' && head !== '>=') || parts.length !== 2) {
      this.refuse(formula.line, 'and, or, <= or >= with two sides', typeof head === 'string' ? head : 'a list');
    }
    const [a, b] = parts.map((p) => this.linear(p, formula.line)) as [Linear, Linear];
    const difference = head === '<=' ? minus(a, b) : minus(b, a);
    return [{ atoms: [{ ...difference, line: formula.line }], line: formula.line }];
  }

  /** The intersection of all formulas: those of one conjunction are gathered once, unions are multiplied out. */
  all(formulas: readonly Term[], line: number): Conjunction[] {
    const shared: (Linear & { line: number })[] = [];
    let union: readonly Conjunction[] | undefined;
    let place = line;
    for (const formula of formulas) {
      const part = this.disjuncts(formula, line);
      const only = part.length === 1 ? part[0] : undefined;
      if (only) {
        for (const atom of only.atoms) shared.push(atom);
        if (shared.length === only.atoms.length) place = only.line;
      } else {
        union = union ? this.product(union, part, line) : part;
      }
    }
    return union ? this.product(union, [{ atoms: shared, line: place }], line) : [{ atoms: shared, line: place }];
  }

  private product(a: readonly Conjunction[], b: readonly Conjunction[], line: number): Conjunction[] {
    if (a.length * b.length > VNNLIB_LIMITS.clauses) {
      this.refuse(line, `at most ${VNNLIB_LIMITS.clauses} clauses`, 'more');
    }
    return a.flatMap((p) =>
      b.map((q) => {
        this.conditions += p.atoms.length + q.atoms.length;
        if (this.conditions > VNNLIB_LIMITS.conditions) {
          this.refuse(line, `at most ${VNNLIB_LIMITS.conditions} conditions in all clauses`, 'more');
        }
        return { atoms: [...p.atoms, ...q.atoms], line: p.line };
      }),
    );
  }

  private counted(all: Conjunction[], line: number): Conjunction[] {
    if (all.length > VNNLIB_LIMITS.clauses) this.refuse(line, `at most ${VNNLIB_LIMITS.clauses} clauses`, all.length);
    return all;
  }

  private linear(term: Term, line: number): Linear {
    if (typeof term === 'string') {
      if (NUMBER.test(term) && term.length <= 400) return { variables: new Map(), constant: Rational.parse(term) };
      const variable = VARIABLE.exec(term);
      if (!variable || Number(variable[2]) >= this.declared[variable[1] as 'X' | 'Y']) {
        this.refuse(line, 'a number or a declared variable', term);
      }
      return { variables: new Map([[term, Rational.of(1n)]]), constant: ZERO };
    }
    const [head, ...items] = term.items;
    const parts = items.map((i) => this.linear(i, term.line));
    const [first, ...others] = parts;
    if (!first) this.refuse(term.line, '+, - or * with operands', String(head));
    if (head === '+') return others.reduce(plus, first);
    if (head === '-') return others.length === 0 ? scaled(first, Rational.of(-1n)) : others.reduce(minus, first);
    if (head === '*' && others.length === 1) {
      const [constant, other] =
        first.variables.size === 0 ? [first, others[0] as Linear] : [others[0] as Linear, first];
      if (constant.variables.size === 0) return scaled(other, constant.constant);
    }
    return this.refuse(term.line, 'a linear combination', typeof head === 'string' ? head : 'a list');
  }

  clause({ atoms, line }: Conjunction, number: number, inputs: number): UnsafeClause {
    const box: { lower?: Rational; upper?: Rational }[] = Array.from({ length: inputs }, () => ({}));
    const conditions: OutputCondition[] = [];
    for (const { variables, constant, line } of atoms) {
      const used = [...variables].filter(([, c]) => c.sign !== 0);
      const atMost = constant.neg();
      if (used.every(([v]) => v.startsWith('Y'))) {
        conditions.push({
          terms: used.map(([v, coefficient]) => ({ output: Number(v.slice(2)), coefficient })),
          atMost,
        });
        continue;
      }
      const [variable, coefficient] = used[0] as [string, Rational];
      if (used.length > 1)
        this.refuse(line, 'bounds of single inputs and conditions on outputs', 'a condition that mixes inputs');
      const bounds = box[Number(variable.slice(2))] as { lower?: Rational; upper?: Rational };
      const end = atMost.div(coefficient);
      if (coefficient.sign > 0) bounds.upper = !bounds.upper || end.compare(bounds.upper) < 0 ? end : bounds.upper;
      else bounds.lower = !bounds.lower || end.compare(bounds.lower) > 0 ? end : bounds.lower;
    }
    return Object.freeze({ number, line, box, conditions });
  }
}

function plus(a: Linear, b: Linear): Linear {
  const variables = new Map(a.variables);
  for (const [v, c] of b.variables) variables.set(v, (variables.get(v) ?? ZERO).add(c));
  return { variables, constant: a.constant.add(b.constant) };
}

function minus(a: Linear, b: Linear): Linear {
  return plus(a, scaled(b, Rational.of(-1n)));
}

function scaled(a: Linear, by: Rational): Linear {
  return { variables: new Map([...a.variables].map(([v, c]) => [v, c.mul(by)])), constant: a.constant.mul(by) };
}

/** A statement of a 1-D interval specification: above < f(x) < below for every x in [from, to]. */
export interface IntervalRequirement {
  /** The clauses of the file that say so: of the lower side, of the upper side. */
  readonly clause: number;
  readonly from: Rational;
  readonly to: Rational;
  readonly above?: Rational;
  readonly below?: Rational;
}

/**
 * A specification of a function of one variable, "x in [from, to] => above < f(x) < below": what remains of the unsafe
 * clauses when they are negated. Throws InputError, with the clause's number, where it is not of this kind.
 */
export function intervalRequirements(specification: VnnlibSpecification): IntervalRequirement[] {
  const { inputs, outputs, clauses } = specification;
  if (inputs !== 1 || outputs !== 1) {
    refuse('interval specification', 'one input and one output', `${inputs} inputs and ${outputs} outputs`);
  }
  return clauses.flatMap(({ number, line, box, conditions }): IntervalRequirement[] => {
    const where = `clause ${number} (line ${line})`;
    const { lower: from, upper: to } = box[0] as InputBounds;
    if (!from || !to) refuse(where, 'both ends of an interval of X_0', 'one or none');
    // The unsafe values: Y_0 <= high, or Y_0 >= low, or both.
    let high: Rational | undefined;
    let low: Rational | undefined;
    for (const { terms, atMost } of conditions) {
      const coefficient = terms[0]?.coefficient;
      if (!coefficient) {
        if (atMost.sign < 0) return []; // never true: nothing is unsafe
        continue;
      }
      const end = atMost.div(coefficient);
      if (coefficient.sign > 0) high = !high || end.compare(high) < 0 ? end : high;
      else low = !low || end.compare(low) > 0 ? end : low;
    }
    if (from.compare(to) > 0 || (high && low && low.compare(high) > 0)) return [];
    if (!high && !low) throw new InputError(`${where}: it forbids every value, no function satisfies it`);
    if (high && low) refuse(where, 'a bound on one side of Y_0', `a forbidden band from ${low} to ${high}`);
    return [{ clause: number, from, to, ...(high ? { above: high } : {}), ...(low ? { below: low } : {}) }];
  });
}
