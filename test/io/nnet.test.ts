import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dyadic, InputError, Rational } from '../../src/exact/index.ts';
import { applyNormalisation, readNnet } from '../../src/io/nnet.ts';
import { Network } from '../../src/net/index.ts';
import { haveShared, sharedText } from '../support/shared.ts';

const values = (net: Network, x: readonly (number | Dyadic)[]): number[] => net.evaluate(x).map((y) => y.toNumber());

/** A file of one hidden layer in the usual dialect, to be damaged. */
const GOOD = `// a comment
2,2,1,3,
2,3,1,
0,
-1.0,-2.0,
1.0,2.0,
0.0,0.5,10.0,
2.0,4.0,0.1,
1,0,
0,1,
-1,0.1,
0,
0.5,
0,
1,1,1,
-0.25,
`;

describe('dialects', () => {
  test('the usual header, trailing commas, comments', () => {
    const { network, normalisation, decimals, rounded } = readNnet(GOOD);
    expect([network.inputs, network.depth, network.outputs]).toEqual([2, 2, 1]);
    expect([decimals, rounded]).toEqual([13, 1]);
    // relu(3) + relu(4.5) + relu(-3 + 0.1 * 4) - 0.25
    expect(values(network, [3, 4])).toEqual([7.25]);
    expect(normalisation?.mean.map(String)).toEqual(['0', '1/2']);
    expect(String(normalisation?.outputRange)).toBe('1/10');
    expect(String(normalisation?.outputMean)).toBe('10');
  });

  test('a header of one number, lone zeros, blank lines and Windows line ends', () => {
    const text = '\r\n2\r\n1, 2, 1\r\n0\r\n0\r\n0\r\n0\r\n0\r\n2\r\n-2\r\n0.5\r\n1\r\n\r\n1, 1\r\n0';
    const { network, normalisation } = readNnet(text);
    expect(normalisation).toBeUndefined();
    expect(values(network, [1])).toEqual([2.5]);
  });

  test.each([
    ['cut short', GOOD.slice(0, -8), 'expected bias of layer 2, got "the end of the file"'],
    ['a row too short', GOOD.replace('-1,0.1,', '-1,'), 'line 11: expected 2 weights of layer 1, got 1'],
    ['a word', GOOD.replace('0.5,\n0,', 'half,\n0,'), 'line 13: expected bias of layer 1 as decimals, got "half"'],
    ['not a number', GOOD.replace('0.5,\n0,', 'NaN,\n0,'), 'expected bias of layer 1 as decimals, got "NaN"'],
    ['too large a number', GOOD.replace('0.5,\n0,', '1e999,\n0,'), 'expected numbers within the range of float64'],
    ['sizes that do not fit', GOOD.replace('2,3,1,', '2,3,'), 'line 3: expected 3 layer sizes for 2 layers, got 2'],
    ['another header', GOOD.replace('2,2,1,3,', '2,3,1,3,'), 'expected 3 inputs and 1 outputs, as the header says'],
    ['a huge layer', GOOD.replace('2,3,1,', '2,1000000,1,'), 'expected a file long enough for 4000001 weights'],
    ['2^40 units', GOOD.replace('2,3,1,', `2,${2 ** 40},1,`), 'expected layer sizes in 1..1048576'],
    ['a range of zero', GOOD.replace('2.0,4.0,0.1,', '2.0,0,0.1,'), 'expected ranges other than 0'],
    ['too few means', GOOD.replace('0.0,0.5,10.0,', '0.0,0.5,'), 'expected 2 minima and maxima, 3 means and ranges'],
    ['more than it should', `${GOOD}1,\n`, 'expected the end of the file behind the last bias, got "1,"'],
    ['nothing', '', 'expected the number of layers, got "the end of the file"'],
  ])('refuses %s in one sentence', (_, text, sentence) => {
    expect(() => readNnet(text)).toThrow(InputError);
    expect(() => readNnet(text)).toThrow(sentence);
  });

  test('random damage never does worse than a refusal', () => {
    fc.assert(
      fc.property(fc.nat(GOOD.length - 1), fc.nat(GOOD.length), fc.string({ maxLength: 3 }), (at, end, put) => {
        const text = GOOD.slice(0, at) + put + GOOD.slice(Math.max(at, end));
        try {
          readNnet(text);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('normalisation', () => {
  test('the folded map stays within the stated deviation, which is attained', () => {
    const { network, normalisation } = readNnet(GOOD);
    const folded = applyNormalisation(network, normalisation!, { fractionalBits: 8 });
    expect(folded.network.depth).toBe(network.depth);
    // Ranges of 2 and 4 are dyadic; the output's 1/10 is not.
    expect(folded.inputDeviation.sign).toBe(0);
    expect(folded.outputDeviation.mean.sign).toBe(0);
    expect(folded.outputDeviation.range.eq(Rational.parse('26/256').sub(Rational.parse('0.1')).abs())).toBe(true);
    const inner = network.evaluate([0.5 / 2, (1 - 0.5) / 4])[0]!;
    const y = folded.network.evaluate([0.5, 1])[0]!;
    expect(String(y)).toBe(String(inner.mul(Dyadic.of(26n, -8)).add(Dyadic.from(10))));
  });

  test('input ranges that are not dyadic', () => {
    const text = GOOD.replace('2.0,4.0,0.1,', '3.0,7.0,1,');
    const { network, normalisation } = readNnet(text);
    const { inputDeviation } = applyNormalisation(network, normalisation!, { fractionalBits: 10, outputs: false });
    // At x = +-1: |1/3 - 341/1024|; at x = -2, 2: 1/7 -> 146/1024 and -1/14 -> -73/1024.
    const at = (x: string) =>
      Rational.parse(x)
        .mul(Rational.parse('146/1024'))
        .sub(Rational.parse('73/1024'))
        .sub(Rational.parse(x).sub(Rational.parse('1/2')).div(Rational.parse('7')))
        .abs();
    expect(String(inputDeviation)).toBe(String(at('-2')));
    const fine = applyNormalisation(network, normalisation!, { outputs: false });
    expect(fine.inputDeviation.compare(Rational.parse('2*2^-64')) <= 0).toBe(true);
  });
});

describe.skipIf(!haveShared('acasxu-tiny') || !haveShared('acasxu'))('published networks', () => {
  const published = haveShared('acasxu-tiny') ? sharedText('acasxu-tiny/real_output_on_tiny.txt') : '';
  const section = (title: string): string => {
    const from = published.indexOf(title);
    const next = published.indexOf('\nTiny', from + 1);
    return published.slice(from, next < 0 ? undefined : next);
  };

  /** Activations of layer `l` (1-based) at zero: behind relu, but for the last layer. */
  function activations(net: Network, l: number): Dyadic[] {
    const out = new Network(net.layers.slice(0, l)).evaluate(new Array(net.inputs).fill(0));
    return l < net.depth ? out.map((v) => v.max(Dyadic.ZERO)) : out;
  }

  test.each([
    ['Full network', 'acasxu/ACASXU_run2a_1_1_batch_2000.nnet', 305],
    ['Tiny 1', 'acasxu-tiny/ACASXU_run2a_1_1_tiny.nnet', 10],
    ['Tiny 2', 'acasxu-tiny/ACASXU_run2a_1_1_tiny_2.nnet', 55],
  ])('%s: every published activation at zero input', (title, file, count) => {
    const { network } = readNnet(sharedText(file));
    const nodes = [...section(title).matchAll(/node\[(\d+), (\d+)\] = (-?[\d.]+)/g)].filter((m) => m[1] !== '0');
    expect(nodes.length).toBe(count);
    const layers = Array.from({ length: network.depth + 1 }, (_, l) => (l === 0 ? [] : activations(network, l)));
    for (const [, l, i, digits] of nodes) {
      const exact = Rational.fromDyadic(layers[Number(l)]![Number(i)]!);
      const away = exact.sub(Rational.parse(digits!)).abs();
      // Six digits are printed: half a unit of the last one.
      expect(away.compare(Rational.parse('0.0000005')), `node[${l}, ${i}] = ${digits}`).toBeLessThanOrEqual(0);
    }
    const outputs = [...section(title).matchAll(/output\[(\d+)\] = (-?[\d.]+)/g)];
    expect(outputs.length).toBe(5);
    for (const [, i, digits] of outputs) {
      expect(Number(layers[network.depth]![Number(i)]!.toNumber().toPrecision(6)), `output[${i}]`).toBe(Number(digits));
    }
  });

  test.each([
    ['acasxu/ACASXU_run2a_1_1_batch_2000.nnet', [5, 50, 50, 50, 50, 50, 50, 5]],
    ['acasxu/ACASXU_run2a_2_3_batch_2000.nnet', [5, 50, 50, 50, 50, 50, 50, 5]],
    ['acasxu/ACASXU_run2a_4_5_batch_2000.nnet', [5, 50, 50, 50, 50, 50, 50, 5]],
    ['acasxu-tiny/ACASXU_run2a_1_1_tiny_3.nnet', [5, 50, 50, 5]],
  ])('%s has its layers', (file, sizes) => {
    const { network, normalisation, decimals } = readNnet(sharedText(file));
    expect([network.inputs, ...network.layers.map((l) => l.outputs)]).toEqual(sizes);
    expect(decimals).toBe(sizes.slice(1).reduce((n, s, l) => n + s * (sizes[l]! + 1), 0));
    expect(normalisation?.minimum.length).toBe(5);
    expect(String(normalisation?.outputMean)).toBe(String(Rational.parse('7.5188840201005975')));
    expect(String(normalisation?.outputRange)).toBe(String(Rational.parse('373.94992')));
  });

  test('ACAS 1_1 in measured units: the normalised network at the normalised point, within the deviation', () => {
    const { network, normalisation } = readNnet(sharedText('acasxu/ACASXU_run2a_1_1_batch_2000.nnet'));
    const folded = applyNormalisation(network, normalisation!);
    expect(folded.network.depth).toBe(7);
    // Slope and offset are each within 2^-65, and no input exceeds 60760.
    const bound = Rational.fromDyadic(Dyadic.of(60761n, -65));
    expect(folded.inputDeviation.compare(bound)).toBeLessThanOrEqual(0);
    // The mean of each input is the network's origin: y(0) * range + mean.
    const { mean } = normalisation!;
    const at = mean.map((m) => Dyadic.from(m.toNumber()));
    const origin = network.evaluate([0, 0, 0, 0, 0])[0]!.toNumber() * 373.94992 + 7.5188840201005975;
    expect(folded.network.evaluate(at)[0]!.toNumber()).toBeCloseTo(origin, 9);
  });
});

describe.skipIf(!haveShared('mlp'))('small networks of other writers', () => {
  test.each([
    ['tiny_nnet.nnet', [1, 1, 1], false],
    ['small_nnet.nnet', [1, 2, 2, 1], false],
    ['spiky_nnet.nnet', [1, 6, 4, 3, 1], true],
    ['cartpole_nnet.nnet', [4, 16, 16, 16, 2], false],
    ['twin_ladder-10_inp-4_layers-10_width-1_margin.nnet', [10, 20, 20, 20, 1], true],
  ])('%s', (file, sizes, hasNormalisation) => {
    const { network, normalisation } = readNnet(sharedText(`mlp/${file}`));
    expect([network.inputs, ...network.layers.map((l) => l.outputs)]).toEqual(sizes);
    expect(normalisation !== undefined).toBe(hasNormalisation);
  });

  test('small_nnet by hand: 1.5x+1.5 twice, then 2a+2b+2.5, then 3c+3d+3.5', () => {
    const { network } = readNnet(sharedText('mlp/small_nnet.nnet'));
    const hand = (x: number): number => {
      const a = Math.max(0, x + 1.5);
      const c = Math.max(0, 4 * a + 2.5);
      return 6 * c + 3.5;
    };
    for (const x of [-3, -1.5, -1, 0, 0.5, 7]) expect(values(network, [x])).toEqual([hand(x)]);
  });

  test('spiky_nnet by hand', () => {
    const { network } = readNnet(sharedText('mlp/spiky_nnet.nnet'));
    const relu = (v: number): number => Math.max(0, v);
    const hand = (x: number): number => {
      const a = [2 * x - 100, -2 * x + 100, 4 * x - 100, -4 * x + 100, 4 * x - 300, -4 * x + 300].map(relu);
      const b = [-2 * a[0]! - 2 * a[1]! + 80, a[0]! + a[1]! - 20, 80 - a[2]! - a[3]!, 80 - a[4]! - a[5]!].map(relu);
      return relu(b[0]! + b[1]! + 30) + relu(2 * b[2]! - 110) + relu(2 * b[3]! - 110) - 10;
    };
    for (const x of [-70000, -3, 0, 20, 25, 30, 50, 62.5, 75, 80, 100]) expect(values(network, [x])).toEqual([hand(x)]);
  });

  test('the twin network subtracts a network from its copy: exactly its last bias, 1, everywhere', () => {
    const { network } = readNnet(sharedText('mlp/twin_ladder-10_inp-4_layers-10_width-1_margin.nnet'));
    for (let k = 0; k < 20; k++) {
      const x = Array.from({ length: 10 }, (_, i) => Math.sin(13 * k + i) * 10);
      expect(network.evaluate(x).map(String)).toEqual(['1']);
    }
  });
});
