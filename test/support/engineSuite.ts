/** What every build of the engine must do, in Node and in browsers: give the oracle's bits. */
import { describe, expect, test } from 'vitest';
import { type CoreBuild, Engine, explainPlan, type Plan, readPlan } from '../../src/engine/index.ts';
import { core } from '../../src/engine/runtime.ts';
import { Dyadic } from '../../src/exact/index.ts';
import { LayerBuilder, Network } from '../../src/net/index.ts';
import {
  BATCH_SIZES,
  bitmapCase,
  type Case,
  digitCases,
  limbSumCases,
  limitCases,
  Random,
  randomCase,
  unevenCase,
} from './engineCases.ts';

/** A case with the oracle's answers, row after row. */
interface Known extends Case {
  readonly answers: readonly Dyadic[];
}

function known(c: Case): Known {
  const { network, batch } = c;
  const answers: Dyadic[] = [];
  for (let at = 0; at < batch.length; at += network.inputs) {
    answers.push(...network.evaluate(Array.from(batch.subarray(at, at + network.inputs))));
  }
  return { ...c, answers };
}

/** Compares the engine, rounded and exact, with the oracle's answers; returns the plan used. */
async function compare({ network, domain, batch, answers }: Known, build: CoreBuild): Promise<Plan> {
  const engine = await Engine.create(network, domain ? { domain, build } : { build });
  try {
    const plan = readPlan(engine.planFor(batch).buffer);
    await spoil(build, plan);
    const rounded = engine.forward(batch);
    const exact = engine.forwardExact(batch);
    answers.forEach((y, k) => {
      const [r, o] = [Math.floor(k / network.outputs), k % network.outputs];
      if (!Object.is(rounded[k], y.toNumber()) || !exact.at(r, o).eq(y)) {
        throw new Error(
          `row ${r}, output ${o}: expected ${y} = ${y.toNumber()}, got ${exact.at(r, o)} = ${rounded[k]}\n${explainPlan(plan).text}`,
        );
      }
    });
    return plan;
  } finally {
    engine.dispose();
  }
}

/** Fills the working memory with other bytes each time: nothing that stood there before may be read. */
let spoilt = 0;
async function spoil(build: CoreBuild, plan: Plan): Promise<void> {
  const running = await core(build);
  const at = running.scratch(plan.workingBytes);
  running.u8.fill(++spoilt * 77, at, at + plan.workingBytes);
}

/** The cases and their answers are made once for all builds. */
const bits = new Random(11);
let bitmapCases: Known[] | undefined;
const random: Known[] = [];
function randomCases(pairs: number): readonly Known[] {
  if (random.length === 0) {
    const source = new Random(1);
    for (let k = 0, count = 0; count < pairs; k++) {
      const rows = BATCH_SIZES[k % BATCH_SIZES.length] as number;
      random.push(known(randomCase(source, rows)));
      count += rows;
    }
  }
  return random;
}

export function engineSuite(name: string, build: () => Promise<CoreBuild> | CoreBuild, pairs = 10_000): void {
  describe(name, () => {
    test(`equals the oracle on ${pairs} random networks x inputs, every tier among them`, async () => {
      const core = await build();
      const tiers = new Set<string>();
      for (const c of randomCases(pairs)) {
        for (const layer of explainPlan(await compare(c, core)).layers) tiers.add(`${layer.tier} ${layer.kernel}`);
      }
      expect([...tiers].sort()).toEqual([
        'int32 dense',
        'int32 int32',
        'int32 limb32',
        'int32 limb64',
        'int64 dense',
        'int64 limb32',
        'int64 limb64',
        'int64 window',
        'limbs dense',
        'limbs limb32',
        'limbs limb64',
        'limbs window',
      ]);
    });

    test('equals the oracle one below, at and one above every limit', async () => {
      const core = await build();
      for (const c of [...limitCases(), ...limbSumCases()]) await compare(known(c), core);
    });

    test('a row without terms keeps the sign of its bias, however long the numbers before it are', async () => {
      const core = await build();
      for (const wide of [4, 20, 40, 60]) {
        const first = new LayerBuilder(2);
        first.row(Dyadic.ZERO, []);
        first.row(Dyadic.ZERO, [[0, Dyadic.of(-64n, -4)]]);
        first.row(Dyadic.of(-49n, -4), []);
        const second = new LayerBuilder(3);
        for (const bias of [0n, -5n, 3n]) second.row(Dyadic.of(bias, 3), []);
        const network = new Network([first.build(), second.build()]);
        for (const rows of [1, 9]) {
          const batch = Float64Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? -(2 ** wide) : 0));
          await compare(known({ network, batch, domain: undefined }), core);
        }
      }
    });

    test('inputs and weights of very different sizes; weights whose digits end at a border', async () => {
      const running = await build();
      const random = new Random(11);
      const cases = [...digitCases(), ...Array.from({ length: pairs / 20 }, () => unevenCase(random))];
      for (const { network, domain, rows } of cases) {
        const engine = await Engine.create(network, { domain, build: running });
        const values = rows.flat();
        await spoil(running, engine.planFor(values));
        const exact = engine.forwardExact(values);
        rows.forEach((x, r) => {
          network.evaluate(x).forEach((y, o) => {
            if (!exact.at(r, o).eq(y)) {
              throw new Error(
                `${x}, output ${o}: expected ${y}, got ${exact.at(r, o)}\n${explainPlan(engine.planFor(values)).text}`,
              );
            }
          });
        });
        engine.dispose();
      }
    });

    test('layers of weights 1 and -1 stay packed, and equal the oracle', async () => {
      const core = await build();
      let packed = 0;
      bitmapCases ??= Array.from({ length: 60 }, (_, k) =>
        known(bitmapCase(bits, [1, 5, 9, 33, 64, 70][k % 6] as number)),
      );
      for (const c of bitmapCases) {
        for (const y of explainPlan(await compare(c, core)).layers) {
          if (!y.why.includes('bit planes')) continue;
          packed++;
          // Two planes at most, a header, and a bias digit or a few.
          expect(y.bytes).toBeLessThan(y.outputs * (8 * Math.ceil(y.inputs / 32) + 8 + 8 * y.limbsSum));
        }
      }
      expect(packed).toBeGreaterThan(40);
    });

    test('equals the oracle on a batch of 1000 in parts', async () => {
      const core = await build();
      const random = new Random(7);
      for (let k = 0; k < 6; k++) await compare(known(randomCase(random, 1000)), core);
    });

    test('exact inputs: dyadics and mantissas', async () => {
      const core = await build();
      const random = new Random(3);
      for (let k = 0; k < 200; k++) {
        const { network } = randomCase(random, 1);
        const values = Array.from({ length: 3 * network.inputs }, () =>
          Dyadic.of(random.big(random.between(1, 200)), -random.between(0, 150)),
        );
        const engine = await Engine.create(network, { build: core });
        const scale = 160;
        const forms = [
          engine.forwardExact(values).toDyadics(),
          engine.forwardExact({ mantissas: values.map((v) => v.mantissaAt(scale)), scale }).toDyadics(),
        ];
        const rounded = engine.forward(values);
        for (let r = 0; r < 3; r++) {
          network.evaluate(values.slice(r * network.inputs, (r + 1) * network.inputs)).forEach((y, o) => {
            for (const got of forms) expect(got[r * network.outputs + o]!.toString()).toBe(y.toString());
            expect(rounded[r * network.outputs + o]).toBe(y.toNumber());
          });
        }
        engine.dispose();
      }
    });
  });
}
