/**
 * Encodability [GBGR]: Sigma is gamma-encodable where for every h > 0 there are c, c' such that each Sigma_M has a covering of
 * radius c M^-gamma by at most 2^(c' M^(1+h)) of its elements; infinity-encodable where it is for every gamma > 0. It keeps out
 * degenerate families, in which Sigma_1 already holds everything.
 *
 * A box family is infinity-encodable where each of these holds, since its code (familyCode.ts) has about
 * d (log2(N/d) + log2 R + log2 Lip + gamma log2 M) bits:
 *
 *   parameters   d(M) = O(M^(1+h)) for every h > 0
 *   positions    log2 N(M) = O(M^h)          (polynomial depth search: log2 N = O(log M))
 *   bound        log2 R(M) = O(M^h)          (or a fixed alphabet)
 *   lipschitz    log2 Lip(M) = O(M^h)        (networks with weights up to r: L log(W r); [GBGR]'s growth condition)
 *
 * Where one fails, this code is too long, and the verdict is 'not shown', not 'is not'. A fixed class of metric entropy e^(-1/s) has
 * M^(gamma/s) bits: gamma-encodable exactly for gamma <= s.
 */
import { Rational, refuse } from '../exact/index.ts';
import type { Family } from './family.ts';
import { coveringBits } from './familyCode.ts';
import { logOrder, type Order, orderOf, orderText, within } from './growth.ts';

export interface Condition {
  readonly name: 'parameters' | 'positions' | 'bound' | 'lipschitz' | 'entropy';
  readonly holds: boolean;
  /** Such as `log2 N = O(log(M))`. */
  readonly text: string;
}

export interface Encodability {
  readonly status: 'infinity-encodable' | 'gamma-encodable' | 'not shown';
  /** The largest gamma that is shown, for 'gamma-encodable'. */
  readonly gamma?: number;
  /** The condition that decided: the one that fails, or the one with the least to spare. */
  readonly decidedBy: Condition;
  readonly conditions: readonly Condition[];
  readonly sentence: string;
  /** Bits of a covering of Sigma_M at M^-gamma, where a covering is known. Throws InputError elsewhere. */
  bits(size: number, gamma: number | string | Rational): bigint;
}

/** The verdict on a family. */
export function encodability(family: Family): Encodability {
  if (family.kind === 'unbounded') {
    const decidedBy = condition('entropy', false, family.reason);
    return verdict('not shown', decidedBy, [decidedBy], `${family.name}: not shown: ${family.reason}`, () =>
      refuse(`encodability, ${family.name}`, 'a family with a known covering', family.reason),
    );
  }
  if (family.kind === 'entropy') {
    const { speed } = family;
    const decidedBy = condition('entropy', true, `log2 of the covering number at e is of the order e^(-1/${speed})`);
    return Object.freeze({
      ...verdict(
        'gamma-encodable',
        decidedBy,
        [decidedBy],
        `${family.name}: gamma-encodable for gamma <= ${speed} and no further: every Sigma_M is the whole class, M^(gamma/${speed}) bits`,
        () =>
          refuse(
            `encodability, ${family.name}`,
            'a family whose entropy is known with its constant',
            'its order alone',
          ),
      ),
      gamma: speed,
    });
  }
  const letters = 'letters' in family.values;
  const [d, n] = [orderOf(family.parameters), logOrder(family.positions)];
  const r: Order = 'bound' in family.values ? logOrder(family.values.bound) : { power: Rational.of(0n), log: 0 };
  const lip = family.lipschitz.order;
  const conditions = [
    condition('parameters', within(d, 1n), `d = O(${orderText(d)})`),
    condition('positions', within(n, 0n), `log2 N = O(${orderText(n)})`),
    condition('bound', within(r, 0n), letters ? 'a fixed alphabet' : `log2 R = O(${orderText(r)})`),
    condition('lipschitz', within(lip, 0n), letters ? 'nothing is rounded' : `log2 Lip = O(${orderText(lip)})`),
  ];
  const failed = conditions.find((c) => !c.holds);
  const bits = (size: number, gamma: number | string | Rational): bigint => coveringBits(family, size, gamma);
  if (failed) {
    const wanted = failed.name === 'parameters' ? 'O(M^(1+h))' : 'O(M^h)';
    const sentence = `${family.name}: not shown: ${failed.text}, where ${wanted} for every h > 0 is needed`;
    return verdict('not shown', failed, conditions, sentence, bits);
  }
  const orders = { parameters: { ...d, power: Rational.of(0n) }, positions: n, bound: r, lipschitz: lip };
  const decidedBy = conditions.reduce((a, b) => (log(orders, b) > log(orders, a) ? b : a));
  const terms = conditions.map((c) => c.text).join(', ');
  return verdict('infinity-encodable', decidedBy, conditions, `${family.name}: infinity-encodable: ${terms}`, bits);
}

const log = (orders: Readonly<Record<string, Order>>, c: Condition): number => (orders[c.name] as Order).log;

function condition(name: Condition['name'], holds: boolean, text: string): Condition {
  return Object.freeze({ name, holds, text });
}

function verdict(
  status: Encodability['status'],
  decidedBy: Condition,
  conditions: readonly Condition[],
  sentence: string,
  bits: Encodability['bits'],
): Encodability {
  return Object.freeze({ status, decidedBy, conditions: Object.freeze(conditions), sentence, bits });
}
