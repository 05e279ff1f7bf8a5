/**
 * Encodability of a dozen families and more, with the paper's statements [GBGR]:
 *   (ii) M-term families of a dictionary with bounded coefficients are infinity-encodable; so is what a bounded set of finite
 *        dimension parameterises Lipschitz-continuously, ReLU networks under conditions on the growth of depth and weights;
 *   infinity-encodability "forbids degenerate cases, where for example Sigma_1 = C is already so rich".
 */
import { describe, expect, test } from 'vitest';
import { cached, lipschitz, square } from '../../src/construct/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, InputError, Rational } from '../../src/exact/index.ts';
import { LayerBuilder, Network } from '../../src/net/index.ts';
import {
  type BoxFamily,
  chebyshev,
  classLipschitz,
  constantFamily,
  coveringBits,
  decode,
  defineFamily,
  dictionaryFamily,
  type Element,
  type Encodability,
  encodability,
  encode,
  type Family,
  fourier,
  freeKnots,
  growth,
  haar,
  log2At,
  networkFamily,
  unboundedFamily,
  valueAt,
} from '../../src/rates/index.ts';
import { seeded } from '../support/random.ts';

type Verdict = Encodability['status'];

/** Family, verdict, the condition that decides, and what the paper (or a line of proof) says. */
const CASES: readonly [name: string, family: Family, status: Verdict, decidedBy: string, says: string][] = [
  ['Fourier, M of M^2', fourier(), 'infinity-encodable', 'positions', '(ii): dictionary, bounded coefficients'],
  ['Haar, M of M^3', haar({ search: 'M^3' }), 'infinity-encodable', 'positions', '(ii)'],
  ['polynomials in Chebyshev form', chebyshev(), 'infinity-encodable', 'positions', '(ii), all of the first M atoms'],
  ['free knots', freeKnots(), 'infinity-encodable', 'positions', '(ii): Lipschitz-parameterised by a bounded set'],
  [
    'coefficients up to M^10',
    haar({ bound: 'M^10' }),
    'infinity-encodable',
    'positions',
    '(ii): polynomial bounds cost log M bits',
  ],
  [
    'monomials with coefficients up to 2^M',
    dictionaryFamily({ name: 'monomials', norm: 'sup on [0,1]', options: { search: 'M', bound: '2^(M)' } }),
    'not shown',
    'bound',
    'the bound on the coefficients grows too fast: M bits a coefficient',
  ],
  [
    'depth search 2^M',
    fourier({ search: '2^(M)' }),
    'not shown',
    'positions',
    'depth search must be polynomial: M bits a position',
  ],
  [
    'networks, L = 3, weights up to M',
    networkFamily({ depth: 3, weights: 'M' }),
    'infinity-encodable',
    'positions',
    '(ii): fixed depth, polynomial weights',
  ],
  [
    'networks, L = log(M)^2, weights up to M^3',
    networkFamily({ depth: '2 log(M)^2', weights: 'M^3' }),
    'infinity-encodable',
    'lipschitz',
    '(ii): polylogarithmic depth, polynomial weights',
  ],
  [
    'networks, L = M^0.5, weights up to 2',
    networkFamily({ depth: '2 M^0.5', weights: 2 }),
    'not shown',
    'lipschitz',
    'depth grows too fast: M^0.5 bits a weight',
  ],
  [
    'networks, L = 3, weights up to 2^M',
    networkFamily({ depth: 3, weights: '2^(M)' }),
    'not shown',
    'bound',
    'weights grow too fast',
  ],
  [
    'networks of norm 1 a layer, L = 2 M',
    networkFamily({ depth: '2 M', norms: 1 }),
    'infinity-encodable',
    'positions',
    'c W L^2 r^(L-1) is polynomial where r = 1, at any polynomial depth',
  ],
  [
    'networks of norm 2 a layer, L = 2 M',
    networkFamily({ depth: '2 M', norms: 2 }),
    'not shown',
    'lipschitz',
    'r^(L-1) = 2^(2M - 1)',
  ],
  [
    'networks with weights +-1/2, L = 2 M',
    networkFamily({ depth: '2 M', letters: [-0.5, 0.5] }),
    'infinity-encodable',
    'positions',
    'finitely many networks: M log2 M bits name one exactly, whatever the depth',
  ],
  [
    'a family of one’s own: M^2 parameters',
    defineFamily({ name: 'own', norm: 'sup', parameters: 'M^2', bound: 1, lipschitz: 'M' }),
    'not shown',
    'parameters',
    'M^2 parameters are more than M^(1+h)',
  ],
  [
    'a family of one’s own: M log M parameters',
    defineFamily({ name: 'own', norm: 'sup', parameters: 'M log(M)', bound: 'M', lipschitz: 'M^7' }),
    'infinity-encodable',
    'parameters',
    'O(M^(1+h)) for every h > 0 allows logarithms',
  ],
  [
    'degenerate: every Sigma_M is the ball of H1',
    constantFamily('H1 itself', 'sup on [0,1]', 1),
    'gamma-encodable',
    'entropy',
    'Sigma_1 = C: M^gamma bits, within M^(1+h) for gamma <= 1 only',
  ],
  [
    'degenerate: Sigma_1 is dense',
    unboundedFamily('x -> a sin(b x), a, b real', 'sup on [0,1]', 'Sigma_1 has no finite covering: b is unbounded'),
    'not shown',
    'entropy',
    'Sigma_1 is already dense enough to reach any finite data with two parameters',
  ],
];

describe('encodability', () => {
  test.each(CASES)('%s', (_, family, status, decidedBy, says) => {
    const found = encodability(family);
    expect(says).not.toBe('');
    expect([found.status, found.decidedBy.name]).toEqual([status, decidedBy]);
    expect(found.sentence.startsWith(family.name)).toBe(true);
    expect(found.conditions.every((c) => c.holds)).toBe(status !== 'not shown');
    if (family.kind === 'entropy') expect(found.gamma).toBe(family.speed);
    if (family.kind !== 'box') expect(() => found.bits(4, 1)).toThrow(InputError);
  });

  test('covering bits grow as the verdict says: slopes below 1 + h, or above', () => {
    for (const [name, family, status] of CASES) {
      if (family.kind !== 'box') continue;
      // From M = 2^10 to 2^20 (2^12 where values have M digits): the slope of log2 bits.
      const top = status === 'infinity-encodable' ? 20 : 12;
      const bits = (k: number): number => Number(coveringBits(family, 2 ** k, 3));
      const slope = Math.log2(bits(top) / bits(top - 4)) / 4;
      // M log(M)^3, the most of these, has slope 1.24 there.
      if (status === 'infinity-encodable') expect(slope, name).toBeLessThan(1.25);
      else expect(slope, name).toBeGreaterThan(1.3);
    }
  });
});

describe('growth', () => {
  test('values and logarithms are those of the formula, rounded up', () => {
    const at = (text: string, m: number): bigint => valueAt(growth(text), m);
    expect([at('3 M^2', 5), at('M^0.5', 10), at('log(M)', 8), at('2^(M)', 6), at('1.5 M', 3)]).toEqual([
      75n,
      4n,
      4n,
      64n,
      5n,
    ]);
    expect([at('2 * M^3/2', 4), at('M log(M)^2', 4), at('2^(log(M)^2)', 2), at('7', 9)]).toEqual([16n, 36n, 16n, 7n]);
    for (const text of ['3 M^2', 'M^0.5', 'M log(M)', '2^(M)', '0.25 M^3 log(M)^2', '4 2^(M^0.5)', '1']) {
      for (const m of [1, 2, 3, 7, 64, 1000]) {
        const value = valueAt(growth(text), m);
        expect(1n << log2At(growth(text), m) >= value, `${text} at ${m}`).toBe(true);
      }
    }
    expect(log2At(growth('M^3'), 8)).toBe(9n);
  });

  test.each(['M^-1', '-3 M', '0', 'log(M)^-2', 'N^2', '', '2^(2^(M)', 'M^', NaN as never])('%s is refused', (text) => {
    expect(() => growth(text)).toThrow(InputError);
    expect(() => growth(text)).toThrow(/^growth: expected a product such as/);
  });
});

/** An element of a box family with values on every tenth digit of its range. */
function randomElement(family: BoxFamily, size: number, seed: number): Element {
  const random = seeded(seed);
  const [d, n] = [Number(valueAt(family.parameters, size)), Number(valueAt(family.positions, size))];
  const chosen = new Set<number>();
  const count = random.whole(0, Math.min(d, n));
  while (chosen.size < count) chosen.add(random.whole(0, n - 1));
  const positions = [...chosen].sort((a, b) => a - b);
  const values = positions.map(() => {
    if ('letters' in family.values) return random.pick(family.values.letters);
    const bound = Dyadic.of(valueAt(family.values.bound, size));
    return bound.mul(Dyadic.from(random.pick([-1, 1, 2 * random.unit() - 1])));
  });
  return { positions, values };
}

/** sup |f - g| over a fine dyadic grid of [0, 1]: a lower bound of the distance, exactly. */
function supOnGrid(family: BoxFamily, a: Element, b: Element, size: number): Dyadic {
  const [f, g] = [family.realise!(a, size), family.realise!(b, size)];
  let most = Dyadic.ZERO;
  for (let i = 0; i <= 64; i++) {
    const x = Dyadic.of(BigInt(i), -6);
    most = most.max(f.evaluate!(x).sub(g.evaluate!(x)).abs());
  }
  return most;
}

/** The square of the L2 distance of two orthonormal sums, exactly (Parseval). */
function parseval(a: Element, b: Element): Dyadic {
  const all = new Map(a.positions.map((p, i) => [p, a.values[i]!] as const));
  b.positions.forEach((p, i) => {
    all.set(p, (all.get(p) ?? Dyadic.ZERO).sub(b.values[i]!));
  });
  return [...all.values()].reduce((s, v) => s.add(v.mul(v)), Dyadic.ZERO);
}

const atMost = (x: Dyadic, size: number, gamma: number): boolean =>
  Rational.fromDyadic(x)
    .mul(Rational.of(BigInt(size) ** BigInt(gamma)))
    .compare(Rational.of(1n)) <= 0;

describe('encode and decode', () => {
  const boxes: readonly [string, BoxFamily][] = [
    ['Fourier', fourier()],
    ['Haar', haar({ search: 'M^3', bound: 'M' })],
    ['Chebyshev', chebyshev()],
    ['free knots', freeKnots()],
    ['networks', networkFamily({ depth: 3, width: 4, weights: 2 })],
    ['networks of letters', networkFamily({ depth: '2 log(M)', width: 5, letters: [-0.5, 0.5, 1] })],
  ];
  test.each(boxes)(
    '%s: the decoded element is within M^-gamma, in no more bits than the covering has',
    (name, family) => {
      for (let seed = 1; seed <= 12; seed++) {
        const size = [1, 2, 5, 16, 40][seed % 5]!;
        const gamma = 1 + (seed % 3);
        const element = randomElement(family, size, seed);
        const code = encode(family, element, size, { gamma });
        expect(BigInt(code.bits) <= coveringBits(family, size, gamma)).toBe(true);
        expect(code.bytes.length).toBe(Math.ceil(code.bits / 8));
        const { element: back } = decode(code);
        expect(back.positions).toEqual(element.positions);
        expect(atMost(code.error, size, gamma)).toBe(true);
        const letters = 'letters' in family.values;
        if (letters) expect(back.values.map(String)).toEqual(element.values.map(String));
        // The functions themselves, not only the parameters.
        if (name === 'Fourier' || name === 'Haar') {
          expect(parseval(element, back).le(code.error.mul(code.error))).toBe(true);
        } else {
          expect(supOnGrid(family, element, back, size).le(code.error)).toBe(true);
        }
        // What is decoded is a fixed point: it encodes to itself.
        expect(encode(family, back, size, { gamma }).bytes).toEqual(code.bytes);
      }
    },
  );

  test('the class constant stays below the family’s', () => {
    for (const [depth, width, weights] of [
      [2, 3, 1],
      [4, 4, 2],
      [6, 2, 5],
    ] as const) {
      const family = networkFamily({ depth, width, weights });
      const { constant } = classLipschitz({ width, depth, norm: width * weights, box: 1 });
      expect(constant.le(Dyadic.pow2(Number(family.lipschitz.log2At(9))))).toBe(true);
      expect(constant.gt(Dyadic.pow2(Number(family.lipschitz.log2At(9)) - depth * 2 - 3))).toBe(true);
    }
  });

  test('the library’s own constructions are elements: bits and back, exactly', () => {
    // Weights +-1/2 alone, depth and width as M at most: infinity-encodable, whatever the depth.
    const halves = networkFamily({ name: 'constructions of [DLS18]', depth: 'M', letters: [-0.5, 0.5] });
    expect(encodability(halves).status).toBe('infinity-encodable');
    const zigZag = lipschitz({ bytes: 8 });
    const f = zigZag.network(expressionTarget('x/2')).network;
    for (const [family, net] of [
      [halves, square(3).network],
      [halves, cached(expressionTarget('sin(x)'), { epsilon: 0.25 }).network],
      [networkFamily({ depth: 7, letters: f.alphabet() }), f],
    ] as const) {
      const size = net.connectivity;
      const element = family.elementOf(net, size);
      const code = encode(family, element, size);
      expect(code.error.isZero).toBe(true);
      // Of the order M log M bits.
      expect(code.bits).toBeLessThan(4 * size * Math.log2(size));
      const { element: back } = decode(code);
      expect([back.positions, back.values.map(String)]).toEqual([element.positions, element.values.map(String)]);
    }
    // The decoded function is the same one, not only its element.
    const narrow = networkFamily({ depth: 'M', width: 24, letters: [-0.5, 0.5] });
    const net = square(3).network;
    const again = decode(encode(narrow, narrow.elementOf(net, net.connectivity), net.connectivity)).function!.network!;
    expect([again.depth, again.connectivity]).toEqual([net.depth, net.connectivity]);
    for (let i = 0; i <= 16; i++) expect(again.evaluate([i / 16])[0]!.eq(net.evaluate([i / 16])[0]!)).toBe(true);
  });

  test('a network into bits and back', () => {
    const first = new LayerBuilder(1);
    first.unit(0.3, [0, 1]);
    first.unit(-0.7, [0, -1.1]);
    const last = new LayerBuilder(2);
    last.unit(0.1, [0, 0.9], [1, -1.3]);
    const net = new Network([first.build(), last.build()]);
    const family = networkFamily({ depth: 2, width: 2, weights: 2 });
    const code = encode(family, family.elementOf(net, 8), 8, { gamma: 4 });
    const back = decode(code).function!.network!;
    expect(back.alphabet().length).toBe(net.alphabet().length);
    for (let i = -16; i <= 16; i++) {
      const x = [i / 16];
      expect(net.evaluate(x)[0]!.sub(back.evaluate(x)[0]!).abs().le(Dyadic.pow2(-12))).toBe(true);
    }
    expect(() => family.elementOf(net, 6)).toThrow('expected at most 6 non-zero weights, got 7');
    const narrow = networkFamily({ depth: 2, width: 2, norms: 1 });
    expect(() => narrow.elementOf(net, 8)).toThrow('networkFamily elementOf layer 1: expected a norm of at most 1');
  });

  test.each([
    ['Haar', haar({ bound: 2 }), 64, 0.02],
    ['Fourier', fourier({ bound: 2 }), 32, 0.02],
    ['Chebyshev', chebyshev(), 20, 0.06],
    ['free knots', freeKnots(), 20, 0.06],
  ] as const)('a function into bits and back: |x - 0.4| by %s', (_, family, size, error) => {
    const f = (x: number): number => Math.abs(x - 0.4);
    const code = encode(family, f, size);
    const g = decode(code).function!;
    let square = 0;
    for (let i = 0; i < 1000; i++) square += (g.estimate((i + 0.5) / 1000) - f((i + 0.5) / 1000)) ** 2 / 1000;
    expect(Math.sqrt(square)).toBeLessThan(error + 1 / size);
  });

  test('a family of one’s own: the map, its constant, its bits', () => {
    // x -> p_0 relu(x - p_1) with |p| <= 1: constant 3.
    const own = defineFamily({
      name: 'one ramp',
      norm: 'sup on [0,1]',
      parameters: 2,
      bound: 1,
      lipschitz: 3,
      realise: ({ values }) => {
        const [c, t] = values as [Dyadic, Dyadic];
        const evaluate = (x: Dyadic): Dyadic => (x.gt(t) ? c.mul(x.sub(t)) : Dyadic.ZERO);
        return { text: 'a ramp', evaluate, estimate: (x) => evaluate(Dyadic.from(x)).toNumber() };
      },
    });
    expect(encodability(own).status).toBe('infinity-encodable');
    const element = { positions: [0, 1], values: [0.9, -0.3].map((v) => Dyadic.from(v)) };
    const code = encode(own, element, 1000, { gamma: 2 });
    expect(supOnGrid(own, element, decode(code).element, 1000).le(code.error)).toBe(true);
    expect(atMost(code.error, 1000, 2)).toBe(true);
    // 2 parameters: count 2 bits, used 2 bits, each sign + 0 + (2 + 20) + 1 digits.
    expect(code.bits).toBe(2 + 2 + 2 * 24);
  });

  test('bad input is refused', () => {
    const family = haar();
    const one = { positions: [0], values: [Dyadic.ONE] };
    expect(() => encode(family, one, 0)).toThrow('encode M: expected a whole number in 1..1099511627776, got 0');
    expect(() => encode(family, one, 4, { gamma: 0 })).toThrow('encode gamma: expected a number above 0');
    expect(() => encode(family, one, 4, { gamma: -1 })).toThrow(InputError);
    expect(() => encode(family, one, 4, { gamma: Number.NaN })).toThrow(InputError);
    expect(() => encode(family, { positions: [3, 3], values: [Dyadic.ONE, Dyadic.ONE] }, 4)).toThrow(
      'increasing positions below 16, got 3',
    );
    expect(() => encode(family, { positions: [99], values: [Dyadic.ONE] }, 4)).toThrow(
      'increasing positions below 16, got 99',
    );
    expect(() => encode(family, { positions: [0], values: [Dyadic.from(2)] }, 4)).toThrow(
      'parameters of magnitude at most 1',
    );
    expect(() =>
      encode(defineFamily({ name: 'x', norm: 'sup', parameters: 1, bound: 1, lipschitz: 1 }), Math.sin, 2),
    ).toThrow('expected an element of the family, got "a function"');
    const code = encode(family, one, 4);
    expect(() => decode({ ...code, bits: code.bits - 1 })).toThrow('decode: expected a whole bit string');
    expect(() => decode({ ...code, bits: code.bits + 1, bytes: new Uint8Array(99) })).toThrow(InputError);
    expect(() => networkFamily({ depth: 2 })).toThrow('networkFamily: expected one of weights, norms and letters');
    expect(() => networkFamily({ depth: 2, weights: 'M^-2' })).toThrow('powers at least 0');
    expect(() => constantFamily('C', 'sup', -1)).toThrow('constantFamily speed: expected a number above 0, got -1');
  });
});
