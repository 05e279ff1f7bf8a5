/** Made-up records and small specifications for the tests of sweeps. */
import { Dyadic } from '../../src/exact/index.ts';
import { type JobRecord, jobId, readJob, readRecord } from '../../src/sweep/index.ts';
import { boundOf } from '../../src/sweep/record.ts';

export interface MadeUp {
  readonly expression?: string;
  readonly seed: number;
  readonly bytes?: number;
  readonly upper?: Dyadic;
  readonly connectivity?: number;
}

/** A record that is one, of a job that nobody ran. */
export function madeUp({
  expression = 'x^2',
  seed,
  bytes = 40,
  upper = Dyadic.pow2(-9),
  connectivity = 7,
}: MadeUp): JobRecord {
  const job = readJob({ target: { expression }, epsilon: '1e-2', seed }, 'job');
  return readRecord(
    {
      id: jobId(job),
      job,
      versions: { dyadnet: '0.0.0', node: 'v20', record: 1 },
      status: 'proved',
      result: {
        method: 'interpolate',
        depth: 2,
        width: 3,
        connectivity,
        alphabetSize: 4,
        integerBits: 1,
        fractionalBits: 5,
        bytes,
        sha256: '0'.repeat(64),
        denseBits: 100,
        nonZeroBits: 20,
        upper: boundOf(upper, 'up'),
        lower: boundOf(upper.scale(-1), 'down'),
        restsOn: [],
        kappa: boundOf(upper.mul(Dyadic.from(8 * bytes)), 'up'),
        observed: { points: 64, largest: boundOf(upper.scale(-1), 'down') },
      },
      times: { finished: '2026-01-01T00:00:00.000Z', seconds: 0.5 },
    },
    'made up',
  );
}
