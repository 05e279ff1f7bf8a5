/** Network files from attackers: small files of every kind, damaged with their checksums made right again. */

import { Dyadic, InputError, Interval } from '../../src/exact/index.ts';
import { crc32 } from '../../src/io/format-checksum.ts';
import { decodeBundle, encodeBundle, encodeNetwork, type NetworkFile } from '../../src/io/index.ts';
import { LayerBuilder, Network, padDepth, type Term } from '../../src/net/index.ts';
import { damaged, dice } from './mutate.ts';
import { seeded } from './random.ts';

/** The bytes with the checksum that belongs to them. */
export function resealed(bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  if (out.length >= 4) new DataView(out.buffer).setUint32(out.length - 4, crc32(out, 0, out.length - 4), true);
  return out;
}

function network(...layers: LayerBuilder[]): Network {
  return new Network(layers.map((layer) => layer.build()));
}

/** Files that use constant runs, values, palettes with contexts, patches, phases, huge mantissas, meta, marks, bundles. */
export function smallFiles(): Record<string, Uint8Array> {
  const random = seeded(11);
  const interpolation = new LayerBuilder(1);
  const sum = new LayerBuilder(7);
  sum.row(
    0.25,
    [3, 5, -9, 4, 7, -6, 5].map((w, i): Term => [i, w / 16]),
  );
  for (const k of [0, 13, 29, 51, 70, 88, 109]) interpolation.unit(-k / 128, [0, 1]);
  const simple = network(interpolation, sum);

  const bits = new LayerBuilder(24);
  for (let i = 0; i < 24; i++) {
    bits.row(
      -i,
      Array.from({ length: 24 }, (_, j): Term => [j, random.whole(0, 1)]),
    );
  }
  const words = new LayerBuilder(40);
  for (let i = 0; i < 20; i++) {
    words.row(0, [[i, 1], ...Array.from({ length: 10 }, (_, j): Term => [20 + 2 * j, random.whole(-9, 9)])]);
    words.row(i % 3, [[20 + i, 1]]);
  }
  const huge = new LayerBuilder(2);
  huge.row(Dyadic.of(random.digits(700)), [[0, Dyadic.of(random.digits(300), -100)]]);
  huge.row(Dyadic.of(-3n, 200), [[1, Dyadic.of(random.digits(64))]]);
  const member = (v: number): NetworkFile => {
    const a = new LayerBuilder(1);
    a.unit(v, [0, 3]);
    const b = new LayerBuilder(1);
    b.unit(1, [0, v * v]);
    return {
      network: network(a, b),
      meta: { name: `member ${v}` },
      intrinsic: [
        { layer: 0, row: 0 },
        { layer: 1, row: 0, column: 0 },
      ],
    };
  };
  const meta = { method: 'interpolate', proved: { upper: '3*2^-12', witness: ['0.5'] }, target: 'sqrt(x)' };
  return {
    simple: encodeNetwork({ network: simple, domain: [Interval.of(0, 1)], meta }),
    deep: encodeNetwork({ network: padDepth(simple, 60) }),
    bits: encodeNetwork({ network: network(bits) }),
    words: encodeNetwork({ network: network(words) }),
    huge: encodeNetwork({ network: network(huge), domain: [Interval.of(-1, 1), Interval.of(0, Dyadic.pow2(-40))] }),
    intrinsic: encodeNetwork(member(5)),
    bundle: encodeBundle([member(0), member(-0.75), member(2 ** -30)]),
  };
}

/** A file whose network section begins as this one's, and goes on with chance bytes. */
function chance(bytes: Uint8Array, roll: (below: number) => number): Uint8Array {
  const kept = roll(Math.min(20, bytes[5] as number));
  const section = [...bytes.subarray(6, 6 + kept), ...Array.from({ length: 1 + roll(60) }, () => roll(256))];
  return resealed(Uint8Array.from([...bytes.subarray(0, 5), section.length, ...section, 0, 0, 0, 0]));
}

/** Decodes `count` damaged files; everything but a result or an InputError is reported. */
export function fuzzFiles(
  count: number,
  seed: number,
  memory: number,
): { read: number; refused: number; wrong: string[] } {
  const files = Object.entries(smallFiles());
  const roll = dice(seed);
  const out = { read: 0, refused: 0, wrong: [] as string[] };
  for (let i = 0; i < count; i++) {
    const [name, bytes] = files[i % files.length] as [string, Uint8Array];
    // Every fourth file is a network section of chance bytes: it reaches codings that no writer would choose.
    const copy = i % 4 === 3 ? chance(bytes, roll) : resealed(damaged(bytes, roll));
    try {
      decodeBundle(copy, { memory });
      out.read++;
    } catch (error) {
      if (error instanceof InputError && !error.message.includes('\n')) out.refused++;
      else out.wrong.push(`${name} ${i}: ${error}`);
    }
  }
  return out;
}
