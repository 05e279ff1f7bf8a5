/** Network files from strangers: damage, lies about lengths, bombs. One sentence, little memory, little time. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/exact/index.ts';
import { crc32 } from '../../src/io/format-checksum.ts';
import { RangeWriter } from '../../src/io/format-range-write.ts';
import { type Run, Sequence, SequenceCoder, UNLIMITED } from '../../src/io/format-sequence.ts';
import { decodeBundle, decodeNetwork, encodeNetwork, type NetworkFile, sharedDecoder } from '../../src/io/index.ts';
import { identity, padDepth } from '../../src/net/index.ts';
import { fuzzFiles, resealed, smallFiles } from '../support/hostile-dyad.ts';

const files = Object.entries(smallFiles());

function outcome(bytes: Uint8Array): readonly NetworkFile[] | InputError {
  try {
    return decodeBundle(bytes);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

describe('damage', () => {
  test.each(files)('%s: cut short anywhere', (_, bytes) => {
    const whole = decodeBundle(bytes);
    for (let n = 0; n < bytes.length; n++) {
      expect(() => decodeBundle(bytes.subarray(0, n))).toThrow(InputError);
      // With a checksum that fits the shorter file its sections end too early, unless whole sections are missing.
      const shorter = outcome(resealed(bytes.subarray(0, n)));
      if (shorter instanceof InputError) continue;
      expect(shorter.length < whole.length || (whole[0]?.meta && !shorter[0]?.meta)).toBeTruthy();
    }
  });

  test.each(files)('%s: every single bit flipped', (_, bytes) => {
    const copy = bytes.slice();
    for (let i = 0; i < 8 * bytes.length; i++) {
      copy[i >> 3]! ^= 1 << (i & 7);
      expect(() => decodeBundle(copy)).toThrow(/^(not a )?network file/);
      copy[i >> 3]! ^= 1 << (i & 7);
    }
    expect(decodeBundle(copy).length).toBeGreaterThan(0);
  });

  test('thousands of damaged files with right checksums: a network or one sentence', () => {
    const { read, refused, wrong } = fuzzFiles(6000, 1, 1 << 20);
    expect(wrong).toEqual([]);
    expect(read + refused).toBe(6000);
    // Most damage is noticed although the checksum is right, and some gives another network.
    expect(refused).toBeGreaterThan(3000);
    expect(read).toBeGreaterThan(10);
  });

  test('what is no file at all', () => {
    for (const bytes of [
      new Uint8Array(0),
      new Uint8Array(9),
      new TextEncoder().encode('dyad'),
      Uint8Array.of(0x7f, 0x45),
    ]) {
      expect(() => decodeNetwork(bytes)).toThrow(InputError);
    }
    expect(() => decodeNetwork('dyad' as never)).toThrow('network file: expected a Uint8Array, got "dyad"');
    const later = encodeNetwork({ network: identity(1) });
    later[4] = 2;
    expect(() => decodeNetwork(resealed(later))).toThrow('network file: version 2 is not known here (only 1 is)');
  });

  test('sections missing, twice, unknown, or longer than what they hold', () => {
    const bytes = files.find(([name]) => name === 'simple')![1];
    const body = [...bytes.subarray(0, -4)];
    const sealed = (content: number[]): Uint8Array => resealed(Uint8Array.from([...content, 0, 0, 0, 0]));
    expect(decodeNetwork(sealed(body)).meta).toBeDefined();
    expect(() => decodeNetwork(sealed([...body, 0]))).toThrow('unknown section');
    expect(() => decodeNetwork(sealed([...body, ...body.slice(-40)]))).toThrow(InputError);
    const decoder = [...sharedDecoder(bytes)];
    const alone = (section: number[]): Uint8Array => sealed([...body.slice(0, 5), section.length, ...section]);
    expect(decodeNetwork(alone(decoder)).meta).toBeUndefined();
    for (const extra of [[0], [0, 0], [0, 0, 0, 0, 0], [1, 2, 3, 4, 5], [255, 255, 255, 255, 255]]) {
      expect(() => decodeNetwork(alone([...decoder, ...extra]))).toThrow(InputError);
    }
    // A section that ends too early is refused, or its last numbers become others.
    const { network } = decodeNetwork(bytes);
    for (let n = 0; n < decoder.length; n++) {
      const shorter = outcome(alone(decoder.slice(0, n)));
      if (!(shorter instanceof InputError)) expect(shorter[0]?.network.equals(network)).toBe(false);
    }
  });
});

/** A file whose network section is what `write` writes. */
function crafted(write: (coder: SequenceCoder) => void): Uint8Array {
  const c = new RangeWriter();
  write(new SequenceCoder(c, UNLIMITED));
  const section = c.finish();
  const length = section.length < 128 ? [section.length] : [(section.length & 127) | 128, section.length >> 7];
  const bytes = Uint8Array.from([0x64, 0x79, 0x61, 0x64, 1, ...length, ...section, 0, 0, 0, 0]);
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes, 0, bytes.length - 4), true);
  return bytes;
}

const constant = (length: number, value: number, order = 0): Run => ({
  kind: 'constant',
  length,
  value,
  order,
  distance: 1,
});
const runs = (coder: SequenceCoder, ...list: Run[]): void => {
  const length = list.reduce((n, run) => n + run.length, 0);
  coder.sequence(new Sequence(1), length, [length], list);
};

describe('lies and bombs: a few bytes that ask for gigabytes', () => {
  const bombs: Record<string, (coder: SequenceCoder) => void> = {
    '2^52 layers': (c) => {
      c.count(2 ** 52);
    },
    '2^20 layers of 2^24 units': (c) => {
      c.count(2 ** 20 - 1);
      runs(c, constant(2 ** 20 + 1, 2 ** 24 - 1));
      runs(c, constant(2 ** 20, 0));
      c.count(0);
      c.count(0);
    },
    'a width of 2^32': (c) => {
      c.count(0);
      runs(c, constant(2, 2 ** 32));
    },
    '2^24 x 2^24 cells': (c) => {
      c.count(0);
      runs(c, constant(2, 2 ** 24 - 1));
      runs(c, constant(1, 0));
      c.count(0);
      c.count(0);
      runs(c, constant(2 ** 24, 0));
    },
    '2^28 cells': (c) => {
      c.count(0);
      runs(c, constant(2, 2 ** 14 - 1));
      runs(c, constant(1, 0));
      c.count(0);
      c.count(0);
      runs(c, constant(2 ** 14, 0));
    },
    '2^50 marks': (c) => {
      c.count(0);
      runs(c, constant(2, 0));
      runs(c, constant(1, 0));
      c.count(0);
      c.count(2 ** 50);
    },
    'a domain of 2^24 intervals': (c) => {
      c.count(0);
      runs(c, constant(1, 2 ** 24 - 1), constant(1, 0));
      runs(c, constant(1, 0));
      c.count(1);
    },
    'mantissas that grow by a power of two each': (c) => {
      c.count(0);
      runs(c, constant(1, 0), constant(1, 2 ** 20 - 1));
      runs(c, constant(1, 0));
      c.count(0);
      c.count(0);
      runs(c, constant(2 ** 20, 1));
      // x_j = 2 x_(j-1) - x_(j-2) + s with s of 2^19 digits.
      const s = 1n << BigInt(2 ** 19);
      runs(c, { kind: 'constant', length: 2 ** 20, order: 2, distance: 1, value: s });
    },
    'a mantissa of 2^40 digits': (c) => {
      c.count(0);
      runs(c, constant(2, 0));
      runs(c, constant(1, 0));
      c.count(0);
      c.count(0);
      runs(c, constant(1, 1));
      runs(c, { kind: 'constant', length: 1, order: 0, distance: 1, value: 1n << BigInt(2 ** 21) });
    },
  };

  test.each(Object.entries(bombs))('%s', (_, write) => {
    const bytes = crafted(write);
    expect(bytes.length).toBeLessThan(300_000);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decodeNetwork(bytes, { memory: 1 << 26 })).toThrow(InputError);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 27);
    expect(() => decodeNetwork(bytes)).toThrow(InputError);
  });

  test('many palettes and models with the most counters: memory is charged for each', () => {
    const bytes = crafted((c) => {
      c.count(0);
      runs(c, constant(1, 0), constant(1, 2 ** 20 - 1));
      runs(c, constant(1, 0));
      c.count(0);
      c.count(0);
      const list = Array.from(
        { length: 2000 },
        (): Run => ({ kind: 'values', length: 1, order: 0, distance: 1, precision: 0, phases: 1 << 10 }),
      );
      const x = new Sequence(1);
      for (let i = 0; i < 2 ** 20; i++) x.push(1);
      c.sequence(x, 2 ** 20, [2 ** 20], [...list, constant(2 ** 20 - 2000, 1)]);
    });
    expect(bytes.length).toBeLessThan(5000);
    expect(() => decodeNetwork(bytes, { memory: 1 << 27 })).toThrow(
      'decodes within 134217728 bytes of memory, got "a larger one"',
    );
  });

  test('a bundle of many copies: memory is charged for each', () => {
    const marked: NetworkFile = { network: padDepth(identity(4), 500), intrinsic: [{ layer: 0, row: 0 }] };
    const one = encodeNetwork(marked);
    const item = [...one.subarray(5 + 1 + one[5]!, -4)];
    const head = [...one.subarray(0, 5 + 1 + one[5]!)];
    const bytes = resealed(
      Uint8Array.from([...head, ...Array.from({ length: 30_000 }, () => item).flat(), 0, 0, 0, 0]),
    );
    expect(() => decodeBundle(bytes)).toThrow('bytes of memory');
    expect(decodeBundle(resealed(Uint8Array.from([...head, ...item, ...item, 0, 0, 0, 0])))).toHaveLength(2);
  });

  test('the limit can be set lower and higher', () => {
    const bytes = encodeNetwork({ network: padDepth(identity(3), 2000) });
    expect(() => decodeNetwork(bytes, { memory: 1 << 20 })).toThrow(
      'network file: expected a network that decodes within 1048576 bytes of memory, got "a larger one"',
    );
    expect(decodeNetwork(bytes, { memory: 1 << 24 }).network.depth).toBe(2000);
  });
});
