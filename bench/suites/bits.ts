/**
 * Bit extraction at 1024 bits: the kernel, and the network that reads its bits layer by layer, against the same recursion in
 * BigInt (two thresholds, a difference, a subtraction) and against BigInt's own binary digits.
 */
import { bitExtraction } from '../../src/construct/index.ts';
import { BitKernels, codeWord, Engine } from '../../src/engine/index.ts';
import { Dyadic } from '../../src/exact/index.ts';
import { type Candidate, compare, type Row, type Setting } from '../measure.ts';
import { seeded } from '../nets.ts';

const BITS = 1024;

export async function bits(setting: Setting, report: (rows: readonly Row[]) => void, only?: string): Promise<void> {
  const random = seeded(3);
  for (const batch of [1, 8, 1024]) {
    const source = Uint8Array.from({ length: batch * BITS }, () => random(0, 1));
    const kernels = await BitKernels.create();
    const code = kernels.encode(source, BITS);
    const words = Array.from({ length: batch }, (_, r) => codeWord(code, r));
    const cut = Math.min(batch, 8);
    const recursion = (): Uint8Array => extractByThresholds(words.slice(0, cut));
    const digits = (): Uint8Array => extractByDigits(words);
    for (const got of [kernels.extract(code), recursion(), digits()]) {
      if (!got.every((b, k) => b === source[k])) throw new Error('bits: an extraction differs from its source');
    }
    const peers: Candidate[] = [
      { name: 'BigInt, thresholds', run: recursion, checkedEqual: true, share: batch / cut },
      { name: 'BigInt, toString(2)', run: digits, checkedEqual: true },
    ];
    if (!only || only === 'kernel') {
      const ours: Candidate = { name: 'dyadnet', run: () => kernels.extract(code), checkedEqual: true };
      report(await compare({ suite: 'bits', case: `kernel, ${BITS} bits`, batch }, ours, peers, setting));
    }
    if ((!only || only === 'network') && batch <= 8) {
      const made = bitExtraction({ bits: BITS, coding: 'gray' });
      const rows = Array.from({ length: batch }, (_, r) => source.subarray(r * BITS, (r + 1) * BITS));
      const inputs = rows.map((row) => made.encode(row));
      const engine = await Engine.create(made.network, { domain: [Dyadic.ZERO, Dyadic.pow2(BITS)] });
      const out = new Float64Array(batch * BITS);
      if (!engine.forwardInto(inputs, out).every((b, k) => b === source[k]))
        throw new Error('bits: the network differs');
      const ours: Candidate = { name: 'dyadnet', run: () => engine.forwardInto(inputs, out), checkedEqual: true };
      const point = inputs.slice(0, 1);
      const oracle = { name: 'BigInt, the same network', run: () => made.network.evaluate(point), checkedEqual: true };
      if (!oracle.run().every((b, k) => b.toNumber() === source[k])) throw new Error('bits: the oracle differs');
      const all = [{ ...oracle, share: batch }, ...peers];
      report(await compare({ suite: 'bits', case: `network, ${BITS} bits`, batch }, ours, all, setting));
      engine.dispose();
    }
  }
}

/** bit = relu(x - (h - 1)) - relu(x - h), x := x - bit h, h = 2^(r-1): what a network does. */
function extractByThresholds(words: readonly bigint[]): Uint8Array {
  const out = new Uint8Array(words.length * BITS);
  let at = 0;
  for (const word of words) {
    let x = word;
    for (let r = BITS; r >= 1; r--) {
      const h = 1n << BigInt(r - 1);
      let a = x - (h - 1n);
      if (a < 0n) a = 0n;
      let b = x - h;
      if (b < 0n) b = 0n;
      const bit = a - b;
      out[at++] = Number(bit);
      x -= bit << BigInt(r - 1);
    }
  }
  return out;
}

function extractByDigits(words: readonly bigint[]): Uint8Array {
  const out = new Uint8Array(words.length * BITS);
  words.forEach((word, r) => {
    const text = word.toString(2).padStart(BITS, '0');
    for (let k = 0; k < BITS; k++) out[r * BITS + k] = text.charCodeAt(k) - 48;
  });
  return out;
}
