/** The network in the formats that others read: ONNX and C99. */
import { Dyadic, InputError } from '../exact/index.ts';
import { converterCounts, type NetworkFile, writeC, writeOnnx } from '../io/index.ts';
import type { Download } from './protocol.ts';

/** float32 where every sum is exact on a grid of the domain; else float64; else rounded, and it says so. */
export function onnxDownload({ network, domain }: NetworkFile): Download {
  const stated = domain && { domain, fractionalBits: 12 };
  for (const type of ['float32', 'float64'] as const) {
    if (!stated) break;
    try {
      const { bytes, sumBits } = writeOnnx(network, { type, inputs: stated });
      const notes = [
        `${type}; every sum is exact for inputs that are multiples of 2^-12 (at most ${Math.max(0, ...(sumBits ?? []))} binary digits)`,
      ];
      return { bytes, notes };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  const { bytes } = writeOnnx(network, { type: 'float64', acceptRounding: true });
  return { bytes, notes: ['float64; a runtime may round its sums, so the certificate does not carry over to it'] };
}

/**
 * A C99 function of a converter's counts: 0 .. 2^bits - 1 stand for the domain, evenly. One dyadic domain for all inputs is
 * needed; throws InputError without it, and where a sum exceeds 64 bits.
 */
export function cDownload({ network, domain, meta }: NetworkFile, name: string, adcBits: number): Download {
  if (!domain) throw new InputError('C: expected a network with a domain; state it above');
  const counts = converterCounts(domain, adcBits);
  const upper = meta?.proved?.upper;
  const written = writeC(network, {
    name,
    counts,
    notes: [
      ...(meta?.target ? [`Approximates ${meta.target}.`] : []),
      ...(upper ? [`Proved: sup |f - net| <= ${Dyadic.parse(upper).toNumber('up')}.`] : []),
    ],
  });
  const { source, flashBytes, ramBytes, multiplications } = written;
  return {
    bytes: new TextEncoder().encode(source),
    notes: [
      `${flashBytes} bytes of constants, ${ramBytes} bytes on the stack, ${multiplications} multiplications a call`,
      `input: counts 0..${counts.hi}, one count is ${Dyadic.from(counts.scale).toDecimal()}`,
    ],
  };
}
