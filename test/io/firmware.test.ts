/** The C program of docs/firmware.md, compiled against the header that the page's commands make. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeNetwork } from '../../src/io/index.ts';
import { dyadnet } from '../support/cli.ts';
import { COMPILERS, compileC, haveCompiler } from '../support/compilers.ts';
import { codeBlocks } from '../support/markdown.ts';
import { haveShared, sharedPath } from '../support/shared.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/firmware.md'), 'utf8');

test.skipIf(!haveShared('mlp')).each(COMPILERS.filter(haveCompiler))(
  "the page's program prints what the network is: %s",
  (compiler) => {
    const folder = mkdtempSync(join(tmpdir(), 'dyadnet-firmware-'));
    const commands = codeBlocks(page).find((b) => b.language === 'sh' && b.code.includes('vdp.h'))!.code;
    for (const line of commands.split('\n').filter((l) => l.startsWith('dyadnet '))) {
      const args = line
        .split(' ')
        .slice(1)
        .map((a) => a.replace('../shared/data', sharedPath('.')));
      expect(dyadnet(args, { cwd: folder }).code, line).toBe(0);
    }
    const program = codeBlocks(page).find((b) => b.language === 'c')!.code;
    const run = compileC(compiler, { 'main.c': `${program}\n`, 'vdp.h': readFileSync(join(folder, 'vdp.h'), 'utf8') });
    const { network } = decodeNetwork(new Uint8Array(readFileSync(join(folder, 'vdp.dyad'))));
    expect(run('').trim().split('\n').map(Number)).toEqual(network.evaluate([1, -0.5, 0]).map((v) => v.toNumber()));
  },
);
