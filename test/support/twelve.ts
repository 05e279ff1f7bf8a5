/** The targets that every fit is judged by, each with three wanted errors; and the error seen at random points, exactly. */
import { Engine } from '../../src/engine/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { callbackTarget, Dyadic, Interval, Rational, type Target, tableTarget } from '../../src/exact/index.ts';
import { readTable } from '../../src/io/index.ts';
import type { Network } from '../../src/net/index.ts';
import { seeded } from './random.ts';
import { sharedBytes } from './shared.ts';

export interface Judged {
  readonly name: string;
  readonly target: () => Target;
  readonly epsilons: readonly [string, string, string];
  /** Lies in the shared data. */
  readonly shared?: boolean;
}

const expression = (text: string): Judged => ({
  name: text,
  target: () => expressionTarget(text),
  epsilons: ['0.01', '0.001', '0.0001'],
});

const thermocouple = (type: 'j' | 'k', swap: boolean): Judged => ({
  name: `type ${type.toUpperCase()}, ${swap ? 'mV to degrees' : 'degrees to mV'}`,
  target: () => {
    const { points, rows } = readTable(sharedBytes(`thermocouple/type_${type}.tab`), { swap });
    return tableTarget(points, { text: `type ${type}`, rows });
  },
  epsilons: swap ? ['1', '0.1', '0.05'] : ['0.05', '0.005', '0.0005'],
  shared: true,
});

export const TWELVE: readonly Judged[] = [
  expression('sin(2*pi*x)/(2*pi)'),
  expression('abs(x-1/3)'),
  expression('sqrt(x)'),
  expression('x^2'),
  expression('exp(x)/e'),
  expression('tanh(4*x-2)/4'),
  expression('1/(1+x)'),
  expression('log(1+x)'),
  {
    name: 'zig-zag with 4096 teeth',
    target: () =>
      tableTarget(
        Array.from({ length: 8193 }, (_, i) => ({ x: Rational.of(BigInt(i), 8192n), y: Rational.of(BigInt(i % 2)) })),
      ),
    epsilons: ['0.25', '0.1', '0.001'],
  },
  thermocouple('k', false),
  thermocouple('j', false),
  thermocouple('k', true),
  thermocouple('j', true),
  {
    name: 'callback',
    target: () => callbackTarget((x) => Math.abs(Math.sin(5 * x)) / 5, { lipschitz: 1, text: 'abs(sin(5x))/5' }),
    epsilons: ['0.01', '0.001', '0.0001'],
  },
];

/** The largest |f - net| seen at `count` random float64 inputs in the interval, rounded down; values are exact. */
export function observed(network: Network, target: Target, inner: Interval, count: number, seed: number): Dyadic {
  const random = seeded(seed);
  const engine = Engine.createSync(network, { domain: [inner] });
  const [a, b] = [inner.lo.toNumber('up'), inner.hi.toNumber('down')];
  let most = Dyadic.ZERO;
  for (let done = 0; done < count; ) {
    const batch = Float64Array.from({ length: Math.min(4096, count - done) }, () =>
      Math.min(Math.max(a + (b - a) * random.unit(), a), b),
    );
    const outputs = engine.forwardExact(batch);
    for (let i = 0; i < batch.length; i++) {
      const f = target.enclose([Interval.of(batch[i] as number)], 64);
      if (!f) throw new Error(`${target.text} is not enclosed at ${batch[i]}`);
      const away = f.sub(Interval.of(outputs.at(i, 0))).abs().lo;
      if (away.gt(most)) most = away;
    }
    done += batch.length;
  }
  engine.dispose();
  return most;
}
