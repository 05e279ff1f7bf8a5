/** `dyadnet blocks`, run as people run it. Needs the build (`npm test` makes it). */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cached, type Recipe, recipeOf, taylor } from '../../src/construct/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { encodeNetwork } from '../../src/io/index.ts';
import { dyadnet, json } from '../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'dyadnet-blocks-'));

function write(name: string, network: Parameters<typeof encodeNetwork>[0]['network'], recipe?: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, encodeNetwork({ network, ...(recipe === undefined ? {} : { meta: { recipe } }) }));
  return path;
}

const made = taylor(expressionTarget('sin(x)'), { n: 3, N: 16, lambda: 4 });
const recipe = recipeOf(made.report);

describe('blocks', () => {
  test('Table 1 beside the network: every weight is in one block', () => {
    const said = json(['blocks', write('sine.dyad', made.network, recipe)]);
    const rows = said.blocks as { block: string; built?: { connectivity: number }; paper?: object }[];
    expect(rows.reduce((n, { built }) => n + (built?.connectivity ?? 0), 0)).toBe(made.network.connectivity);
    expect(rows.filter(({ paper }) => paper).map(({ block }) => block)).toEqual([
      'B_w',
      'B_N',
      'B_abs',
      'B_s',
      'B_h',
      "B_x'",
    ]);
    const { depth, width, connectivity } = made.network;
    expect(said.network).toEqual({ depth, width, connectivity, bits: 2 * connectivity });
    expect(said.paper).toEqual(JSON.parse(JSON.stringify(made.report.paper)));
  });

  test('Table 2, for people', () => {
    const { network, report } = cached(expressionTarget('abs(x-0.3)/2'), { T: 64, m: 4, lambda: 3 });
    const { out } = dyadnet(['blocks', write('kink.dyad', network, recipeOf(report))]);
    expect(out).toMatch(
      /^table +Table 2 of \[DLS18\]: structure chosen for f\nweights +3 distinct values\nparameters +T = 64, m = 4\n/,
    );
    expect(out).toMatch(/\nB_f3\* +third layer of f\* +324 +1 +\d+ +\d+ +\d+ +\d+ +\d+\n/);
    expect(out).toMatch(new RegExp(`\\nconnectivity M +${network.connectivity}; paper: O\\(lambda`));
    expect(out).toMatch(/\nB_f2\* +width 3\^m = 81; depth 1\n/);
  });

  test('says what is wrong in a sentence', () => {
    const none = write('none.dyad', made.network);
    expect(dyadnet(['blocks', none])).toMatchObject({
      code: 2,
      err: `dyadnet: ${none}: expected a network that fit --method taylor or --method cached wrote; the file names no blocks\n`,
    });
    const other: Recipe = { ...recipe, blocks: recipe.blocks.slice(1) };
    expect(dyadnet(['blocks', write('other.dyad', made.network, other)])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/expected blocks of \d+ weights, which the network has, got blocks of \d+\n$/),
    });
    expect(dyadnet(['blocks', write('bad.dyad', made.network, { table: 7 })])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/recipe: table: expected 1 or 2, got 7\n$/),
    });
  });
});
