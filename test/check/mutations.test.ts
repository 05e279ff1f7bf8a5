/** Proofs that hold are accepted; 1000 that were changed so that they claim something false, or leave a gap, are not. */
import { expect, test } from 'vitest';
import { certifySup, proveSup, type SupProof } from '../../src/certify/index.ts';
import { checkProof } from '../../src/check/check.ts';
import { Rejected } from '../../src/check/read.ts';
import { Dyadic } from '../../src/exact/index.ts';
import { encodeNetwork } from '../../src/io/index.ts';
import { dice } from '../support/mutate.ts';
import { cases, errorAt, moved, type Proved } from '../support/proofs.ts';

type Loose = { -readonly [K in keyof SupProof]: SupProof[K] };
type Mutation = { proof: Loose; file?: Uint8Array; other?: Uint8Array };
type Switches = (number | number[])[];
const all = cases();

test('every proof that was written is accepted, and says what was proved', () => {
  for (const { proof, file, other, certificate, name } of all) {
    const claim = checkProof(proof, file, other);
    expect(claim.upper, name).toBe(certificate.upper!.toString());
    expect(Dyadic.parse(claim.lower).le(certificate.lower)).toBe(true);
    expect(certificate.upper!.toNumber()).toBeLessThanOrEqual(1.01 * Dyadic.parse(claim.lower).toNumber());
    expect(claim.pieces).toBeGreaterThan(1);
  }
});

test('a proof that is not found in time is none', () => {
  const { net, f } = all[0]!;
  expect(() => proveSup(net, f, { seconds: 1e-6 })).toThrow(
    /^proof: expected blocks of f found in time, got .*not enough/,
  );
});

/** Each makes a false claim or a gap of a proof; undefined where it cannot. */
const mutations: Record<string, (c: Proved, proof: Loose, roll: (below: number) => number) => Mutation | undefined> = {
  'an upper bound below the lower one'(c, proof, roll) {
    const part = Dyadic.from([1 - 2 ** -12, 1 - 2 ** -20, 0.5, 0.9, 0, -1][roll(6)]!);
    return { proof: { ...proof, upper: c.certificate.lower.mul(part).toString() } };
  },
  'a lower bound above the upper one'(c, proof, roll) {
    const part = Dyadic.from([1.0001, 1.1, 2, 1000][roll(4)]!);
    return { proof: { ...proof, lower: c.certificate.upper!.mul(part).toString() } };
  },
  'a witness that is none'(c, proof, roll) {
    const [lo, hi] = c.domain;
    const x = lo.add(hi.sub(lo).mul(Dyadic.of(BigInt(roll(2 ** 20)), -20)));
    return errorAt(c, x).hi.lt(Dyadic.parse(proof.lower)) ? { proof: { ...proof, witness: x.toString() } } : undefined;
  },
  'a witness outside the domain'(c, proof, roll) {
    const [lo, hi] = c.domain;
    const x = roll(2) ? hi.add(Dyadic.pow2(-roll(30))) : lo.sub(Dyadic.pow2(-roll(30)));
    return { proof: { ...proof, witness: x.toString() } };
  },
  'a switch left out'(_, proof, roll) {
    const key = proof.otherSwitches && roll(2) ? 'otherSwitches' : 'switches';
    const switches = [...(proof[key] as Switches)];
    if (switches.length === 0) return undefined;
    switches.splice(roll(switches.length), 1);
    return { proof: { ...proof, [key]: switches } };
  },
  'all later switches left out'(_, proof, roll) {
    if (proof.switches.length === 0) return undefined;
    return { proof: { ...proof, switches: proof.switches.slice(0, roll(proof.switches.length)) } };
  },
  'two switches exchanged'(_, proof, roll) {
    const switches = [...proof.switches] as Switches;
    const i = roll(switches.length - 1);
    [switches[i], switches[i + 1]] = [switches[i + 1]!, switches[i]!];
    return String(switches) === String(proof.switches) ? undefined : { proof: { ...proof, switches } };
  },
  'another unit switches'(_, proof, roll) {
    const switches = [...proof.switches] as Switches;
    const i = roll(switches.length);
    const old = switches[i]!;
    switches[i] = typeof old === 'number' ? old + 1 + roll(3) : old.slice(1);
    return { proof: { ...proof, switches } };
  },
  'the first blocks left out'(_, proof, roll) {
    if (!proof.blocks) return undefined;
    const n = 1 + roll(proof.blocks.length);
    const from = proof.blocks[n - 1]![0];
    return { proof: { ...proof, from, blocks: proof.blocks.slice(n) } };
  },
  'the last blocks left out'(_, proof, roll) {
    if (!proof.blocks) return undefined;
    return { proof: { ...proof, blocks: proof.blocks.slice(0, roll(proof.blocks.length)) } };
  },
  'a wider domain'(c, proof, roll) {
    if (!proof.blocks) return undefined;
    const [lo, hi] = c.domain;
    const by = Dyadic.pow2(-roll(20));
    const wide = roll(2) ? [lo, hi.add(by)] : [lo.sub(by), hi];
    return { proof: { ...proof, domain: wide.map(String) as unknown as [string, string] } };
  },
  'another function'(c, proof, roll) {
    const by = c.certificate.upper!.mul(Dyadic.from(2.01 + roll(100) / 10));
    if ('expression' in proof.f) {
      const text = `${proof.f.expression}${roll(2) ? '+' : '-'}${by.m}*2^(${by.e})`;
      return { proof: { ...proof, f: { expression: text } } };
    }
    if ('table' in proof.f) {
      const [, dy] = proof.f.over;
      const table = proof.f.table.map(([x, y], i) => [x, i > 3 && i < 6 ? 1000 * i * Number(dy) : y] as const);
      return { proof: { ...proof, f: { ...proof.f, table } } };
    }
    return { proof, other: encodeNetwork({ network: moved(c.f as Proved['net'], by) }) };
  },
  'another network'(c, proof, roll) {
    const by = c.certificate.upper!.mul(Dyadic.from(2.01 + roll(100) / 10));
    return { proof, file: encodeNetwork({ network: moved(c.net, roll(2) ? by : by.neg()) }) };
  },
};

test('1000 mutations that make the claim false or the cover incomplete are rejected', () => {
  const roll = dice(20);
  const names = Object.keys(mutations);
  const reasons = new Map<string, number>();
  for (let n = 0; n < 1000; ) {
    const c = all[roll(all.length)]!;
    const name = names[roll(names.length)]!;
    const mutation = mutations[name]!(c, structuredClone(c.proof) as Loose, roll);
    if (!mutation) continue;
    n++;
    try {
      checkProof(mutation.proof, mutation.file ?? c.file, mutation.other ?? c.other);
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      reasons.set(error.message, (reasons.get(error.message) ?? 0) + 1);
      continue;
    }
    throw new Error(`accepted: ${c.name} with ${name}: ${JSON.stringify(mutation.proof)}`);
  }
  // No check of the checker stands idle.
  expect([...reasons.keys()].sort()).toEqual(
    expect.arrayContaining([
      'a unit switches that is not listed',
      'the blocks do not cover the domain',
      'the difference at the witness is not shown to be as large as claimed',
      'the difference exceeds the claimed bound',
      'the witness is not in the domain',
    ]),
  );
});

test('a unit that never switches cannot be hidden behind a switch beyond the domain', () => {
  const c = all.find(({ name }) => name === 'sin')!;
  const [, ...later] = c.proof.switches;
  expect(() => checkProof({ ...c.proof, domain: ['0', '1*2^-4'], switches: later.slice(0, 3) }, c.file)).toThrow(
    Rejected,
  );
});

test('proofs with any field changed: accepted only where the claim is true', () => {
  const roll = dice(7);
  const numbers = ['0', '1', '-1', '3*2^-2', '1*2^-9', '5*2^3', '1*2^-60', '3*2^-30'];
  let accepted = 0;
  for (let n = 0; n < 400; n++) {
    const c = all[roll(all.length)]!;
    const proof = structuredClone(c.proof) as Loose;
    const keys = ['upper', 'lower', 'witness', 'unit', 'from', 'blocks', 'domain', 'switches'] as const;
    const key = keys[roll(keys.length)]!;
    const loose = proof as Record<string, unknown>;
    if (key === 'blocks' || key === 'switches') {
      const list = [...((proof[key] ?? []) as unknown[])];
      const i = roll(list.length + 1);
      if (roll(3) === 0) list.splice(i, 1);
      else if (roll(2)) list.splice(i, 0, list[roll(list.length)]);
      else if (key === 'blocks' && list[i]) list[i] = [(list[i] as [string, number])[0], roll(26) - 1];
      else list[i] = roll(20) - 1;
      loose[key] = list;
    } else if (key === 'domain') loose.domain = [numbers[roll(8)], proof.domain[1]];
    else if (key === 'unit') loose.unit = roll(120) - 10;
    else loose[key] = roll(3) ? numbers[roll(8)] : [null, 7, 'NaN', '1e3', {}, '1/0', '1*2^-99999999'][roll(7)];
    let claim: ReturnType<typeof checkProof>;
    try {
      claim = checkProof(proof, c.file, c.other);
    } catch (error) {
      if (error instanceof Rejected) continue;
      throw error;
    }
    accepted++;
    const [lo, hi] = claim.domain.map((t) => Dyadic.parse(t)) as [Dyadic, Dyadic];
    const truth = certifySup(c.net, c.f, { domain: [lo, hi] });
    expect(Dyadic.parse(claim.upper).ge(truth.lower), JSON.stringify(proof)).toBe(true);
    expect(Dyadic.parse(claim.lower).le(truth.upper!), JSON.stringify(proof)).toBe(true);
  }
  expect(accepted).toBeGreaterThan(5);
});
