/** Same bits everywhere: one SHA-256 over the outputs of many networks, on every engine there is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type * as Run from '../../src/run.ts';
import { BROWSERS, haveBrowser, inBrowser } from './browsers.ts';
import { type Digest, digest, digestBy } from './digest.mjs';
import { type Sample, samples } from './networks.ts';

const dist = join(import.meta.dirname, '../../dist');
const MODES = ['simd', 'scalar', 'pooled'] as const;

type Taken = Awaited<ReturnType<typeof digestBy>>;

const PAGE = `<!doctype html><meta charset="utf-8"><title>same bits</title><script type="module">
const post = (answer) => fetch('/answer', { method: 'POST', body: JSON.stringify(answer) });
try {
  const run = await import('/dist/run.js');
  const { digestBy } = await import('/digest.mjs');
  const specs = await (await fetch('/specs.json')).json();
  const fileOf = async (k) => new Uint8Array(await (await fetch('/networks/' + k)).arrayBuffer());
  const digests = [];
  for (const mode of ${JSON.stringify(MODES)}) digests.push(await digestBy(run, mode, specs, fileOf));
  await post({ digests, agent: navigator.userAgent });
} catch (error) {
  await post({ error: String(error) + (error.stack ?? '') });
}
</script>`;

/** `outputs` outputs of each network; `patienceMs` for each browser. */
export function sameBits(outputs: number, few: boolean, patienceMs: number): void {
  describe(`same bits over ${outputs} outputs of each network`, () => {
    let made: Sample[] | undefined;
    const all = (): Sample[] => {
      made ??= samples(outputs, few);
      return made;
    };
    let oracle: Digest | undefined;
    /** The reference: BigInt, no engine. */
    const expected = async (): Promise<Digest> => {
      if (oracle) return oracle;
      oracle = await digest(
        all().map((s) => s.spec),
        async (k: number) => {
          const { network } = all()[k]!;
          return async (batch: Float64Array) => {
            const rows: ReturnType<typeof network.evaluate>[] = [];
            for (let at = 0; at < batch.length; at += network.inputs) {
              rows.push(network.evaluate([...batch.subarray(at, at + network.inputs)]));
            }
            return {
              exact: (r: number, o: number) => rows[r]![o]!,
              rounded: (r: number, o: number) => rows[r]![o]!.toNumber(),
            };
          };
        },
      );
      return oracle;
    };
    const compare = async (got: Taken): Promise<void> => {
      const want = await expected();
      const wrong = got.each.findIndex((hash, k) => hash !== want.each[k]);
      expect(wrong < 0 ? 'all the same' : `${got.mode} differs on ${all()[wrong]!.spec.name}`).toBe('all the same');
      expect([got.sha256, got.outputs]).toEqual([want.sha256, want.outputs]);
      expect(got.outputs).toBeGreaterThanOrEqual(outputs * all().length);
    };

    test.each(MODES)('%s in Node gives the oracle its SHA-256', async (mode) => {
      const run = (await import(join(dist, 'run.js'))) as typeof Run;
      const specs = all().map((s) => s.spec);
      const got = await digestBy(run, mode, specs, async (k: number) => all()[k]!.file);
      expect(got.threads).toBe(mode === 'pooled' ? 2 : 1);
      await compare(got);
    });

    for (const browser of BROWSERS) {
      test.skipIf(!haveBrowser(browser))(`${MODES.join(', ')} in ${browser}`, async () => {
        const files = new Map<string, Uint8Array | string>([
          ['/page.html', PAGE],
          ['/digest.mjs', readFileSync(join(import.meta.dirname, 'digest.mjs'))],
          ['/specs.json', JSON.stringify(all().map((s) => s.spec))],
          ...all().map((s, k) => [`/networks/${k}`, s.file] as const),
        ]);
        const answer = (await inBrowser(browser, dist, files, patienceMs)) as {
          digests: Taken[];
          agent: string;
          error?: string;
        };
        expect(answer.error).toBe(undefined);
        expect(answer.agent).toContain(browser === 'chromium' ? 'Chrome' : 'Firefox');
        expect(answer.digests.map((d) => [d.mode, d.threads])).toEqual([
          ['simd', 1],
          ['scalar', 1],
          ['pooled', 2],
        ]);
        for (const got of answer.digests) await compare(got);
      });
    }
  });
}
