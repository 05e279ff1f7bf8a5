/** The prover broken on purpose, one place at a time: it then writes false proofs, and the checker rejects them all. */
import { join } from 'node:path';
import { build, type Rollup } from 'vite';
import { beforeAll, describe, expect, test } from 'vitest';
import { certifySup } from '../../src/certify/index.ts';
import { checkProof } from '../../src/check/check.ts';
import { Rejected } from '../../src/check/read.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic } from '../../src/exact/index.ts';
import { InputError } from '../../src/exact/refuse.ts';
import { encodeNetwork } from '../../src/io/index.ts';
import type { Network } from '../../src/net/index.ts';
import { interpolant } from '../support/interpolant.ts';
import { dense } from '../support/pairs.ts';
import type { prove } from '../support/prover.ts';

type Edit = readonly [file: string, from: string, to: string];

/** The prover's last look at its own proof, taken out: what is broken elsewhere gets through. */
const UNSEEN: Edit = ['certify/proof.ts', 'model && this.holds(model, chunk, i0, i1)', 'model'];

const BREAKS: Record<string, readonly Edit[]> = {
  'units never switch on': [['certify/pieces.ts', '=== 1 ? a < 0n : a > 0n;', '=== 1 && a < 0n;']],
  'switches in the wrong order': [
    ['certify/queue.ts', '+ TINY) return gap;\n    const a', '+ TINY) return -gap;\n    const a'],
  ],
  'biases of the first layer are lost': [['certify/pieces.ts', 'big(layer.bias[i] as number | bigint) << lift', '0n']],
  'a line is half as steep in the units of a block': [
    ['certify/model.ts', 'out[1] = shift(a, P - scale + model.h);', 'out[1] = shift(a, P - scale + model.h - 1);'],
    UNSEEN,
  ],
  'the remainder of a Taylor polynomial is forgotten': [
    ['certify/model.ts', 'radius += ceilShift(r * power, 16);', 'radius += 0n;'],
    ['certify/model.ts', 'curveRadius += ceilShift', 'curveRadius += 0n * ceilShift'],
    UNSEEN,
  ],
  'every block is called convex': [
    ['certify/model.ts', 'second.lo.sign >= 0 ? 1 : second.hi.sign <= 0 ? -1 : 0', '1'],
    UNSEEN,
  ],
  'only the ends of a cell are looked at': [
    ['certify/cell.ts', 'this.raise(es + outside + wobble + 1n);', ''],
    ['certify/cell.ts', 'this.raise(-(es + outside) + wobble + 1n);', ''],
    UNSEEN,
  ],
  'settled blocks are forgotten': [
    ['certify/search.ts', 'if (upper > this.settled) this.settled = upper;', ''],
    UNSEEN,
  ],
  'the worst block is not halved but dropped': [['certify/search.ts', 'this.halves(worst, 0);', ''], UNSEEN],
  'the right half of a block is left out': [
    ['certify/search.ts', 'this.divide({ lo: mid, hi, chunk, i0: j, i1, upper: part.upper }, eager);', ''],
    UNSEEN,
  ],
  'a proof of the first part only': [
    ['certify/proof.ts', 'if (end === last) return;', 'if (end === last || this.blocks.length > 0) return;'],
    ['certify/proof.ts', 'const CHUNK = 1024;', 'const CHUNK = 8;'],
  ],
  'the curvature of f is forgotten': [
    ['certify/model.ts', 'coefficients.push(c);', 'coefficients.push(k === 2 ? 0n : c);'],
    UNSEEN,
  ],
  'the witness is praised too much': [['certify/proof.ts', 'Dyadic.from(1 - 2 ** -40)', 'Dyadic.from(1.5)']],
  'the difference of networks is taken in the first pieces only': [
    ['certify/exactSup.ts', 'max.offer(sweep.slope', 'if (sweep.switches < 3) max.offer(sweep.slope'],
  ],
};

interface Case {
  readonly net: Network;
  readonly f: string | Network;
  readonly domain: readonly [number, number];
}

const CASES: readonly Case[] = [
  { net: interpolant((x) => Math.sin(6 * x), 32, 20), f: 'sin(6*x)', domain: [0, 1] },
  { net: interpolant((x) => (x > 0.6 ? x : 0), 2, 3), f: 'sin(20*x)/2', domain: [0, 1] },
  { net: interpolant(Math.exp, 16, 24), f: 'exp(x)', domain: [0, 1] },
  { net: dense([1, 8, 8, 1], 10, 8), f: 'x^2/(1+x)', domain: [-0.5, 3] },
  { net: interpolant((x) => Math.tanh(4 * x), 32, 16, -1, 1), f: 'tanh(4*x)', domain: [-1, 1] },
  { net: dense([1, 8, 8, 1], 10, 8), f: dense([1, 5, 5, 1], 7, 8), domain: [-1, 3] },
];

/** The bundle of support/prover.ts with the edits made, each of which must fit in exactly one place. */
async function prover(edits: readonly Edit[]): Promise<typeof prove> {
  const made = new Set<Edit>();
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true },
    root: join(import.meta.dirname, '../..'),
    build: { write: false, minify: false, ssr: join(import.meta.dirname, '../support/prover.ts'), target: 'node20' },
    plugins: [
      {
        name: 'break',
        enforce: 'pre',
        transform(code, id) {
          let out = code;
          for (const edit of edits) {
            const [file, from, to] = edit;
            if (!id.endsWith(`/src/${file}`)) continue;
            expect(out.split(from).length, `${file}: ${from}`).toBe(2);
            out = out.replace(from, () => to);
            made.add(edit);
          }
          return out;
        },
      },
    ],
  });
  expect(made.size).toBe(edits.length);
  const [chunk] = ([result].flat() as Rollup.RollupOutput[])[0]!.output;
  const url = `data:text/javascript;base64,${Buffer.from(chunk.code).toString('base64')}`;
  return ((await import(/* @vite-ignore */ url)) as { prove: typeof prove }).prove;
}

type Outcome = 'accepted' | 'rejected' | 'none';

function run(broken: typeof prove, { net, f, domain }: Case): { outcome: Outcome; reason?: string } {
  const file = encodeNetwork({ network: net });
  const other = typeof f === 'string' ? undefined : encodeNetwork({ network: f });
  let proof: ReturnType<typeof prove>;
  try {
    proof = broken(file, other ?? (f as string), domain);
  } catch (error) {
    // A bundle has classes of its own.
    if ((error as Error).name === 'InputError' || error instanceof InputError || error instanceof RangeError)
      return { outcome: 'none', reason: (error as Error).message };
    throw error;
  }
  if (!proof) return { outcome: 'none' };
  try {
    const claim = checkProof(JSON.parse(JSON.stringify(proof)), file, other);
    const truth = certifySup(net, typeof f === 'string' ? expressionTarget(f) : f, {
      domain: [Dyadic.from(domain[0]), Dyadic.from(domain[1])],
    });
    expect(Dyadic.parse(claim.upper).ge(truth.lower)).toBe(true);
    expect(Dyadic.parse(claim.lower).le(truth.upper!)).toBe(true);
    return { outcome: 'accepted' };
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return { outcome: 'rejected', reason: error.message };
  }
}

describe('the prover', () => {
  let whole: typeof prove;
  beforeAll(async () => {
    whole = await prover([]);
  });

  test('as it is: every proof is accepted', () => {
    for (const c of CASES) expect(run(whole, c)).toEqual({ outcome: 'accepted' });
  });

  test.each(Object.entries(BREAKS))('%s: rejected, and nothing false is accepted', async (_, edits) => {
    const broken = await prover(edits);
    const outcomes = CASES.map((c) => run(broken, c));
    expect(outcomes.map(({ outcome }) => outcome)).toContain('rejected');
  });
});
