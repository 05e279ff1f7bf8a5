/**
 * Build time and size of the constructions of [DLS18]: the shared network against the literal one of Theorem 1, and the engine
 * against exact evaluation by BigInt. Networks are small enough for the slow side of a pair.
 */
import { cached, planTaylor, type TaylorOptions, taylor } from '../../src/construct/index.ts';
import { Engine } from '../../src/engine/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import type { Target } from '../../src/exact/index.ts';
import { encodeNetwork } from '../../src/io/index.ts';
import type { Network } from '../../src/net/index.ts';
import { compare, type Row, type Setting } from '../measure.ts';

const CASES: readonly (readonly [name: string, f: string, options: TaylorOptions])[] = [
  ['d=1 n=3 1e-3', 'exp(-x)', { n: 3, epsilon: 1e-3, lambda: 4 }],
  ['d=1 n=3 1e-6', 'exp(-x)', { n: 3, epsilon: 1e-6, lambda: 4 }],
  ['d=1 n=4 1e-6', 'exp(-x)', { n: 4, epsilon: 1e-6, lambda: 4 }],
  ['d=2 n=2 1e-1', 'sin(x1)*cos(x2)', { n: 2, epsilon: 1e-1, lambda: 4 }],
  ['d=3 n=2 N=4', 'sin(x1)*cos(x2)*x3', { n: 2, N: 4, lambda: 4 }],
];

export async function constructions(
  setting: Setting,
  report: (rows: readonly Row[]) => void,
  only?: string,
): Promise<void> {
  for (const [name, text, options] of CASES) {
    if (only && name !== only) continue;
    const f = expressionTarget(text);
    const build = (sharing: 'full' | 'none'): Network => taylor(f, { ...options, sharing }).network;
    const [shared, literal] = [build('full'), build('none')];
    const place = { suite: 'constructions', case: name, batch: 1 };
    const ours = { name: 'shared', run: () => build('full'), checkedEqual: true };
    const checkedEqual = samePoints(f, shared, literal);
    const rows = await compare(
      place,
      ours,
      [{ name: 'built literally', run: () => build('none'), checkedEqual }],
      setting,
    );
    report(rows.map((row) => ({ ...row, ...sizes(shared), literalWeights: literal.connectivity })));
    const plan = { name: 'plan', run: () => planTaylor(f, options), checkedEqual: true };
    const built = { name: 'built, not planned', run: () => build('full'), checkedEqual: true };
    report(await compare(place, plan, [built], setting));
    report([await evaluation(name, f, shared, setting)]);
  }
  for (const epsilon of [1e-2, 1e-3]) {
    const name = `cached ${epsilon}`;
    if (only && name !== only) continue;
    const f = expressionTarget('abs(sin(30*x))/40+abs(x-0.3)/4');
    const build = (family: 'three' | 'plain'): Network => cached(f, { epsilon, family, lambda: 4 }).network;
    const network = build('three');
    const rows = await compare(
      { suite: 'constructions', case: name, batch: 1 },
      { name: 'three', run: () => build('three'), checkedEqual: true },
      [{ name: 'built without cache', run: () => build('plain'), checkedEqual: false }],
      setting,
    );
    report(rows.map((row) => ({ ...row, ...sizes(network), plainWeights: build('plain').connectivity })));
    report([await evaluation(name, f, network, setting)]);
  }
}

function sizes(network: Network): { weights: number; depth: number; fileBytes: number } {
  return { weights: network.connectivity, depth: network.depth, fileBytes: encodeNetwork({ network }).length };
}

const inputsOf = (f: Target, rows: number): Float64Array =>
  Float64Array.from({ length: rows * f.inputs }, (_, k) => ((k * 7919 + 13) % 1009) / 1009);

function samePoints(f: Target, a: Network, b: Network): boolean {
  const x = inputsOf(f, 8);
  const [p, q] = [a, b].map((net) => {
    const engine = Engine.createSync(net);
    const out = engine.forwardExact(x).toDyadics();
    engine.dispose();
    return out;
  }) as [ReturnType<Network['evaluate']>, ReturnType<Network['evaluate']>];
  return p.every((v, k) => v.eq(q[k] as (typeof q)[number]));
}

/** 64 points by the engine, as many one after the other by BigInt. */
async function evaluation(name: string, f: Target, network: Network, setting: Setting): Promise<Row> {
  const batch = 64;
  const x = inputsOf(f, batch);
  const engine = await Engine.create(network, { domain: [0, 1] });
  const expected = engine.forwardExact(x);
  const first = [...x.subarray(0, f.inputs)];
  const oracle = {
    name: 'BigInt',
    run: () => network.evaluate(first),
    checkedEqual: (network.evaluate(first)[0] as ReturnType<typeof expected.at>).eq(expected.at(0, 0)),
    share: batch,
  };
  const ours = { name: 'engine', run: () => engine.forward(x), checkedEqual: true };
  const rows = await compare({ suite: 'constructions', case: `${name} evaluated`, batch }, ours, [oracle], setting);
  engine.dispose();
  return rows[0] as Row;
}
