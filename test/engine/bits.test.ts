import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BitKernels, type Coding, type CoreBuild, codePlaces, codeWord, theta } from '../../src/engine/index.ts';
import { tools } from '../../src/engine/tools.ts';
import { InputError } from '../../src/exact/index.ts';
import { Random } from '../support/engineCases.ts';

/** The definition, on bigints. */
function wordOf(bits: readonly number[], coding: Coding): bigint {
  if (coding === 'gray') {
    let v = 0n;
    let last = 0;
    for (const d of bits) {
      last ^= d;
      v = 2n * v + BigInt(last);
    }
    return v;
  }
  if (coding === 'binary') return bits.reduce((v, d) => 2n * v + BigInt(d), 0n);
  const s = coding === 'base4' ? 1 : coding.digits;
  let word = 0n;
  for (let i = 0; i < bits.length; i += s) {
    let v = 0n;
    for (let k = i; k < i + s; k++) v = 2n * v + BigInt(bits[k] ?? 0);
    word = word * 2n ** BigInt(s + 1) + 2n * v;
  }
  return word;
}

const codings: Coding[] = ['binary', 'gray', 'base4', { digits: 2 }, { digits: 3 }, { digits: 7 }];
const builds: [string, () => CoreBuild][] = [
  ['SIMD', () => 'simd'],
  ['scalar', () => 'scalar'],
  ['assertions alive', () => readFileSync(new URL('../../build/tools-debug.wasm', import.meta.url))],
];

describe.each(builds)('bit kernels, %s', (_, build) => {
  test('every word of up to 10 bits, in every coding', async () => {
    const kernels = await BitKernels.create(build());
    for (const coding of codings) {
      for (let m = 1; m <= 10; m++) {
        const source = Uint8Array.from({ length: m << m }, (_, k) => ((k / m) >> (m - 1 - (k % m))) & 1);
        const code = kernels.encode(source, m, coding);
        for (let r = 0; r < 1 << m; r++)
          expect(codeWord(code, r)).toBe(wordOf([...source.subarray(r * m, (r + 1) * m)], coding));
        expect(kernels.extract(code)).toEqual(source);
      }
    }
  });

  test('random words of up to 4096 bits: encoded, extracted and put together as bigints say', async () => {
    const kernels = await BitKernels.create(build());
    const random = new Random(9);
    for (const m of [15, 16, 17, 31, 32, 33, 47, 64, 100, 1024, 4095, 4096]) {
      for (const coding of codings) {
        const rows = 3;
        const source = Uint8Array.from({ length: rows * m }, () => random.below(2));
        const code = kernels.encode(source, m, coding);
        expect(code.places).toBe(codePlaces(m, coding));
        expect(kernels.extract(code)).toEqual(source);
        const together = kernels.assemble(code);
        for (let r = 0; r < rows; r++) {
          const bits = [...source.subarray(r * m, (r + 1) * m)];
          expect(codeWord(code, r)).toBe(wordOf(bits, coding));
          expect(codeWord(together, r)).toBe(wordOf(bits, 'binary'));
          expect(theta(code, r).mantissaAt(code.places)).toBe(wordOf(bits, coding));
        }
      }
    }
  });
});

test('rows in parts, and what is refused', async () => {
  const kernels = await BitKernels.create();
  const random = new Random(2);
  const source = Uint8Array.from({ length: 40 * 20_000 }, () => random.below(2));
  expect(Buffer.compare(kernels.extract(kernels.encode(source, 40, 'gray')), source)).toBe(0);
  expect(() => kernels.encode(Uint8Array.of(0, 1, 2), 3)).toThrow('encode, row 1: expected bits 0 and 1, got 2');
  expect(() => kernels.encode(Uint8Array.of(0, 1), 3)).toThrow(InputError);
  expect(() => kernels.encode(Uint8Array.of(0, 1), 0)).toThrow(InputError);
  expect(() => kernels.encode(Uint8Array.of(0, 1), 2, { digits: 0 })).toThrow(/coding digits/);
});

test.each(['simd', 'scalar'] as const)('the %s build says what it is', async (build) => {
  expect((await tools(build)).typed.describe()).toBe(build);
});
