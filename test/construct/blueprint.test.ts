import { describe, expect, test } from 'vitest';
import { Alphabet, Blueprint, HALVES, linearAlphabet } from '../../src/construct/index.ts';
import { Dyadic, InputError } from '../../src/exact/index.ts';

const D = Dyadic.from;

/** x -> 3 relu(x) - relu(x - 1) + 1/2, for the alphabet given. */
function example(alphabet: Alphabet): Blueprint {
  const b = new Blueprint(1, alphabet);
  const x = b.group('first', 1, (row) => row.add(b.input, 0, 0.5));
  const one = b.group('first', 1, (row) => row.bias(0.5));
  b.close();
  const carried = b.group('second', 1, (row) => row.add(x, 0, 2));
  const bent = b.group('second', 1, (row) => {
    row.add(one, 0, -1);
    row.add(x, 0, 2);
    row.bias(-0.5);
  });
  b.close();
  b.group('last', 1, (row) => {
    row.add(bent, 0, -1);
    row.add(carried, 0, 3);
    row.bias(0.5);
  });
  b.close();
  return b;
}

describe('Blueprint', () => {
  test('copies give the coefficient, plan gives the counts', () => {
    for (const alphabet of [HALVES, linearAlphabet(2), linearAlphabet(16), new Alphabet([-0.5, 0.25, 0.5])]) {
      const b = example(alphabet);
      const plan = b.plan();
      const net = b.build();
      expect([net.depth, net.width, net.connectivity]).toEqual([plan.depth, plan.width, plan.connectivity]);
      expect(plan.blocks.reduce((n, { connectivity }) => n + connectivity, 0)).toBe(net.connectivity);
      for (const letter of net.alphabet()) expect(alphabet.has(letter.toNumber())).toBe(true);
      for (const x of [-1, 0, 0.375, 1, 2.5]) {
        const expected = 3 * Math.max(x, 0) - Math.max(x - 1, 0) + 0.5;
        expect(net.evaluate([x])[0]!.eq(D(expected))).toBe(true);
      }
    }
    // 4 units x/2 and 2 constants; 6 of 4 weights and 2 of 2 + 4 + a bias; 6 + 2 + a bias.
    expect(example(HALVES).plan().connectivity).toBe(4 + 2 + 6 * 4 + 2 * 7 + 9);
    expect(example(linearAlphabet(2)).plan().connectivity).toBeLessThan(40);
  });

  test('what nothing reads is not built', () => {
    const b = new Blueprint(1, HALVES);
    const used = b.group('used', 2, (row) => row.add(b.input, 0, 0.5));
    b.group('unused', 5, (row) => row.add(b.input, 0, 0.5));
    b.close();
    b.group('out', 1, (row) => row.add(used, 1, 0.5));
    expect(b.plan()).toMatchObject({ depth: 2, width: 2, connectivity: 3 });
    expect(b.build().connectivity).toBe(3);
  });

  test('rows of a group that differ are found out, unless the group is ragged', () => {
    const draw = (ragged: boolean) => {
      const b = new Blueprint(2, HALVES);
      b.group(
        'rows',
        2,
        (row, i) => {
          for (let k = 0; k <= i; k++) row.add(b.input, k, 0.5);
        },
        ragged,
      );
      return b;
    };
    expect(() => draw(false).build()).toThrow(/row 1 of rows/);
    expect(draw(true).build().connectivity).toBe(3);
    expect(draw(true).plan().connectivity).toBe(3);
  });

  test('a layer wider than the limit is refused before memory is taken', () => {
    const b = new Blueprint(1, HALVES);
    b.group('wide', 1 << 25, (row) => row.add(b.input, 0, 0.5));
    expect(b.plan().width).toBe(1 << 25);
    expect(() => b.build()).toThrow(InputError);
  });

  test('alphabets', () => {
    expect(linearAlphabet(4).letters).toEqual([-1, -0.75, -0.5, -0.25, 0.25, 0.5, 0.75, 1]);
    expect(HALVES.strand(-1.5)).toEqual([-0.5, -0.5, -0.5]);
    expect(linearAlphabet(4).strand(2.25)).toEqual([1, 1, 0.25]);
    expect(() => HALVES.strand(0.25)).toThrow(RangeError);
    expect(() => new Alphabet([0, 1])).toThrow(InputError);
    expect(() => new Alphabet([2 ** -31])).toThrow(InputError);
    expect(() => linearAlphabet(3)).toThrow('linear quantisation: expected lambda one of 2, 4, 8, 16, got 3');
  });
});
