import { describe, expect, test } from 'vitest';
import { certifySup } from '../../src/certify/index.ts';
import { interpolatedSquare, square } from '../../src/construct/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, InputError } from '../../src/exact/index.ts';
import { approximationPicture, drawPicture, type Picture, pictureCsv } from '../../src/plot/index.ts';
import { makeScale } from '../../src/plot/scale.ts';
import { elementsOf, pathPoints } from '../support/svg.ts';

const plain = (marks: Picture['panels'][number]['marks'], axes: Partial<Picture['panels'][number]> = {}): Picture => ({
  title: 'A title',
  caption: 'Proved: nothing.',
  command: 'dyadnet plot x',
  panels: [{ x: { label: 'x', unit: 's' }, y: { label: 'y', unit: 'V' }, marks, ...axes }],
});

test('an axis has labels, however small the part of a power that it shows', () => {
  for (const base of [2, 10] as const) {
    for (let i = 0; i < 400; i++) {
      const lo = 10 ** (-8 + (i % 20) * 0.83);
      const hi = lo * (1 + 2 ** (i / 20 - 10));
      const { ticks, at } = makeScale({ label: 'x', scale: 'log', base, range: [lo, hi] }, [], 9);
      expect(ticks.length, `${lo}..${hi}`).toBeGreaterThanOrEqual(2);
      expect(new Set(ticks.map((t) => t.text)).size).toBe(ticks.length);
      for (const { value } of ticks) {
        expect(at(value)).toBeGreaterThanOrEqual(-1e-6);
        expect(at(value)).toBeLessThanOrEqual(1 + 1e-6);
      }
    }
  }
});

describe('pictures', () => {
  test('carry their title, caption, command and units, whatever characters these hold', () => {
    const nasty = 'a <b> & "c" \u0000\u0007\ud800 ]]> \'d\'';
    const picture = { ...plain([{ kind: 'line', name: nasty, points: [[0, 1]] }]), title: nasty, command: nasty };
    const elements = elementsOf(drawPicture(picture));
    const safe = "a &lt;b&gt; &amp; &quot;c&quot; \ufffd\ufffd\ufffd ]]&gt; 'd'";
    expect(elements.find((e) => e.name === 'title')?.text).toBe(safe);
    expect(elements.find((e) => e.name === 'desc')?.text).toBe('Proved: nothing.');
    expect(elements.find((e) => e.name === 'command')?.text).toBe(safe);
    const texts = elements.filter((e) => e.name === 'text').map((e) => e.text);
    expect(texts).toEqual(expect.arrayContaining(['x [s]', 'y [V]', 'Proved: nothing.', safe]));
  });

  test('place points where the axes say', () => {
    const elements = elementsOf(
      drawPicture(
        plain(
          [
            {
              kind: 'line',
              name: 'l',
              points: [
                [1, 1],
                [10, 100],
                [100, 1],
              ],
            }, // prettier
            {
              kind: 'line',
              name: 'gap',
              points: [
                [1, 1],
                [2, 0],
                [4, Number.NaN],
                [10, 10],
                [100, 10],
              ],
            },
          ],
          { x: { label: 'x', scale: 'log' }, y: { label: 'y', scale: 'log' }, height: 200 },
        ),
      ),
    );
    const frame = elements.find((e) => e.name === 'rect' && e.attributes.class === 'frame')?.attributes;
    const [left, top, wide, high] = ['x', 'y', 'width', 'height'].map((k) => Number(frame?.[k])) as [
      number,
      number,
      number,
      number,
    ];
    const lines = elements.filter((e) => e.name === 'path' && /^s\d/.test(e.attributes.class ?? ''));
    // The legend's samples come first.
    const [l, gap] = lines.slice(2).map((e) => pathPoints(e.attributes.d ?? ''));
    expect(l).toEqual([
      [left, top + high],
      [left + wide / 2, top],
      [left + wide, top + high],
    ]);
    // What a logarithmic axis cannot show leaves a gap: a dot, then a line.
    expect(gap).toEqual([
      [left, top + high],
      [left + wide / 2, top + high / 2],
      [left + wide, top + high / 2],
    ]);
    const labels = elements.filter((e) => e.name === 'text').map((e) => e.text);
    expect(labels).toEqual(expect.arrayContaining(['1', '10', '100']));
  });

  test('keep every peak of lines with more points than pixels, in few bytes', () => {
    const points = Array.from({ length: 200_000 }, (_, i): [number, number] => [
      i,
      i === 123_457 ? 1 : i % 2 ? 1e-3 : 0,
    ]);
    const svg = drawPicture(plain([{ kind: 'line', name: 'peak', points }]));
    expect(svg.length).toBeLessThan(100_000);
    const heights = elementsOf(svg)
      .filter((e) => e.name === 'path' && /^s\d/.test(e.attributes.class ?? ''))
      .flatMap((e) => pathPoints(e.attributes.d ?? '').map(([, y]) => y));
    const frame = elementsOf(svg).find((e) => e.attributes.class === 'frame' && e.name === 'rect')?.attributes;
    const margin = (0.03 / 1.06) * Number(frame?.height);
    expect(Math.min(...heights.slice(1))).toBeCloseTo(Number(frame?.y) + margin, 1);
  });

  test('draw whatever the numbers are', () => {
    const odd: [number, number][][] = [
      [],
      [[0, 0]],
      [[1, Number.NaN]],
      [
        [5, 1e-300],
        [5, 1e-300],
      ],
      [
        [-1e300, -1e300],
        [1e300, 1e300],
      ],
      [
        [1000, 1000],
        [1000.0001, 1000.00001],
      ],
      [
        [0, 5e-324],
        [1, Number.POSITIVE_INFINITY],
      ],
    ];
    for (const points of odd) {
      for (const scale of ['linear', 'log'] as const) {
        const svg = drawPicture(
          plain(
            [
              { kind: 'line', name: 'a', points, markers: true },
              { kind: 'step', name: 'b', points },
              { kind: 'scatter', name: 'c', points },
              { kind: 'band', name: 'd', points: points.map(([x, y]): [number, number, number] => [x, -y, y]) },
              { kind: 'level', name: 'e', y: points[0]?.[1] ?? 0 },
              { kind: 'region', name: 'f', from: points[0]?.[0] ?? 0, to: points[1]?.[0] ?? 1 },
            ],
            { x: { label: 'x', scale }, y: { label: 'y', scale } },
          ),
        );
        elementsOf(svg);
        expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      }
    }
  });

  test('tell series apart without colour, and stay white on paper', () => {
    const svg = drawPicture(
      plain(
        ['a', 'b', 'c', 'd'].map((name, i) => ({
          kind: 'line',
          name,
          dash: true,
          points: [
            [0, i],
            [1, i],
          ],
        })),
      ),
    );
    const dashes = [...svg.matchAll(/stroke-dasharray="([^"]*)"/g)].map((m) => m[1]);
    expect(new Set(dashes).size).toBe(4);
    expect(svg).toContain('@media screen and (prefers-color-scheme:dark)');
    expect(svg).not.toContain('@media print');
  });

  test('write their numbers as CSV', () => {
    const csv = pictureCsv(
      plain([
        {
          kind: 'line',
          name: 'a, "b"',
          points: [
            [0.1, 2],
            [3, Number.NaN],
          ],
        },
        { kind: 'band', name: 'c', points: [[1, -1, 1]] },
        { kind: 'region', name: 'r', from: 1, to: 2 },
        { kind: 'level', name: 'l', y: 7 },
      ]),
    );
    expect(csv.split('\r\n')).toEqual([
      'panel,series,x,y,low,high',
      '1,"a, ""b""",0.1,2,,',
      '1,"a, ""b""",3,,,',
      '1,c,1,,-1,1',
      '1,r,1,,,',
      '1,r,2,,,',
      '1,l,,7,,',
      '',
    ]);
  });

  test('refuse ranges that make no sense', () => {
    const bad = plain([], { x: { label: 'x', scale: 'log', range: [0, 1] } });
    expect(() => drawPicture(bad)).toThrow(InputError);
    expect(() => drawPicture(bad)).toThrow('axis x: expected finite positive ends, the lower one first, got "[0, 1]"');
  });
});

describe('the approximation', () => {
  const { network } = square(3);
  const target = expressionTarget('x^2');
  const domain = [Dyadic.ZERO, Dyadic.ONE] as const;

  test('shows the exact errors inside the certified band, and says what is proved', () => {
    const certificate = certifySup(network, target);
    const picture = approximationPicture({ network, target, certificate, domain, command: 'c' });
    const error = picture.panels[1]?.marks ?? [];
    const band = error.find((m) => m.kind === 'band');
    const line = error.find((m) => m.kind === 'line');
    const bound = certificate.upper?.toNumber('up') as number;
    expect(band?.points).toEqual([
      [0, -bound, bound],
      [1, -bound, bound],
    ]);
    expect(line?.points.length).toBeGreaterThan(1000);
    for (const [x, y] of line?.points ?? []) {
      const exact = Dyadic.from(x)
        .mul(Dyadic.from(x))
        .sub(interpolatedSquare(Dyadic.from(x), 3));
      expect(y).toBe(exact.toNumber());
      expect(Math.abs(y)).toBeLessThanOrEqual(bound);
    }
    const witness = error.find((m) => m.name === 'witness');
    expect(witness?.kind === 'scatter' && Math.abs(witness.points[0]?.[1] as number)).toBe(2 ** -8);
    expect(picture.caption).toContain('Proved: |f − net| ≤ 3.9');
    expect(picture.caption).toContain('f is the expression x^2');
    elementsOf(drawPicture(picture));
  });

  test('two networks, and a network alone', () => {
    const both = approximationPicture({ network, target: square(2).network, domain, command: 'c' });
    expect(both.panels.length).toBe(2);
    expect(both.caption).not.toContain('roved');
    const alone = approximationPicture({ network, domain, command: 'c' });
    expect(alone.panels.length).toBe(1);
    const knots = alone.panels[0]?.marks.find((m) => m.name.startsWith('knots'));
    expect(knots?.kind === 'scatter' && knots.points).toEqual(
      Array.from({ length: 9 }, (_, k) => [k / 8, (k / 8) ** 2]),
    );
  });
});
