/** The JSON export: the same content, exact, for people. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Dyadic, InputError, Interval } from '../../src/exact/index.ts';
import { encodeNetwork, fromJson, type NetworkFile, toJson } from '../../src/io/index.ts';
import { LayerBuilder, Network, padDepth } from '../../src/net/index.ts';
import { dyadic, float64, network } from '../support/arbitrary.ts';

function sample(): NetworkFile {
  const a = new LayerBuilder(2);
  a.row(-0.25, [
    [0, 1],
    [1, Dyadic.of(3n, -60)],
  ]);
  a.row(0, []);
  const b = new LayerBuilder(2);
  b.row(Dyadic.of((1n << 80n) + 1n), [[1, -0.375]]);
  return {
    network: new Network([a.build(), b.build()]),
    domain: [Interval.of(0, 1), Interval.of(Dyadic.of(-1n, -70), 2)],
    meta: { target: 'x', name: 'n' },
    intrinsic: [
      { layer: 0, row: 1, column: 0 },
      { layer: 1, row: 0 },
    ],
  };
}

test('reads as it was meant to read', () => {
  expect(toJson(sample())).toBe(`{
"dyadnet": 1,
"meta": {"name":"n","target":"x"},
"domain": [[0, 1], ["-1*2^-70", 2]],
"intrinsic": [{"layer": 0, "row": 1, "column": 0}, {"layer": 1, "row": 0}],
"layers": [
{"inputs": 2, "rows": [
{"bias": -0.25, "from": [0, 1], "weight": [1, "3*2^-60"]},
{"bias": 0, "from": [], "weight": []}
]},
{"inputs": 2, "rows": [
{"bias": "1208925819614629174706177", "from": [1], "weight": [-0.375]}
]}
]
}
`);
});

function returns(file: NetworkFile): void {
  const text = toJson(file);
  const back = fromJson(text);
  expect(back.network.equals(file.network)).toBe(true);
  expect(back.domain).toEqual(file.domain);
  expect(back.meta).toEqual(file.meta);
  expect(toJson(back)).toBe(text);
  expect(encodeNetwork(back)).toEqual(encodeNetwork(file));
}

test('there and back is the same file', () => {
  returns(sample());
  fc.assert(
    fc.property(network({ weight: dyadic(70) }), (net) => returns({ network: net })),
    { numRuns: 40 },
  );
  const floats = fc.array(float64(), { minLength: 1, maxLength: 8 }).map((values) => {
    const layer = new LayerBuilder(values.length);
    for (const v of values) layer.unit(v, [0, v]);
    return new Network([layer.build()]);
  });
  fc.assert(
    fc.property(floats, (net) => returns({ network: net })),
    { numRuns: 40 },
  );
  returns({ network: padDepth(sample().network, 500) });
});

test('a JSON number stands only for what its digits say', () => {
  const values = fc.oneof(
    dyadic(60),
    float64().map((v) => Dyadic.from(v)),
  );
  fc.assert(
    fc.property(values, (x) => {
      const layer = new LayerBuilder(1);
      layer.unit(x, [0, 1]);
      const text = /"bias": ("[^"]*"|[^,]*)/.exec(toJson({ network: new Network([layer.build()]) }))?.[1] as string;
      const digits = text.startsWith('"') ? (JSON.parse(text) as string) : text;
      expect(Dyadic.parse(digits).eq(x)).toBe(true);
    }),
  );
});

const edit = (from: string | RegExp, to: string) => () => fromJson(toJson(sample()).replace(from, to));

test.each([
  ['no JSON', () => fromJson('{"dyadnet": 1,'), 'network JSON: expected JSON text'],
  ['a list', () => fromJson('[]'), 'network JSON: expected an object'],
  [
    'another version',
    edit('"dyadnet": 1', '"dyadnet": 2'),
    'network JSON: dyadnet: expected the format version 1, got 2',
  ],
  [
    'an unknown field',
    edit('"meta"', '"mata"'),
    'expected the fields dyadnet, meta, domain, intrinsic, layers, got "mata"',
  ],
  ['no layers', () => fromJson('{"dyadnet": 1}'), 'layers: expected a list, got undefined'],
  ['an empty network', () => fromJson('{"dyadnet": 1, "layers": []}'), 'Network: expected 1..1048576 layers, got 0'],
  ['0.1', edit('-0.375', '0.1'), 'layers[1].rows[0].weight[0]: expected a number with an exact short decimal'],
  ['1/3', edit('-0.375', '"1/3"'), 'layers[1].rows[0].weight[0]: expected a number'],
  ['null', edit('-0.375', 'null'), 'expected a number or text such as "3*2^-60", got null'],
  ['a column too far', edit('"from": [1]', '"from": [2]'), 'layers[1].rows[0].from[0]: expected a unit 0..1'],
  ['a column of -1', edit('"from": [1]', '"from": [-1]'), 'expected a unit 0..1 of the layer below, got -1'],
  ['too few weights', edit('[1, "3*2^-60"]', '[1]'), 'layers[0].rows[0]: expected as many weights'],
  [
    'layers that do not fit',
    edit('{"inputs": 2, "rows": [\n{"bias": "12', '{"inputs": 3, "rows": [\n{"bias": "12'),
    'inputs',
  ],
  ['no inputs', edit('"inputs": 2', '"inputs": 0'), 'layers[0].inputs: expected a whole number in 1..16777216, got 0'],
  ['half an input', edit('"inputs": 2', '"inputs": 1.5'), 'in 1..16777216, got 1.5'],
  ['a domain too short', edit('[[0, 1], ', '['), 'domain: expected 2 intervals [lo, hi], got 1'],
  ['a domain upside down', edit('[0, 1]', '[1, 0]'), 'domain[0]: expected a lower end below the upper end'],
  ['a mark outside', edit('"row": 1, "column": 0', '"row": 1, "column": 2'), 'layer 0, row 1, column 2'],
  ['meta that is text', edit(/"meta": {.*}/, '"meta": "x"'), 'meta: expected a plain object'],
  ['an exponent beyond all bounds', edit('-0.375', '"1*2^-9999999"'), 'layers[1].rows[0].weight[0]: the exponent'],
] as const)('%s is refused by name', (_, read, message) => {
  expect(read).toThrow(InputError);
  expect(read).toThrow(message);
});

test('one fine weight among many does not take gigabytes', () => {
  const rows = Array.from({ length: 20_000 }, () => '{"bias": 1}').join(',');
  const text = `{"dyadnet": 1, "layers": [{"inputs": 1, "rows": [${rows}, {"bias": "1*2^-1000000"}]}]}`;
  expect(() => fromJson(text)).toThrow('layers[0]: expected mantissas of at most 8589934592 bits in all');
});
