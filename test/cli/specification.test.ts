/** `dyadnet fit spec.vnnlib` and `certify net spec.vnnlib`, run as people run them. Needs the build (`npm test` makes it). */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeNetwork, intervalRequirements, readVnnlib } from '../../src/io/index.ts';
import { checkIntervals } from '../../src/workbench/index.ts';
import { dyadnet, json } from '../support/cli.ts';
import { haveShared, sharedPath, sharedText } from '../support/shared.ts';

const folder = mkdtempSync(join(tmpdir(), 'dyadnet-specification-'));
const at = (name: string): string => join(folder, name);

/** States the unsafe set: y <= 0.6 on [0, 0.5], y >= `top` on [0.25, 1]. */
function write(name: string, top: string): string {
  writeFileSync(
    at(name),
    `(declare-const X_0 Real)
(declare-const Y_0 Real)
(assert (or
  (and (>= X_0 0.0) (<= X_0 0.5) (<= Y_0 0.6))
  (and (>= X_0 0.25) (<= X_0 1.0) (>= Y_0 ${top}))
))
`,
  );
  return at(name);
}

describe('fit spec.vnnlib', () => {
  test('a network that satisfies every clause is written; certify agrees', () => {
    const spec = write('both.vnnlib', '0.8');
    const said = json(['fit', spec, '-o', at('both.dyad')]);
    expect(said).toMatchObject({ status: 'proved', clauses: 2, violated: [] });
    const { network, meta } = decodeNetwork(readFileSync(at('both.dyad')));
    expect(meta).toMatchObject({ method: 'intervals', target: spec });
    const asked = intervalRequirements(readVnnlib(readFileSync(spec, 'utf8')));
    expect(checkIntervals(network, asked).status).toBe('proved');
    expect(dyadnet(['certify', at('both.dyad'), spec]).code).toBe(0);
    const other = dyadnet(['certify', at('both.dyad'), write('other.vnnlib', '0.61')]);
    expect([other.code, other.out.split('\n')[0]]).toEqual([1, 'status    refuted']);
    expect(other.out).toMatch(/\nviolated +clause 2 at x = /);
  });

  test('contradicting clauses are reported by number', () => {
    expect(dyadnet(['fit', write('none.vnnlib', '0.4')])).toMatchObject({
      code: 2,
      err: 'dyadnet: clauses 1 and 2 contradict each other at x = 0.25: above 0.6 and below 0.4\n',
    });
  });

  test('what a specification says itself is not said twice', () => {
    const spec = write('both.vnnlib', '0.8');
    expect(dyadnet(['fit', spec, '--eps', '0.1'])).toMatchObject({
      code: 2,
      err: `dyadnet: --eps: expected nothing beside ${spec}, whose clauses say what is wanted and where\n`,
    });
  });

  test.skipIf(!haveShared('lindex'))('a learned index of 200 intervals', () => {
    const said = json(['fit', sharedPath('lindex/lindex_200.vnnlib'), '-o', at('index.dyad')]);
    expect(said).toMatchObject({ status: 'proved', violated: [] });
    const asked = intervalRequirements(readVnnlib(sharedText('lindex/lindex_200.vnnlib')));
    const { network } = decodeNetwork(readFileSync(at('index.dyad')));
    expect(checkIntervals(network, asked).status).toBe('proved');
    expect(network.connectivity).toBeLessThan(100);
  });
});
