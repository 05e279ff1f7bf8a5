/** The judged functions at a million random points each. */
import { describe, test } from 'vitest';
import { judge } from '../support/judge.ts';
import { haveShared } from '../support/shared.ts';
import { TWELVE } from '../support/twelve.ts';

describe('the judged functions, 10^6 points each', () => {
  for (const judged of TWELVE) {
    const missing =
      judged.shared && !haveShared('thermocouple') ? ' (skipped: ../shared/data/thermocouple is missing)' : '';
    test.skipIf(missing !== '')(judged.name + missing, () => void judge(judged, 1_000_000));
  }
});
