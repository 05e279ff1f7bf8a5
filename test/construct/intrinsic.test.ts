/** Few intrinsic parameters [SYZ]: networks equal their formula, counts are the theorem's, decoders are shared. */
import { describe, expect, test } from 'vitest';
import {
  type IntrinsicDecoderOptions,
  type IntrinsicFit,
  intrinsic,
  intrinsicDecoder,
} from '../../src/construct/index.ts';
import { cellEnds } from '../../src/construct/intrinsicShape.ts';
import { Engine } from '../../src/engine/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, InputError, Interval, type Target } from '../../src/exact/index.ts';
import { decodeBundle, encodeBundle, encodeNetwork, sharedDecoder } from '../../src/io/index.ts';
import { evaluateAll } from '../../src/net/index.ts';
import { seeded } from '../support/random.ts';

const F: Record<number, Target> = {
  1: expressionTarget('sin(5*x) + x^2'),
  2: expressionTarget('sin(5*x1)*x2 - x2^2'),
  3: expressionTarget('x1*x2 + abs(x3 - 1/2)'),
};
const target = (d: number): Target => F[d] as Target;

const CASES: readonly (readonly [string, IntrinsicDecoderOptions])[] = [
  ['L^2, n = 5', { d: 1, n: 5, norm: 2 }],
  ['L^1, 2 bits a layer', { d: 1, n: 4, norm: 1, perLayer: 2 }],
  ['L^1.5, 3 bits a layer', { d: 1, n: 4, norm: 1.5, perLayer: 3 }],
  ['L^2, n = 1', { d: 1, n: 1, norm: 2 }],
  ['L^2, d = 2', { d: 2, n: 3, norm: 2 }],
  ['L^2, d = 2, rows cut across', { d: 2, n: 2, norm: 2, perLayer: 3 }],
  ['sup', { d: 1, n: 5 }],
  ['sup, shared words', { d: 1, n: 4, sharedWords: true, perLayer: 2 }],
  ['sup, d = 2', { d: 2, n: 2 }],
  ['sup, d = 2, shared words', { d: 2, n: 3, sharedWords: true }],
  ['sup, d = 3, shared words', { d: 3, n: 1, sharedWords: true }],
  ['L^1, d = 3', { d: 3, n: 2, norm: 1 }],
  ['another interval', { d: 1, n: 4, norm: 2, domain: [[-3, 0.5]] }],
  [
    'another box, sup',
    {
      d: 2,
      n: 2,
      domain: [
        [-1, 1],
        [0, 3],
      ],
    },
  ],
];
const made = CASES.map(([name, options]) => [name, options, intrinsicDecoder(options).fit(target(options.d))] as const);

/** Points anywhere, at borders, on ramps and at their ends, beside the box. */
function points(fit: IntrinsicFit, count: number, seed = 1): Dyadic[][] {
  const next = seeded(seed).unit;
  const { shape } = fit.decoder;
  const w = Dyadic.pow2(-shape.rampDigits);
  return Array.from({ length: count }, () =>
    shape.domain.map(({ lo, hi }, axis) => {
      const border = (shape.borders[axis] as Dyadic[])[Math.floor(next() * (shape.cells - 1))] as Dyadic;
      const kind = Math.floor(next() * 8);
      const inside = lo.add(hi.sub(lo).mul(Dyadic.from(next())));
      if (kind < 3) return inside;
      if (kind === 3) return next() < 0.5 ? lo : hi;
      if (kind === 4) return border.add(w.mul(Dyadic.from(Math.floor(next() * 4) - 2)));
      if (kind < 7) return border.sub(w.mul(Dyadic.from(3 * next() - 1)));
      return next() < 0.5 ? lo.sub(w) : hi.add(w);
    }),
  );
}

describe.each(made)('%s', (_, options, fit) => {
  const { shape } = fit.decoder;
  const { d, n, perLayer: s = 1 } = options;
  const sup = fit.norm === 'sup';
  const cells = 2 ** (n * d);

  test('has as many intrinsic numbers as the theorem says, and words of 2^(nd) bits', () => {
    const words = sup && !options.sharedWords ? 3 ** d * n : n;
    expect(fit.intrinsic.length).toBe(words + 2);
    expect(fit.intrinsic.filter(({ name }) => name.startsWith('a_')).map(({ bits }) => bits)).toEqual(
      new Array(words).fill(cells),
    );
    for (const { layer, row, column, value } of fit.intrinsic) {
      const at = fit.network.layers[layer]!;
      const k = column === undefined ? -1 : at.column.indexOf(column, at.rowStart[row]);
      const mantissa = column === undefined ? at.bias[row]! : at.weight[k]!;
      expect(Dyadic.of(BigInt(mantissa), -at.scale).eq(value)).toBe(true);
    }
  });

  test('has the stated depth and width', () => {
    const steps = Math.ceil(cells / s);
    expect(fit.network.depth).toBe(steps + 5 + (sup ? 1 + 3 * d : 0));
    expect(fit.network.depth).toBe(fit.decoder.depth);
    const ramps = (sup ? 3 : 1) * d * (2 ** n - 1);
    const words = fit.intrinsic.length - 2;
    const readers = sup ? 3 ** d : 1;
    if (s === 1 && steps > 3) {
      // A number and a pair for each word, A, two units an axis, the value found last, the sum.
      const scan = 3 * words + 1 + readers * (2 * d + 2);
      expect(fit.network.width).toBe(Math.max(ramps + words + 1, scan, sup ? 4 * readers : 0));
    }
    expect(shape.steps.length).toBe(steps);
  });

  test('formula, oracle and core agree at 1000 exact points', () => {
    const batch = points(fit, 1000, 2);
    const engine = Engine.createSync(fit.network);
    const out = engine.forwardExact(batch.flat());
    const oracle = evaluateAll(fit.network, batch);
    expect(batch.findIndex((_, r) => !out.at(r, 0).eq(oracle[r]![0]!))).toBe(-1);
    expect(batch.findIndex((x, r) => !fit.formula(x).eq(oracle[r]![0]!))).toBe(-1);
    for (const x of batch.slice(0, 10)) expect(fit.network.evaluate(x)[0]!.eq(fit.formula(x)), x.join()).toBe(true);
    engine.dispose();
  });

  test('its guarantee holds and is below the theorem', () => {
    expect(fit.guaranteed.le(fit.theorem.value)).toBe(true);
    const inside = points(fit, 300, 3).filter((x) => x.every((v, k) => shape.domain[k]!.contains(v)));
    const w = Dyadic.pow2(-shape.rampDigits);
    const volume = shape.domain.reduce((v, side) => v * side.width.toNumber(), 1);
    // In L^p the error off the ramps is what the guarantee makes of it.
    const bound = fit.guaranteed.toNumber() / (sup ? 1 : volume ** (1 / (fit.norm as number)));
    let worst = 0;
    for (const x of inside) {
      const ramp = x.some((v, k) => shape.borders[k]!.some((t) => v.lt(t) && v.gt(t.sub(w))));
      if (ramp && !sup) continue;
      const y = target(d).enclose(
        x.map((v) => Interval.of(v)),
        64,
      )!;
      worst = Math.max(worst, y.sub(Interval.of(fit.formula(x))).magnitude.toNumber());
    }
    expect(worst).toBeGreaterThan(bound / 20);
    expect(worst).toBeLessThanOrEqual(bound);
  });
});

test('the value of a cell is off by half a level at most', () => {
  const fit = intrinsic({ target: target(1), n: 6, norm: 1 });
  const { shape } = fit.decoder;
  for (let t = 0; t < 64; t++) {
    const [lo, hi] = cellEnds(shape, 0, t);
    const x = lo.add(hi).scale(-1);
    const y = target(1).enclose([Interval.of(x)], 64)!;
    const error = y.sub(Interval.of(fit.network.evaluate([x])[0]!)).magnitude;
    expect(error.le(fit.levels.rounding)).toBe(true);
  }
  expect(fit.levels.rounding.le(fit.levels.scale.scale(-7).mul(Dyadic.from(1.0001)))).toBe(true);
});

describe('one decoder, two targets', () => {
  const decoder = intrinsicDecoder({ d: 1, n: 5, norm: 2 });
  const fits = ['x^2', 'exp(-x)', 'abs(x - 1/3)', '3'].map((text) => decoder.fit(expressionTarget(text)));
  const files = fits.map(({ network, intrinsic }) => ({ network, intrinsic, domain: decoder.shape.domain }));

  test('networks share all layers but two, as objects', () => {
    const [f, g] = fits as [IntrinsicFit, IntrinsicFit];
    f.network.layers.forEach((layer, l) => {
      const own = l === 1 || l === f.network.depth - 1;
      expect(layer === g.network.layers[l]).toBe(!own);
    });
    expect(f.decoder).toBe(decoder);
  });

  test('only intrinsic entries differ', () => {
    const [f, g] = fits as [IntrinsicFit, IntrinsicFit];
    let different = 0;
    f.network.layers.forEach((layer, l) => {
      const other = g.network.layers[l]!;
      const marked = f.intrinsic.filter((e) => e.layer === l);
      const value = (at: typeof layer, row: number): Dyadic => Dyadic.of(BigInt(at.bias[row]!), -at.scale);
      for (let row = 0; row < layer.outputs; row++) {
        if (value(layer, row).eq(value(other, row))) continue;
        different++;
        expect(marked.some((e) => e.row === row && e.column === undefined)).toBe(true);
      }
    });
    expect(different).toBeGreaterThan(3);
  });

  test('files have the decoder byte for byte in common; a bundle holds it once', () => {
    const bytes = files.map(encodeNetwork);
    const first = sharedDecoder(bytes[0]!);
    for (const b of bytes) expect(sharedDecoder(b)).toEqual(first);
    expect(bytes[0]).not.toEqual(bytes[1]);
    const bundle = encodeBundle(files);
    const alone = bytes.reduce((sum, b) => sum + b.length, 0);
    expect(bundle.length).toBeLessThan(alone - 2.9 * first.length);
    decodeBundle(bundle).forEach((file, k) => {
      expect(file.network.equals(fits[k]!.network)).toBe(true);
    });
  });

  test('a constant has s = 0 and no error', () => {
    const fit = fits[3]!;
    expect(fit.network.evaluate([0.3])[0]!.toNumber()).toBe(3);
    expect(fit.guaranteed.isZero).toBe(true);
  });
});

test('says what is wrong in a sentence', () => {
  const f = target(1);
  const said = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      return (error as Error).message;
    }
    return 'nothing';
  };
  expect(said(() => intrinsic({ target: f, n: 0 }))).toBe('intrinsic: n: expected a whole number in 1..20, got 0');
  expect(said(() => intrinsicDecoder({ d: 0, n: 3 }))).toBe('intrinsic: d: expected a whole number in 1..4, got 0');
  expect(said(() => intrinsic({ target: f, n: 3, norm: 0.5 }))).toBe(
    "intrinsic: norm: expected 'sup' or a number p >= 1, got 0.5",
  );
  expect(said(() => intrinsic({ target: f, n: 3, norm: Number.NaN }))).toMatch(/got NaN$/);
  expect(said(() => intrinsic({ target: f, n: 3, norm: 1e6 }))).toMatch(/binary digits of a ramp, got/);
  expect(said(() => intrinsic({ target: f, n: 20 }))).toMatch(/thresholds fit 1 GiB/);
  expect(said(() => intrinsic({ target: f, n: 2, perLayer: 9 }))).toMatch(/perLayer: expected a whole number in 1..8/);
  expect(said(() => intrinsic({ target: f, n: 2, domain: [[1, 1]] }))).toMatch(/lower end below the upper end/);
  expect(said(() => intrinsicDecoder({ d: 2, n: 2 }).fit(f))).toBe(
    'intrinsic: expected a target with 2 input(s), got 1',
  );
  expect(said(() => intrinsic({ target: expressionTarget('1/x'), n: 2 }))).toBe(
    'intrinsic: expected a target whose modulus of continuity is known on the box, got "1/x"',
  );
});
