/** certifySup against the library's own targets: expressions, measured tables, callbacks, domains with enclosed ends. */
import { describe, expect, test } from 'vitest';
import { certifySup, type SupCertificate } from '../../src/certify/index.ts';
import { expressionTarget, parseNumber } from '../../src/exact/expression.ts';
import { callbackTarget, Dyadic, Interval, Rational, type Target, tableTarget } from '../../src/exact/index.ts';
import { readTable } from '../../src/io/index.ts';
import { LayerBuilder, Network, type Term } from '../../src/net/index.ts';
import { interpolant } from '../support/interpolant.ts';
import { haveShared, sharedBytes } from '../support/shared.ts';

const cases: [string, (x: number) => number][] = [
  ['sin(2*pi*x)/(2*pi)', (x) => Math.sin(2 * Math.PI * x) / (2 * Math.PI)],
  ['abs(x-1/3)', (x) => Math.abs(x - 1 / 3)],
  ['sqrt(x)', Math.sqrt],
  ['x^2', (x) => x * x],
  ['exp(x)/e', (x) => Math.exp(x - 1)],
  ['tanh(4*x-2)/4', (x) => Math.tanh(4 * x - 2) / 4],
  ['1/(1+x)', (x) => 1 / (1 + x)],
  ['log(1+x)', Math.log1p],
  ['max(x^2, 1/2 - x)', (x) => Math.max(x * x, 0.5 - x)],
  ['abs(sin(20*x))', (x) => Math.abs(Math.sin(20 * x))],
];

function check(net: Network, f: Target, c: SupCertificate, lo: number, hi: number, count: number): void {
  expect(c.status).toBe('proved');
  expect(c.upper!.toNumber()).toBeLessThanOrEqual(1.01 * c.lower.toNumber());
  let state = 99n;
  for (let i = 0; i < count; i++) {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    const x = Dyadic.from(lo).add(Dyadic.from(hi - lo).mul(Dyadic.of(state >> 11n, -53)));
    const e = f
      .enclose([Interval.of(x)], 100)!
      .sub(Interval.of(net.evaluate([x])[0]!))
      .abs();
    if (e.lo.gt(c.upper!)) throw new Error(`|f - net| = ${e} at ${x} exceeds ${c.upper}`);
  }
}

describe('expressions', () => {
  for (const [text, near] of cases) {
    test(text, () => {
      const f = expressionTarget(text);
      for (const [pieces, bits, count] of [
        [4, 6, 1000],
        [64, 20, 1000],
        [2048, 50, 100],
      ] as const) {
        const net = interpolant(near, pieces, bits);
        check(net, f, certifySup(net, f), 0, 1, count);
      }
    });
  }

  test('sin on [0, 2*pi], whose end is enclosed', () => {
    const f = expressionTarget('sin(x)');
    const end = parseNumber('2*pi');
    expect(end.exact).toBeUndefined();
    const interval = end.enclose(128);
    const net = interpolant(Math.sin, 32, 20, 0, 8);
    const c = certifySup(net, f, { domain: [0, interval] });
    check(net, f, c, 0, 6.28, 1000);
    expect(c.restsOn.at(-1)).toMatch(/^the domain's upper end lies in/);
    expect((c.witness as Dyadic).le(interval.lo)).toBe(true);
  });

  test('errors far below float64 are told: a network of 300 bits', () => {
    const f = expressionTarget('exp(x)');
    // exp at 2^-60 times 0..4, to 300 bits; chords over pieces of 2^-60 err by about 2^-123.
    const first = new LayerBuilder(1);
    const terms: Term[] = [];
    const value = (i: number): Dyadic => f.enclose([Interval.of(Dyadic.of(BigInt(i), -60))], 320)!.lo.roundTo(300);
    let before = Dyadic.ZERO;
    for (let i = 0; i < 4; i++) {
      first.unit(Dyadic.of(BigInt(-i), -60), [0, 1]);
      const slope = value(i + 1)
        .sub(value(i))
        .scale(60);
      terms.push([i, slope.sub(before)]);
      before = slope;
    }
    const last = new LayerBuilder(4);
    last.row(value(0), terms);
    const net = new Network([first.build(), last.build()]);
    const c = certifySup(net, f, { domain: [0, Dyadic.pow2(-58)] });
    expect(c.status).toBe('proved');
    expect(c.upper!.exponent).toBe(-123);
    expect(c.upper!.le(c.lower.mul(Dyadic.from(1.01)))).toBe(true);
  });

  test.each(['tanh(1e9*(x-1/3))', 'atan(1e12*(x-1/3))', 'erf(1e7*(x-0.3))', 'sigmoid(-1e6*x+3e5)'])(
    'steep: %s',
    (text) => {
      const line = interpolant((x) => x, 4, 4);
      const f = expressionTarget(text);
      check(line, f, certifySup(line, f, { maxBlocks: 3000 }), 0, 1, 300);
    },
  );

  test('a pole and the end of a logarithm are said', () => {
    const line = interpolant((x) => x, 4, 4);
    for (const text of ['log(x)', '1/(x-1/3)', 'sqrt(x-1/2)', 'tan(pi*x)']) {
      const c = certifySup(line, expressionTarget(text));
      expect(c.status).toBe('undecided');
      expect(c.missing).toContain(`${text} is not shown to be defined at x = `);
    }
  });
});

test('a callback with a Lipschitz constant', () => {
  const near = (x: number): number => Math.sin(3 * x) / 3;
  const f = callbackTarget(near, { lipschitz: 1, text: 'sin(3x)/3' });
  const net = interpolant(near, 16, 20);
  const c = certifySup(net, f);
  check(net, f, c, 0, 1, 3000);
  expect(c.restsOn[0]).toContain('the stated Lipschitz constant 1');
});

describe.runIf(haveShared('thermocouple'))('thermocouple tables', () => {
  /** Lines through every `every`-th entry, slopes rounded to multiples of 2^-bits. */
  function through(points: readonly { x: Rational; y: Rational }[], every: number, bits: number): Network {
    const knots = points.filter((_, i) => i % every === 0 || i === points.length - 1);
    const first = new LayerBuilder(1);
    const terms: Term[] = [];
    let before = Dyadic.ZERO;
    knots.slice(0, -1).forEach((p, i) => {
      const q = knots[i + 1]!;
      const slope = q.y.sub(p.y).div(q.x.sub(p.x)).roundTo(bits, 'nearest');
      first.unit(p.x.roundTo(30, 'nearest').neg(), [0, 1]);
      terms.push([i, slope.sub(before)]);
      before = slope;
    });
    const last = new LayerBuilder(knots.length - 1);
    last.row(knots[0]!.y.roundTo(30, 'nearest'), terms);
    return new Network([first.build(), last.build()]);
  }

  for (const letter of ['k', 'j']) {
    for (const swap of [false, true]) {
      test(`type ${letter.toUpperCase()}${swap ? ', inverse' : ''}: exact against every entry`, () => {
        const { points } = readTable(sharedBytes(`thermocouple/type_${letter}.tab`), { swap });
        const f = tableTarget(points);
        const net = through(points, 16, 40);
        const c = certifySup(net, f);
        expect(c.status).toBe('proved');
        expect(c.upper!.sub(c.lower).le(c.upper!.scale(-60))).toBe(true);
        // The table's own entries: net at a decimal x by its pieces would be the same code; dyadic points nearby instead.
        for (const { x } of points) {
          for (const bits of [12, 40]) {
            const d = x.roundTo(bits, 'down');
            if (Rational.fromDyadic(d).compare(points[0]!.x) < 0) continue;
            const e = f
              .enclose([Interval.of(d)], 100)!
              .sub(Interval.of(net.evaluate([d])[0]!))
              .abs();
            expect(e.lo.le(c.upper!)).toBe(true);
          }
        }
      });
    }
  }
});
