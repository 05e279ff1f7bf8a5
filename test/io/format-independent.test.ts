/** docs/format.md is enough: a reader written from it alone reads what the library writes, and its example is the file it says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Dyadic, Interval } from '../../src/exact/index.ts';
import { crc32 } from '../../src/io/format-checksum.ts';
import type { PaletteChoice } from '../../src/io/format-palette.ts';
import { RangeReader } from '../../src/io/format-range.ts';
import { RangeWriter } from '../../src/io/format-range-write.ts';
import { predicted, type Run, Sequence, SequenceCoder, UNLIMITED } from '../../src/io/format-sequence.ts';
import { plus, type Whole } from '../../src/io/format-whole.ts';
import { decodeNetwork, type Entry, encodeNetwork, type NetworkFile } from '../../src/io/index.ts';
import { LayerBuilder, Network, padDepth, type Term } from '../../src/net/index.ts';
import { dyadic, network } from '../support/arbitrary.ts';
import { smallFiles } from '../support/hostile-dyad.ts';
import { PlainBits, PlainSequences, plainRead } from '../support/plainReader.ts';
import { type Random, seeded } from '../support/random.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/format.md'), 'utf8');
/** The code blocks of the page's section with this heading. */
const blocks = (heading: string): string[] =>
  [...(page.split(`## ${heading}\n`)[1] ?? '').split('\n## ')[0]!.matchAll(/```[a-z]*\n([\s\S]*?)```/g)].map((m) =>
    m[1]!.trim(),
  );
const [primer] = blocks('Meta section').map((text) => text.replaceAll('\n', '')) as [string];

/** What the second reader finds, as a network file. */
function read(bytes: Uint8Array): NetworkFile {
  const plain = plainRead(bytes, primer);
  const intrinsic = plain.intrinsic.map(
    ({ at: [layer, row, column] }): Entry => (column < 0 ? { layer, row } : { layer, row, column }),
  );
  const layers = plain.layers.map(({ inputs, scale, rows }, l) => {
    const builder = new LayerBuilder(inputs);
    rows.forEach(({ bias, terms }, i) => {
      const own = plain.intrinsic.filter(({ at }) => at[0] === l && at[1] === i);
      const value = (m: bigint, column: number): Dyadic => {
        const mark = own.find(({ at }) => at[2] === column);
        return mark ? Dyadic.of(mark.m, mark.e) : Dyadic.of(m, -scale);
      };
      const marked = own.filter(({ at }) => at[2] >= 0).map(({ at }): Term => [at[2], value(0n, at[2])]);
      builder.row(value(bias, -1), [...terms.map(([c, m]): Term => [c, Dyadic.of(m, -scale)]), ...marked]);
    });
    return builder.build();
  });
  const domain = plain.domain?.map(([a, b, c, d]) => Interval.of(Dyadic.of(a!, Number(b)), Dyadic.of(c!, Number(d))));
  return {
    network: new Network(layers),
    ...(domain ? { domain } : {}),
    ...(plain.meta === undefined ? {} : { meta: JSON.parse(plain.meta) }),
    ...(intrinsic.length > 0 ? { intrinsic } : {}),
  };
}

function agree(bytes: Uint8Array): void {
  const [a, b] = [read(bytes), decodeNetwork(bytes)];
  expect(a.network.equals(b.network)).toBe(true);
  expect({ ...a, network: 0 }).toEqual({ ...b, network: 0 });
}

test('two readers, one file', () => {
  for (const [name, bytes] of Object.entries(smallFiles())) if (name !== 'bundle') agree(bytes);
  fc.assert(
    fc.property(network({ weight: dyadic(70), maxDepth: 6, maxWidth: 8 }), (net) =>
      agree(encodeNetwork({ network: net })),
    ),
    { numRuns: 60 },
  );
});

test('two readers of networks that use every coding', () => {
  const random = seeded(4);
  const rows = (inputs: number, outputs: number, term: (i: number, j: number) => number): LayerBuilder => {
    const layer = new LayerBuilder(inputs);
    for (let i = 0; i < outputs; i++) {
      const terms = Array.from({ length: inputs }, (_, j): Term => [j, term(i, j)]);
      layer.row(random.whole(-1000, 1000) / 64, terms);
    }
    return layer;
  };
  const nets = [
    rows(40, 40, () => random.whole(0, 1)),
    rows(30, 30, (i, j) => ((i + j) % 7 === 0 ? random.whole(-4, 4) : (i % 3) - 1)),
    rows(25, 25, (i, j) => (j % 5) + (i % 4 === j % 4 ? random.whole(0, 3) : 0)),
    rows(20, 20, () => Math.fround(random.unit() - 0.5)),
    rows(64, 20, (_, j) => (j % 2 ? -1 : 1) * (((j >> 1) * 37) % 11)),
    rows(16, 300, (i, j) => (i * j) % 13),
  ].map((layer) => new Network([layer.build()]));
  for (const net of [...nets, padDepth(nets[3] as Network, 40)]) agree(encodeNetwork({ network: net }));
});

/** A sequence made of chance runs, in segments of chance lengths. */
function chanceRuns(random: Random): { x: Sequence; runs: Run[]; ends: number[] } {
  const x = new Sequence(1);
  const runs: Run[] = [];
  const whole = (bits: number): Whole => {
    const v = random.pick([-1n, 1n]) * (bits === 0 ? 0n : random.digits(bits));
    return bits < 53 ? Number(v) || 0 : v;
  };
  const palettes: PaletteChoice[] = [];
  const count = random.whole(1, 12);
  for (let r = 0; r < count; r++) {
    const kind = random.pick(['constant', 'values', 'palette', 'patches'] as const);
    const order = random.whole(0, 3);
    const distance = order === 0 ? 1 : random.pick([1, 1, 2, 3, 7, 20, runs[r - 1]?.distance ?? 1]);
    const length = random.pick([1, 2, 3, 8, 20, 20, 40, 60, runs[r - 1]?.length ?? 1]);
    const phases = random.pick([1, 1, 2, 5]);
    const base = { length, order, distance };
    const precision = random.pick([0, 0, 1, 3, 12]);
    // A value whose digits below the leading `precision` ones are all 0 or all 1.
    const value = (): Whole => {
      const bits = random.pick([0, 1, 2, 5, 9, 24, 40, 52, 62, 63, 64, 90, 300]);
      const low = precision === 0 || bits <= precision ? 0 : bits - precision;
      const head = BigInt(whole(bits - low));
      const fill = low > 0 ? random.pick([0n, (1n << BigInt(low)) - 1n]) : 0n;
      const v = (head << BigInt(low)) + (head < 0n ? -fill : fill);
      return v > -(2n ** 53n) && v < 2n ** 53n ? Number(v) || 0 : v;
    };
    const run = ((): Run => {
      if (kind === 'constant') return { ...base, kind, value: value() };
      if (kind !== 'palette') return { ...base, kind, precision, phases };
      const last = palettes[palettes.length - 1];
      if (last && random.unit() < 0.4) return { ...base, kind, palette: last };
      const size = random.pick([1, 2, 2, 3, 4, 5, 11, 300]);
      const values = [random.whole(-50, 50)];
      while (values.length < size)
        values.push((values[values.length - 1] as number) + random.pick([1, 2, 1000, 2 ** 33]));
      palettes.push({ values, phases, look: [random.pick([0, 0, 1, 3, 25]), random.pick([0, 0, 1, 2])] });
      return { ...base, kind, palette: palettes[palettes.length - 1] as PaletteChoice };
    })();
    runs.push(run);
    for (let i = 0; i < length; i++) {
      const p = predicted(x, x.length, order, distance);
      if (run.kind === 'constant') x.push(plus(p, run.value));
      else if (run.kind === 'palette') x.push(plus(p, random.pick(run.palette.values)));
      else if (run.kind === 'values') x.push(plus(p, value()));
      else x.push(random.unit() < 0.3 ? value() : p);
    }
  }
  const ends: number[] = [];
  for (let at = 0; at < x.length; ) {
    at = Math.min(at + random.pick([1, 2, 7, 20, 60, runs[0]?.length ?? 1]), x.length);
    ends.push(at);
  }
  return { x, runs, ends };
}

test('whatever runs a writer chooses, both readers find the sequence', () => {
  const random = seeded(99);
  for (let k = 0; k < 600; k++) {
    const sequences = [chanceRuns(random), chanceRuns(random)];
    const writer = new RangeWriter();
    const write = new SequenceCoder(writer, UNLIMITED);
    for (const { x, runs, ends } of sequences) write.sequence(x, x.length, ends, runs);
    const bytes = writer.finish();
    const reader = new RangeReader(bytes, 0, bytes.length);
    const library = new SequenceCoder(reader, UNLIMITED);
    const plain = new PlainSequences(new PlainBits(bytes));
    for (const { x, ends } of sequences) {
      const back = new Sequence(1);
      library.sequence(back, x.length, ends);
      const wanted = Array.from({ length: x.length }, (_, i) => x.get(i));
      expect(Array.from({ length: back.length }, (_, i) => back.get(i))).toEqual(wanted);
      expect(plain.read(x.length, ends)).toEqual(wanted.map(BigInt));
    }
    reader.finish();
  }
});

test('the worked example is the file it says, byte by byte', () => {
  const [dump, content] = blocks('Worked example').map((text) => text.replace(/ *;.*$/gm, '')) as [string, string];
  const hex = dump.replace(/\s+/g, '');
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (b) => Number.parseInt(b, 16));
  expect(new DataView(bytes.buffer).getUint32(bytes.length - 4, true)).toBe(crc32(bytes, 0, bytes.length - 4));
  const first = new LayerBuilder(1);
  first.unit(0, [0, 1]);
  first.unit(-0.5, [0, 1]);
  const second = new LayerBuilder(2);
  second.unit(0, [0, 2], [1, -4]);
  const file = {
    network: new Network([first.build(), second.build()]),
    domain: [Interval.of(0, 1)],
    meta: { name: 'hat' },
  };
  expect(Buffer.from(encodeNetwork(file)).toString('hex')).toBe(hex);
  const back = decodeNetwork(bytes);
  expect(back.network.equals(file.network)).toBe(true);
  expect(back.meta).toEqual(file.meta);
  agree(bytes);
  const log: string[] = [];
  plainRead(bytes, primer, log);
  expect(log).toEqual(content.split('\n'));
});
