/** `dyadnet inspect --plan`: the engine's choices, layer by layer. Needs the build (`npm test` makes it). */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LayerPlan } from '../../src/engine/index.ts';
import { Interval } from '../../src/exact/index.ts';
import { encodeNetwork } from '../../src/io/index.ts';
import { affine, Network } from '../../src/net/index.ts';
import { dyadnet, json } from '../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'dyadnet-plan-'));

/** x -> 5 x + 3 -> 2^40 y - 7 on [0, 100]: sums of whole inputs reach 503, then 503 * 2^40 (less the bias). */
const network = new Network([[affine([[5n]], [3n])], [affine([[2n ** 40n]], [-7n])]].map(([n]) => n!.layers[0]!));
const path = join(folder, 'two.dyad');
writeFileSync(path, encodeNetwork({ network, domain: [Interval.of(0, 100)] }));

test('tier, limbs, bound and reason of every layer', () => {
  const said = json(['inspect', path, '--plan', '--fraction', '0']) as {
    plannedOn: string;
    layers: LayerPlan[];
    inputScale: number;
  };
  expect([said.plannedOn, said.inputScale]).toEqual(["planned for the file's domain", 0]);
  expect(said.layers.map((y) => [y.tier, y.boundBits, y.inputs, y.outputs])).toEqual(
    network.layers.map((layer, l) => [
      l === 0 ? 'int32' : 'int64',
      (l === 0 ? 503n : 503n * 2n ** 40n).toString(2).length,
      layer.inputs,
      layer.outputs,
    ]),
  );
  const { out, code } = dyadnet(['inspect', path, '--plan', '--fraction', '0']);
  expect(code).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines.slice(2).map((l) => l.slice(0, 20))).toEqual(['layer 1: 1 -> 1, int', 'layer 2: 1 -> 1, int']);
  for (const [l, line] of lines.slice(2).entries()) expect(line).toContain(said.layers[l]!.why);
  // Finer inputs need more: the tier is the plan's, not the file's.
  const finer = json(['inspect', path, '--plan', '--fraction', '60']) as { layers: LayerPlan[] };
  expect(finer.layers.map((y) => y.tier)).toEqual(['limbs', 'limbs']);
  expect(finer.layers[1]!.limbsSum * finer.layers[1]!.limbBits).toBeGreaterThanOrEqual(49 + 60);
});

test('what is refused', () => {
  const alone = dyadnet(['inspect', path, '--fraction', '3']);
  expect([alone.code, alone.err]).toEqual([2, 'dyadnet: --fraction: expected together with --plan, got it alone\n']);
  expect(dyadnet(['inspect', path, '--plan', '--fraction', '-1']).err).toContain('--fraction');
});
