/** Networks with proofs of their errors, and ways to break such a proof. */
import { type ProvedSup, proveSup, type SupProof } from '../../src/certify/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, Interval, Rational, type Target, tableTarget } from '../../src/exact/index.ts';
import { encodeNetwork } from '../../src/io/index.ts';
import { biasAt, LayerBuilder, Network, type Term, weightAt } from '../../src/net/index.ts';
import { interpolant } from './interpolant.ts';
import { dense } from './pairs.ts';

export interface Proved extends ProvedSup {
  readonly name: string;
  readonly net: Network;
  readonly f: Target | Network;
  readonly file: Uint8Array;
  readonly other: Uint8Array | undefined;
  readonly proof: SupProof;
  readonly domain: readonly [Dyadic, Dyadic];
}

export function proved(
  name: string,
  net: Network,
  f: Target | Network,
  lo = Dyadic.ZERO,
  hi = Dyadic.ONE,
  fine = 1,
): Proved {
  // As the command line does: finer where the checker asks for it.
  const found = proveSup(net, f, { domain: [lo, hi], fine });
  return {
    ...found,
    name,
    net,
    f,
    domain: [lo, hi],
    proof: JSON.parse(JSON.stringify(found.proof)) as SupProof,
    file: encodeNetwork({ network: net }),
    other: f instanceof Network ? encodeNetwork({ network: f }) : undefined,
  };
}

/** Interpolants, a network far from its target, deep networks; expressions, a table and networks as targets. */
export function cases(): Proved[] {
  const e = expressionTarget;
  const third = Rational.of(1n, 3n);
  const deep = dense([1, 8, 8, 1], 10, 8);
  const table = tableTarget(
    Array.from({ length: 14 }, (_, i) => ({
      x: third.mul(Rational.of(BigInt(i - 4))),
      y: Rational.of(BigInt((i * i) % 7), 5n),
    })),
    { text: 'a table' },
  );
  return [
    proved(
      'sin',
      interpolant((x) => Math.sin(6 * x), 32, 20),
      e('sin(6*x)'),
    ),
    proved('sqrt', interpolant(Math.sqrt, 16, 12), e('sqrt(x)')),
    proved(
      'a kink',
      interpolant((x) => Math.abs(x - 1 / 3), 16, 12),
      e('abs(x-1/3)'),
    ),
    proved('exp', interpolant(Math.exp, 64, 30), e('exp(x)')),
    proved(
      'far',
      interpolant((x) => (x > 0.6 ? x : 0), 2, 3),
      e('sin(20*x)/2'),
    ),
    proved(
      'tanh',
      interpolant((x) => Math.tanh(4 * x), 32, 16, -1, 1),
      e('tanh(4*x)'),
      Dyadic.from(-1),
      Dyadic.ONE,
      2,
    ),
    proved('deep', deep, e('x^2/(1+x)'), Dyadic.from(-0.5), Dyadic.from(3)),
    proved('table', deep, table, Dyadic.from(-1), Dyadic.from(3)),
    proved('network', deep, dense([1, 5, 5, 1], 7, 8), Dyadic.from(-1), Dyadic.from(3)),
  ];
}

/** |f - net| at x, enclosed. */
export function errorAt({ net, f }: Proved, x: Dyadic): Interval {
  const y = Interval.of(net.evaluate([x])[0]!);
  const value = f instanceof Network ? Interval.of(f.evaluate([x])[0]!) : f.enclose([Interval.of(x)], 200)!;
  return value.sub(y).abs();
}

/** The network with its last bias moved. */
export function moved(net: Network, by: Dyadic): Network {
  return new Network(
    net.layers.map((layer, l) => {
      const out = new LayerBuilder(layer.inputs);
      for (let i = 0; i < layer.outputs; i++) {
        const terms: Term[] = [];
        for (let k = layer.rowStart[i]!; k < layer.rowStart[i + 1]!; k++)
          terms.push([layer.column[k]!, weightAt(layer, k)]);
        out.row(l + 1 === net.depth ? biasAt(layer, i).add(by) : biasAt(layer, i), terms);
      }
      return out.build();
    }),
  );
}
