/** The functions an expression may call, each as a tree of what {@link Evaluation} knows. A name outside this list is refused. */
import { EXPANSIONS, type FunctionName } from './derivatives.ts';
import { Rational } from './rational.ts';
import { InputError } from './refuse.ts';
import type { Node, TreeBuilder } from './syntax.ts';

/** How many arguments a function takes, and what it becomes. */
export interface Entry {
  readonly least: number;
  readonly most: number;
  readonly make: (tree: TreeBuilder, args: Node[]) => Node;
}

const one = (make: (tree: TreeBuilder, a: Node) => Node): Entry => ({
  least: 1,
  most: 1,
  make: (tree, [a]) => make(tree, a as Node),
});
const two = (make: (tree: TreeBuilder, a: Node, b: Node) => Node): Entry => ({
  least: 2,
  most: 2,
  make: (tree, [a, b]) => make(tree, a as Node, b as Node),
});

/** 1 / f(a). */
const reciprocal = (name: FunctionName): Entry => one((tree, a) => tree.div(tree.whole(1), tree.call(name, a)));

/** The standard normal distribution function: erfc(-a / sqrt 2) / 2. */
const normal = (tree: TreeBuilder, a: Node): Node => {
  const scaled = tree.div(tree.neg(a), tree.power(tree.whole(2), Rational.of(1n, 2n)));
  return tree.div(tree.call('erfc', scaled), tree.whole(2));
};

/** f over all of them, as a tree of small depth. */
function inPairs(args: readonly Node[], f: (a: Node, b: Node) => Node): Node {
  if (args.length === 1) return args[0] as Node;
  const middle = args.length >> 1;
  return f(inPairs(args.slice(0, middle), f), inPairs(args.slice(middle), f));
}

export const FUNCTIONS: Readonly<Record<string, Entry>> = {
  ...Object.fromEntries(Object.keys(EXPANSIONS).map((name) => [name, one((t, a) => t.call(name as FunctionName, a))])),
  ln: one((t, a) => t.call('log', a)),
  log: {
    least: 1,
    most: 2,
    make: (t, [a, base]) => (base ? t.div(t.call('log', a as Node), t.call('log', base)) : t.call('log', a as Node)),
  },
  sqrt: one((t, a) => t.power(a, Rational.of(1n, 2n))),
  cbrt: one((t, a) => t.power(a, Rational.of(1n, 3n), true)),
  nthRoot: two((t, a, n) => {
    if (n.op !== 'number' || n.value.d !== 1n || n.value.n < 1n || n.value.n > 64n) {
      throw new InputError('expression: expected a whole number in 1..64 as the second argument of nthRoot');
    }
    return t.power(a, Rational.of(1n, n.value.n), n.value.n % 2n === 1n);
  }),
  pow: two((t, a, b) => t.pow(a, b)),
  square: one((t, a) => t.power(a, Rational.of(2n))),
  cube: one((t, a) => t.power(a, Rational.of(3n))),
  hypot: two((t, a, b) =>
    t.power(t.add(t.power(a, Rational.of(2n)), t.power(b, Rational.of(2n))), Rational.of(1n, 2n)),
  ),
  atan2: two((t, a, b) => t.atan2(a, b)),
  sec: reciprocal('cos'),
  csc: reciprocal('sin'),
  cot: one((t, a) => t.div(t.call('cos', a), t.call('sin', a))),
  sech: reciprocal('cosh'),
  abs: one((t, a) => t.abs(a)),
  sign: one((t, a) => t.step('sign', a)),
  floor: one((t, a) => t.step('floor', a)),
  ceil: one((t, a) => t.step('ceil', a)),
  max: { least: 1, most: 1000, make: (t, args) => inPairs(args, (a, b) => t.max(a, b)) },
  min: { least: 1, most: 1000, make: (t, args) => inPairs(args, (a, b) => t.min(a, b)) },
  relu: one((t, a) => t.relu(a)),
  clamp: {
    least: 3,
    most: 3,
    make: (t, [a, lo, hi]) => t.min(t.max(a as Node, lo as Node), hi as Node),
  },
  logistic: one((t, a) => t.call('sigmoid', a)),
  swish: one((t, a) => t.mul(a, t.call('sigmoid', a))),
  silu: one((t, a) => t.mul(a, t.call('sigmoid', a))),
  gelu: one((t, a) => t.mul(a, normal(t, a))),
  gauss: one((t, a) => t.call('exp', t.neg(t.power(a, Rational.of(2n))))),
};

/** The names of all functions that an expression may call. */
export const FUNCTION_NAMES: readonly string[] = Object.freeze(Object.keys(FUNCTIONS).sort());
