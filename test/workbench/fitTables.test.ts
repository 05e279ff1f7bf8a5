/** fit on measured tables: NIST's types K and J, both ways; every entry of the table is checked exactly. */
import { describe, expect, test } from 'vitest';
import { Rational } from '../../src/exact/index.ts';
import { judge } from '../support/judge.ts';
import { haveShared } from '../support/shared.ts';
import { TWELVE } from '../support/twelve.ts';

describe.skipIf(!haveShared('thermocouple'))('thermocouples', () => {
  for (const judged of TWELVE.filter((j) => j.shared)) {
    test(judged.name, () => {
      const { f, results } = judge(judged, 10_000);
      results.forEach(({ network }, i) => {
        const epsilon = Rational.parse(judged.epsilons[i] as string);
        for (const { x, y } of f.knots!) {
          // An entry that is not dyadic lies between two inputs 2^-70 apart; the network's slope is below 2^12.
          const value = Rational.fromDyadic(network.evaluate([x.toDyadic() ?? x.roundTo(70, 'nearest')])[0]!);
          const slack = x.toDyadic() ? Rational.of(0n) : Rational.of(1n, 1n << 58n);
          expect(value.sub(y).abs().sub(slack).compare(epsilon)).toBeLessThanOrEqual(0);
        }
      });
    });
  }
});
