/** The network file: round trips over every kind of network, determinism, what it costs, and shared decoders. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dyadic, InputError, Interval } from '../../src/exact/index.ts';
import {
  decodeBundle,
  decodeNetwork,
  type Entry,
  encodeBundle,
  encodeNetwork,
  type NetworkFile,
  sharedDecoder,
} from '../../src/io/index.ts';
import { identity, LayerBuilder, makeLayer, Network, padDepth, stack, type Term } from '../../src/net/index.ts';
import { dyadic, network } from '../support/arbitrary.ts';
import { layer, returns } from '../support/files.ts';
import { seeded } from '../support/random.ts';

describe('round trip', () => {
  test('random networks with domain and meta', () => {
    const file = network({ weight: dyadic(20) }).chain((net) =>
      fc.record({
        network: fc.constant(net),
        domain: fc.array(dyadic(12), { minLength: 2 * net.inputs, maxLength: 2 * net.inputs }).map((ends) =>
          Array.from({ length: net.inputs }, (_, i) => {
            const [a, b] = [ends[2 * i] as Dyadic, ends[2 * i + 1] as Dyadic];
            return Interval.of(a.min(b), a.max(b));
          }),
        ),
        meta: fc
          .dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true })
          .map((meta) => JSON.parse(JSON.stringify(meta)) as Record<string, unknown>),
      }),
    );
    fc.assert(
      fc.property(file, (f) => void returns(f)),
      { numRuns: 100 },
    );
  });

  test('sparse, dense and many-layered random networks', () => {
    const shape = { maxDepth: 12, maxWidth: 12 };
    fc.assert(
      fc.property(network({ ...shape, weight: dyadic(2) }), (net) => void returns({ network: net })),
      { numRuns: 25 },
    );
    fc.assert(
      fc.property(network({ ...shape, weight: dyadic(200) }), (net) => void returns({ network: net })),
      { numRuns: 25 },
    );
  });

  test('empty rows, zero layers, scales below zero', () => {
    returns({ network: layer(3, [[0], [1], [0, [2, 4]], [0]]) });
    returns({ network: layer(1, [[0]]) });
    returns({ network: layer(2, [[64, [0, 128], [1, -192]]]) });
    returns({ network: layer(1, [[Dyadic.pow2(1 << 20), [0, Dyadic.pow2((1 << 20) - 3)]]]) });
    returns({ network: layer(1, [[Dyadic.pow2(-(1 << 20)), [0, Dyadic.pow2(-(1 << 20) + 77)]]]) });
    returns({ network: layer(1, [[Dyadic.pow2(-(1 << 20) + 1), [0, Dyadic.ONE]]]) });
  });

  test('mantissas of 10^5 bits, with and without regularity', () => {
    const random = seeded(5);
    let m = 1n;
    for (let i = 0; i < 3200; i++) m = (m << 32n) | BigInt(random.whole(0, 0xffffffff));
    const values = [m, -m, m + 1n, (1n << 100000n) - 1n, -(1n << 99999n), 3n, (m << 7n) - 1n].map((v) => Dyadic.of(v));
    const rows = values.map((v, i): [Dyadic, ...Term[]] => [v, [i, values[(i + 1) % values.length] as Dyadic]]);
    returns({ network: layer(values.length, rows) });
    const linear = Array.from({ length: 50 }, (_, i): [Dyadic] => [Dyadic.of(m + BigInt(i) * 12345n)]);
    expect(returns({ network: layer(1, linear) }).length).toBeLessThan(12_800 + 100);
  });

  test('numbers around 2^31, 2^32 and 2^53, where representations change', () => {
    const values = [31, 32, 53, 54, 63, 64].flatMap((k) => [-1n, 0n, 1n].map((d) => (1n << BigInt(k)) + d));
    const all = values.flatMap((v) => [v, -v]).map((v) => Dyadic.of(v));
    returns({
      network: layer(
        1,
        all.map((v) => [v, [0, v]]),
      ),
    });
    returns({ network: layer(all.length, [[1, ...all.map((v, j): Term => [j, v])]]) });
    // Differences of neighbours that leave the safe integers, up and down.
    returns({
      network: layer(
        1,
        all.map((v, i) => [i % 2 ? v : v.neg()]),
      ),
    });
  });

  test('depth 5000 and width 10^5 cost bytes, not kilobytes', () => {
    const deep = padDepth(stack(identity(2), identity(1)), 5000);
    expect(returns({ network: deep }).length).toBeLessThan(60);
    const wide = new LayerBuilder(1);
    for (let i = 0; i < 100_000; i++) wide.unit(-i / 131072, [0, 1]);
    const out = new LayerBuilder(100_000);
    out.row(
      0,
      Array.from({ length: 100_000 }, (_, i): Term => [i, (i % 3) - 1.5]),
    );
    expect(returns({ network: new Network([wide.build(), out.build()]) }).length).toBeLessThan(50);
  });

  test('10^7 structured weights', () => {
    const [rows, columns] = [1000, 10_000];
    const net = new Network([
      makeLayer({
        inputs: columns,
        outputs: rows,
        scale: 3,
        rowStart: Uint32Array.from({ length: rows + 1 }, (_, i) => i * columns),
        column: Uint32Array.from({ length: rows * columns }, (_, k) => k % columns),
        weight: Int32Array.from(
          { length: rows * columns },
          (_, k) => 7 * (k % columns) + 3 * Math.floor(k / columns) + 1,
        ),
        bias: new Int32Array(rows),
      }),
    ]);
    const bytes = encodeNetwork({ network: net });
    expect(bytes.length).toBeLessThan(50);
    expect(decodeNetwork(bytes).network.equals(net)).toBe(true);
  });
});

describe('intrinsic entries', () => {
  /** A network whose marked entries hold these values, zeros included. */
  const member = (values: readonly Dyadic[]): NetworkFile => {
    const [a, b, c] = values as [Dyadic, Dyadic, Dyadic];
    const first = new LayerBuilder(2);
    first.row(0.5, [[0, a]]);
    first.row(b, [
      [0, 1],
      [1, -3],
    ]);
    const second = new LayerBuilder(2);
    second.row(0, [
      [0, 1],
      [1, c],
    ]);
    const intrinsic: Entry[] = [
      { layer: 0, row: 0, column: 0 },
      { layer: 0, row: 1 },
      { layer: 1, row: 0, column: 1 },
    ];
    return {
      network: new Network([first.build(), second.build()]),
      domain: [Interval.of(0, 1), Interval.of(0, 1)],
      intrinsic,
    };
  };
  const values = fc.array(fc.oneof(dyadic(30), dyadic(3000), fc.constant(Dyadic.ZERO)), { minLength: 3, maxLength: 3 });

  test('the shared decoder is the same bytes whatever the values, and all come back', () => {
    const decoder = sharedDecoder(encodeNetwork(member([Dyadic.ONE, Dyadic.ONE, Dyadic.ONE])));
    fc.assert(
      fc.property(values, (v) => {
        const file = member(v);
        const bytes = encodeNetwork(file);
        expect(sharedDecoder(bytes)).toEqual(decoder);
        const back = decodeNetwork(bytes);
        expect(back.network.equals(file.network)).toBe(true);
        expect(back.intrinsic).toEqual(file.intrinsic);
        expect(encodeNetwork(back)).toEqual(bytes);
      }),
    );
  });

  test('random networks with random marks', () => {
    const marked = network({ weight: dyadic(10) }).chain((net) => {
      const all = net.layers.flatMap(({ inputs, outputs }, layer) =>
        Array.from({ length: outputs }, (_, row): Entry[] => [
          { layer, row },
          ...Array.from({ length: inputs }, (_, column) => ({ layer, row, column })),
        ]).flat(),
      );
      return fc.subarray(all, { minLength: 1 }).map((intrinsic) => ({ network: net, intrinsic }));
    });
    fc.assert(
      fc.property(marked, (file) => {
        const back = decodeNetwork(encodeNetwork(file));
        expect(back.network.equals(file.network)).toBe(true);
        expect(back.intrinsic).toEqual(file.intrinsic);
      }),
    );
  });

  test('a bundle stores the decoder once and gives every network back', () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 2, maxLength: 8 }), (many) => {
        const files = many.map((v, i): NetworkFile => (i % 2 ? member(v) : { ...member(v), meta: { name: `f${i}` } }));
        const bytes = encodeBundle(files);
        const back = decodeBundle(bytes);
        expect(back.length).toBe(files.length);
        back.forEach((file, i) => {
          expect(file.network.equals(files[i]!.network)).toBe(true);
          expect(file.meta).toEqual(files[i]!.meta);
        });
        expect(sharedDecoder(bytes)).toEqual(sharedDecoder(encodeNetwork(files[0]!)));
        expect(encodeBundle(back)).toEqual(bytes);
        expect(() => decodeNetwork(bytes)).toThrow(/one network \(this is a bundle/);
      }),
      { numRuns: 40 },
    );
  });

  test('intrinsic values of extreme exponents', () => {
    const value = (v: Dyadic, w: Dyadic): NetworkFile => {
      const l = new LayerBuilder(1);
      l.row(v, [[0, w]]);
      return { network: new Network([l.build()]), intrinsic: [{ layer: 0, row: 0 }] };
    };
    const far = 1 << 20;
    for (const [v, w] of [
      [Dyadic.pow2(-far), Dyadic.pow2(-1)],
      [Dyadic.pow2(far), Dyadic.pow2(far)],
      [Dyadic.pow2(far - 9), Dyadic.pow2(8)],
      [Dyadic.of(3n, far), Dyadic.pow2(far - 5)],
    ] as const) {
      const file = value(v, w);
      expect(decodeNetwork(encodeNetwork(file)).network.equals(file.network)).toBe(true);
    }
  });

  test('layers without marks are shared by all networks of a bundle', () => {
    const files = [1, 2, 3].map((v): NetworkFile => {
      const last = new LayerBuilder(1);
      last.row(0, [[0, v]]);
      return {
        network: new Network([...padDepth(identity(1), 50).layers, last.build()]),
        intrinsic: [{ layer: 50, row: 0, column: 0 }],
      };
    });
    const [a, b] = decodeBundle(encodeBundle(files)) as [NetworkFile, NetworkFile];
    for (let l = 0; l < 50; l++) expect(a.network.layers[l]).toBe(b.network.layers[l]);
  });

  test('what does not belong together is refused', () => {
    const one = member([Dyadic.ONE, Dyadic.ONE, Dyadic.ONE]);
    const none: NetworkFile = { network: one.network };
    const other = { ...one, domain: [Interval.of(0, 1), Interval.of(0, 2)] };
    expect(() => encodeBundle([])).toThrow('encodeBundle: expected at least one network, got "none"');
    expect(() => encodeBundle([none, none])).toThrow('expected networks with intrinsic entries');
    expect(() => encodeBundle([one, other])).toThrow('expected networks that differ in intrinsic entries only');
    expect(() => encodeNetwork({ ...one, domain: [Interval.of(0, 1)] })).toThrow('a domain of 2 intervals, got 1');
    const tiny = Interval.of(Dyadic.pow2(-(1 << 21)), 1);
    expect(() => encodeNetwork({ ...one, domain: [tiny, tiny] })).toThrow('ends of the domain of at most 1048576 bits');
    const marks = (intrinsic: readonly Entry[]) => () => encodeNetwork({ network: one.network, intrinsic });
    expect(marks([{ layer: 2, row: 0 }])).toThrow('layer 2, row 0 (bias)');
    expect(marks([{ layer: 0, row: 2 }])).toThrow(InputError);
    expect(marks([{ layer: 0, row: 0, column: 2 }])).toThrow('layer 0, row 0, column 2');
    expect(marks([{ layer: 0, row: 0.5 }])).toThrow(InputError);
    expect(
      marks([
        { layer: 0, row: 0 },
        { layer: 0, row: 0 },
      ]),
    ).toThrow('twice');
  });
});

describe('meta', () => {
  const net = identity(1);

  test('key order, undefined and -0 do not change the bytes', () => {
    const a = encodeNetwork({
      network: net,
      meta: { target: 'x', name: 'n', extra: { b: -0, a: [1, null] } },
    });
    const b = encodeNetwork({
      network: net,
      meta: { extra: { a: [1, null], b: 0 }, method: undefined as never, name: 'n', target: 'x' },
    });
    expect(a).toEqual(b);
    expect(decodeNetwork(a).meta).toEqual({ extra: { a: [1, null], b: 0 }, name: 'n', target: 'x' });
  });

  test('what JSON cannot hold is refused by name', () => {
    const refused =
      (meta: unknown): (() => unknown) =>
      () =>
        encodeNetwork({ network: net, meta: meta as never });
    expect(refused({ a: { b: Number.NaN } })).toThrow('meta.a.b: expected a finite number, got NaN');
    expect(refused({ a: [1, 2n] })).toThrow('meta.a[1]: expected text, a finite number');
    expect(refused({ f: () => 1 })).toThrow('got a function');
    expect(refused({ d: new Date(0) })).toThrow(InputError);
    expect(refused({ s: '\ud800' })).toThrow('well-formed Unicode');
    expect(refused([1])).toThrow('meta: expected a plain object');
    expect(refused({ long: 'x'.repeat(70_000) })).toThrow('at most 65536 bytes');
    let deep: unknown = 1;
    for (let i = 0; i < 50; i++) deep = [deep];
    expect(refused({ deep })).toThrow('at most 32 levels');
  });

  test('keys such as __proto__ stay plain data', () => {
    const meta = JSON.parse('{"__proto__":{"polluted":true},"constructor":"c"}') as Record<string, unknown>;
    const back = decodeNetwork(encodeNetwork({ network: net, meta })).meta!;
    expect(Object.keys(back)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.isFrozen(back)).toBe(true);
  });
});
