import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputError, Interval, Rational, tableTarget } from '../../src/exact/index.ts';
import { MAX_LINE, readTable } from '../../src/io/index.ts';
import { haveShared, sharedBytes } from '../support/shared.ts';

const R = (text: string): Rational => Rational.parse(text);
const pairs = (source: Uint8Array | string, options = {}): string[] =>
  readTable(source, options).points.map(({ x, y }) => `${x} ${y}`);

describe('CSV and its relatives', () => {
  test('comma, semicolon, tab, blanks, headers, units, comments, CRLF, BOM: the same points', () => {
    const expected = ['0 1/10', '1/2 -1/4', '1 3'];
    for (const text of [
      '0,0.1\n0.5,-0.25\n1,3\n',
      '\uFEFFx [C], y [mV]\r\n0, 0.1\r\n0.5, -0.25\r\n1, 3\r\n',
      '# made by hand\n\nx;y\n0;0.1 # first\n.5;-2.5e-1;\n1.;3e0',
      'x\ty\n1\t3\n0\t0.1\n0.5\t-0.25',
      '  0   0.1\n  0.5 -0.25\n  1   +3  \n',
      '"x (C)";"y"\n"0";"0,1"\n"0,5";"-0,25"\n1;3',
      'x [C], y [mV]\n0 0.1\n0.5 -0.25\n1 3',
    ]) {
      expect(pairs(text)).toEqual(expected);
      expect(pairs(new TextEncoder().encode(text))).toEqual(expected);
    }
  });

  test('names and units come from the header, in every usual spelling', () => {
    const of = (header: string): unknown => {
      const { x, y } = readTable(`${header}\n0,1\n1,2`);
      return [x, y];
    };
    expect(of('x [C], y [mV]')).toEqual([
      { name: 'x', unit: 'C' },
      { name: 'y', unit: 'mV' },
    ]);
    expect(of('temperature (°C),voltage/mV')).toEqual([
      { name: 'temperature', unit: 'degC' },
      { name: 'voltage', unit: 'mV' },
    ]);
    expect(of('x,y')).toEqual([{ name: 'x' }, { name: 'y' }]);
  });

  test('UTF-16 and Latin-1 bytes are read', () => {
    const text = 'T [°C];U [mV]\n0;1\n1;2\n';
    const wide = new Uint8Array([
      0xff,
      0xfe,
      ...[...text].flatMap((c) => [c.charCodeAt(0) & 255, c.charCodeAt(0) >> 8]),
    ]);
    const latin = Uint8Array.from(text, (c) => c.charCodeAt(0));
    for (const bytes of [wide, latin]) expect(readTable(bytes).x).toEqual({ name: 'T', unit: 'degC' });
  });

  test('decimals are exact, of any length', () => {
    const digits = '0.1234567890123456789012345678901234567890';
    expect(readTable(`0,${digits}\n1,1e-30`).points.map(({ y }) => y)).toEqual([R(digits), R('1e-30')]);
  });

  test('the file is turned into a target', () => {
    const { points, rows } = readTable('x,y\n0,0\n1,1\n3,0');
    const f = tableTarget(points, { rows });
    expect(f.enclose([Interval.of(2)], 30)).toEqual(Interval.of(0.5));
  });

  test.each([
    ['0,1\n0.5\n', 'row 2: expected two columns (x, y), got 1: "0.5"'],
    ['0,1\n1,2,3\n', 'row 2: expected two columns (x, y), got 3: "1,2,3"'],
    ['0,1\n1,abc\n', 'row 2: expected a number, got "abc"'],
    ['0,1\n1,NaN\n', 'row 2: expected a number, got "NaN"'],
    ['0,1\n1,0x10\n', 'row 2: expected a number, got "0x10"'],
    ['0,1\n1,1e999\n', 'row 2: expected a number of at most 200 digits with an exponent up to 400, got "1e999"'],
    ['0,1\n1,2\n0,3\n', 'expected each x once, got x = 0 in rows 1 and 3 with y = 1 and 3'],
    ['0,1\n1,2\n0,1\n', 'expected each x once, got x = 0 in rows 1 and 3'],
    ['x,y\n', 'expected at least two points, got 0'],
    ['', 'expected at least two points, got 0'],
    ['time,x,y\n1 2\n2 3', 'expected a header of two names, got 3: "time, x, y"'],
    ['0;1.5\n1;2,5', 'row 2: expected either decimal points or decimal commas, got both'],
    [`0,1\n1,${'1'.repeat(MAX_LINE)}`, `row 2: expected at most ${MAX_LINE} characters a line`],
    ['x,y\na,b\n', 'row 2: expected a number, got "a"'],
  ])('%j is refused by name', (text, message) => {
    expect(() => readTable(text, { name: 'data.csv' })).toThrow(InputError);
    expect(() => readTable(text, { name: 'data.csv' })).toThrow(/^data\.csv(, row \d+)?: /);
    expect(() => readTable(text)).toThrow(message);
  });

  test('hostile bytes: a table or one sentence, nothing else', () => {
    const piece = fc.constantFrom(...'0123456789.,;-+eE \t\n\r#"°C*[]xy');
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: piece, maxLength: 200 }), fc.string({ maxLength: 100 })), (text) => {
        try {
          const { points } = readTable(text);
          expect(points.length).toBeGreaterThan(1);
          for (let k = 1; k < points.length; k++) expect(points[k]!.x.compare(points[k - 1]!.x)).toBe(1);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect((error as Error).message).not.toContain('\n');
        }
      }),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          readTable(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the inverse', () => {
  test('rising and falling tables', () => {
    expect(pairs('0,1\n1,4\n2,5', { swap: true })).toEqual(['1 0', '4 1', '5 2']);
    const falling = readTable('t [s],u [V]\n0,9\n1,4\n2,1', { swap: true });
    expect(falling.points.map(({ x }) => `${x}`)).toEqual(['1', '4', '9']);
    expect(falling.notes).toEqual(['x and y are exchanged']);
    expect(falling.x.unit).toBe('V');
    expect(falling.rows).toEqual([4, 3, 2]);
  });

  test('runs of equal y become one point, and the notes say so', () => {
    const table = readTable('0,1\n1,2\n2,2\n4,2\n5,3', { swap: true });
    expect(table.points.map(({ x, y }) => `${x} ${y}`)).toEqual(['1 0', '2 5/2', '3 5']);
    expect(table.notes[1]).toBe(
      'equal values of neighbouring entries were merged to the middle of their run: 2 at 1..4 became 2.5',
    );
  });

  test('a y that turns is refused by its row', () => {
    expect(() => readTable('x,y\n0,1\n1,2\n2,1', { swap: true })).toThrow(
      'row 4: expected y to keep rising (it is exchanged with x), got 1 at x = 2 after 2',
    );
    expect(() => readTable('0,1\n1,1', { swap: true })).toThrow('expected a y that changes');
  });
});

/** A file in NIST's layout: falling columns below zero, rising ones above, the last column repeats the next row. */
function nist(from: number, to: number, value: (t: number) => number, letter: string): string {
  const show = (t: number): string => value(t).toFixed(3);
  const block = (sign: 1 | -1, bases: number[]): string =>
    [
      ` ITS-90 Table for type ${letter} thermocouple`,
      ` °C  ${Array.from({ length: 11 }, (_, k) => String(sign * k)).join('   ')}  `,
      '                   Thermoelectric Voltage in mV',
      '',
      ...bases.map((base) => {
        const at = Array.from({ length: 11 }, (_, k) => base + sign * k).filter((t) => t >= from && t <= to);
        return `${base} ${at.map(show).join(' ')}   `;
      }),
      '',
    ].join('\r\n');
  const below = [];
  for (let base = Math.ceil(from / 10) * 10; base <= 0; base += 10) below.push(base);
  const above = [];
  for (let base = 0; base <= to; base += 10) above.push(base);
  return `${from < 0 ? block(-1, below) : ''}${block(1, above)}\r\n*** coefficients ***\r\n1 2 3 4`;
}

describe('the ITS-90 layout', () => {
  test('other types: any range, both signs', () => {
    for (const [letter, from, to] of [
      ['T', -270, 400],
      ['S', -50, 1768],
      ['R', -50, 1767],
      ['B', 0, 1820],
      ['N', -270, 1300],
      ['E', -265, 1000],
      ['x', -7, 13],
    ] as const) {
      const text = nist(from, to, (t) => t / 100 + (t * t) / 100000, letter);
      const latin = Uint8Array.from(text, (c) => c.charCodeAt(0));
      for (const source of [text, latin]) {
        const table = readTable(source);
        expect(table.points.length).toBe(to - from + 1);
        expect(table.points[0]!.x).toEqual(Rational.of(BigInt(from)));
        expect(table.title).toBe(`ITS-90 Table for type ${letter} thermocouple`);
        expect(table.x.unit).toBe('degC');
      }
    }
  });

  test('what disagrees or has no place is refused by its row', () => {
    const text = nist(0, 30, (t) => t, 'X');
    expect(() => readTable(text.replace('10 10.000', '10 10.001'))).toThrow(
      'row 6: the entry at 10 is 10.001, but 10 in row 5',
    );
    expect(() => readTable(text.replace('10 10.000', '10 1 10.000'))).toThrow(
      'row 6: expected a temperature and 1 to 11 values, got 13 numbers',
    );
    expect(() => readTable(text.replace('12.000', 'twelve'))).toThrow('row 6: expected a number, got "twelve"');
  });

  test.runIf(haveShared('thermocouple'))('types K and J whole, and their inverses', () => {
    for (const [letter, count, from, to, low, high] of [
      ['k', 1643, -270, 1372, '-6.458', '54.886'],
      ['j', 1411, -210, 1200, '-8.095', '69.553'],
    ] as const) {
      const bytes = sharedBytes(`thermocouple/type_${letter}.tab`);
      const table = readTable(bytes);
      expect(table.layout).toBe('its-90');
      expect(table.points.length).toBe(count);
      expect(table.points.map(({ x }) => x)).toEqual(
        Array.from({ length: count }, (_, k) => Rational.of(BigInt(from + k))),
      );
      expect(from + count - 1).toBe(to);
      expect(table.points[0]!.y).toEqual(R(low));
      expect(table.points[count - 1]!.y).toEqual(R(high));
      expect(table.points[-from]!.y).toEqual(R('0'));
      expect([table.x.unit, table.y.unit, table.notes]).toEqual(['degC', 'mV', []]);
      const inverse = readTable(bytes, { swap: true });
      expect(inverse.points.map(({ x, y }) => `${y} ${x}`)).toEqual(table.points.map(({ x, y }) => `${x} ${y}`));
      expect([inverse.x.unit, inverse.y.unit]).toEqual(['mV', 'degC']);
    }
  });
});
