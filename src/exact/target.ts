/**
 * A Target is what a network approximates: rigorous enclosures of f, and of its derivatives where it has them.
 * Every method that encloses speaks about real numbers; `estimate` is a float64 for plots and for choosing where to look,
 * and never decides anything that is printed as proved.
 */
import type { Dyadic } from './dyadic.ts';
import type { Interval } from './interval.ts';
import type { Rational } from './rational.ts';

export interface Target {
  readonly kind: 'expression' | 'table' | 'callback';
  /** Number of inputs d. */
  readonly inputs: number;
  /** How people name it: the expression, the file, the callback's name. */
  readonly text: string;
  /** What a certificate about this target rests on, one sentence each. */
  readonly restsOn: readonly string[];
  /**
   * An interval that holds f(x) for every x in the box (one interval an input), with about `precision` significant
   * bits where the box is a point. Undefined where f is not shown to be defined on the whole box.
   */
  enclose(box: readonly Interval[], precision: number): Interval | undefined;
  /**
   * d = 1: enclosures of f, f', f''/2!, ..., f^(order)/order! over the interval. Undefined where these are not shown to
   * exist; a kink (abs, max, a table's knot) inside gives enclosures of every generalised derivative for order 1
   * (so that the mean value theorem holds) and undefined beyond. An interval that ends at a kink has the derivatives of its
   * own side, the kink alone those of both: Taylor's theorem holds for coefficients at a point of the interval with a
   * remainder over it.
   */
  taylor?(x: Interval, order: number, precision: number): Interval[] | undefined;
  /**
   * Enclosures of the partial derivatives D^n f / n! over the box for every multi-index |n| <= order, keyed by
   * n.join(','). The same rules as for `taylor`.
   */
  partials?(box: readonly Interval[], order: number, precision: number): ReadonlyMap<string, Interval> | undefined;
  /** A proved (or stated, see restsOn) Lipschitz constant over the box for the norm |x|_inf, where there is one. */
  lipschitz?(box: readonly Interval[], precision: number): Dyadic | undefined;
  /**
   * A stated bound on |f(x) - f(y)| for |x - y|_inf <= t, t > 0, where the target comes with one (a callback). `modulusBound`
   * finds one for every target.
   */
  modulus?(t: Dyadic): Dyadic | undefined;
  /** A table's points, x increasing; f is linear in between. */
  readonly knots?: readonly { readonly x: Rational; readonly y: Rational }[];
  /** A float64 near f(x). */
  estimate(x: readonly number[]): number;
}
