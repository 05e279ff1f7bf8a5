/**
 * Intrinsic networks as files: the marks say which entries belong to the target, the meta section how the decoder was made, so
 * that whoever has a file can put another function in. The decoder is built again and compared with the file, entry by entry;
 * nothing that the meta section says is believed.
 */
import type { GridCertificate } from '../certify/index.ts';
import type { IntrinsicDecoder, IntrinsicFit, IntrinsicNorm } from '../construct/index.ts';
import { decoderOf } from '../construct/intrinsic.ts';
import { planShape, type ShapeOptions } from '../construct/intrinsicShape.ts';
import { Dyadic, InputError, refuse, type Target } from '../exact/index.ts';
import type { Meta, NetworkFile } from '../io/index.ts';
import { biasAt, type Layer, type Network, weightAt } from '../net/index.ts';
import { entropyBits } from '../rates/index.ts';
import { certifyIntrinsic, type IntrinsicCertificateOptions } from './intrinsic.ts';

/** A fit, what was proved of it, and its file. */
export interface IntrinsicResult {
  readonly fit: IntrinsicFit;
  readonly certificate: GridCertificate;
  readonly file: NetworkFile & { readonly meta: Meta };
}

/** Puts a target into a decoder, proves the error, and says all of it in the file's meta section. Throws InputError as `fit` does. */
export function intrinsicFile(
  decoder: IntrinsicDecoder,
  target: Target,
  options: IntrinsicCertificateOptions & { readonly meta?: Meta } = {},
): IntrinsicResult {
  const { meta, ...rest } = options;
  const fit = decoder.fit(target);
  const certificate = certifyIntrinsic(fit, target, rest);
  const { shape, epsilon } = decoder;
  const { cells, valueBits, norm, single, perLayer, sets, readers } = shape;
  const lipschitz = target.lipschitz?.(shape.domain, 64);
  const { upper, lower, witness } = certificate;
  const error = (upper ?? fit.guaranteed).min(fit.guaranteed);
  const file = {
    network: fit.network,
    domain: shape.domain,
    intrinsic: fit.intrinsic.map(({ layer, row, column }) => ({
      layer,
      row,
      ...(column === undefined ? {} : { column }),
    })),
    meta: {
      ...meta,
      method: 'intrinsic',
      target: target.text,
      intrinsic: {
        decoder: {
          cells,
          valueBits,
          norm,
          perLayer,
          ...(single ? { single } : {}),
          ...(!single && readers > 1 && sets === 1 ? { sharedWords: true } : {}),
          ...(epsilon ? { epsilon: epsilon.toString() } : {}),
        },
        error: { upper: error.toString(), lower: lower.toString(), theorem: fit.theorem.value.toString() },
        ...(lipschitz && lipschitz.sign > 0 ? { lipschitz: lipschitz.toString() } : {}),
      },
      ...(norm === 'sup'
        ? {
            proved: {
              upper: error.toString(),
              lower: lower.toString(),
              ...(witness ? { witness: witness.map(String) } : {}),
              restsOn: certificate.restsOn,
            },
          }
        : {}),
    },
  };
  return Object.freeze({ fit, certificate, file });
}

/** Puts another target into the decoder of a file. Throws InputError where the file is not of a decoder, or the target does not fit it. */
export function retarget(
  file: NetworkFile,
  target: Target,
  options: IntrinsicCertificateOptions & { readonly meta?: Meta } = {},
): IntrinsicResult {
  return intrinsicFile(decoderIn(file), target, options);
}

/** The decoder of a file. Throws InputError where the file's network is not one of a decoder that is made here. */
export function decoderIn(file: NetworkFile): IntrinsicDecoder {
  const { network, intrinsic, domain } = file;
  const said = (file.meta as { intrinsic?: { decoder?: Record<string, unknown> } } | undefined)?.intrinsic?.decoder;
  if (!intrinsic || !domain || typeof said !== 'object' || said === null) {
    throw new InputError('retarget: expected a network with intrinsic parameters, made by the method intrinsic');
  }
  const options: ShapeOptions = {
    domain,
    cells: said.cells as number,
    valueBits: said.valueBits as number,
    norm: said.norm as IntrinsicNorm,
    single: said.single === true,
    sharedWords: said.sharedWords === true,
    perLayer: said.perLayer as number,
  };
  const shape = planShape(options);
  const epsilon = typeof said.epsilon === 'string' ? Dyadic.parse(said.epsilon) : undefined;
  if (epsilon && epsilon.sign <= 0) refuse('retarget: epsilon', 'a number > 0', epsilon);
  const other = (): never => refuse('retarget', 'the decoder that the file says it has', 'another network');
  if (shape.depth !== network.depth || shape.inputs !== network.inputs) other();
  const decoder = decoderOf(options, epsilon);
  const { entries } = decoder;
  const same = (k: number): boolean => {
    const [a, b] = [entries[k], intrinsic[k]];
    return a?.layer === b?.layer && a?.row === b?.row && a?.column === b?.column;
  };
  if (entries.length !== intrinsic.length || !entries.every((_, k) => same(k))) other();
  const values = entries.map((entry) => valueAt(network, entry));
  const words = values.slice(0, -2);
  if (words.some((w) => w.e < 0 || w.sign < 0)) other();
  const [offset, scale] = values.slice(-2) as [Dyadic, Dyadic];
  const again = decoder.put({ words: words.map((w) => w.floor()), scale, offset });
  if (!again.equals(network)) other();
  return decoder;
}

function valueAt(net: Network, { layer, row, column }: { layer: number; row: number; column?: number }): Dyadic {
  const at = net.layers[layer] as Layer | undefined;
  if (!at || row >= at.outputs) return Dyadic.ZERO;
  if (column === undefined) return biasAt(at, row);
  for (let k = at.rowStart[row] as number; k < (at.rowStart[row + 1] as number); k++) {
    if (at.column[k] === column) return weightAt(at, k);
  }
  return Dyadic.ZERO;
}

/** What a file's intrinsic part holds, and what no scheme can do without, for people and programs. */
export interface IntrinsicFacts {
  readonly count: number;
  /** Bits in all of them: the words' as they are read, the digits of the others. */
  readonly bits: number;
  readonly words: number;
  readonly wordBits: number;
  readonly norm: IntrinsicNorm;
  readonly upper: Dyadic;
  readonly lower: Dyadic;
  readonly theorem: Dyadic;
  /** f's Lipschitz constant in the maximum norm, where it has one. */
  readonly lipschitz: Dyadic | undefined;
  /** Bits that any scheme needs for all functions with this constant and this error. */
  readonly entropy: bigint | undefined;
}

/** Facts of a file with intrinsic parameters; undefined for any other file. What was proved is what the file says of itself. */
export function intrinsicFacts(file: NetworkFile): IntrinsicFacts | undefined {
  const meta = file.meta as { intrinsic?: { error?: Record<string, string>; lipschitz?: string } } | undefined;
  if (!file.intrinsic || !meta?.intrinsic?.error) return undefined;
  const { shape } = decoderIn(file);
  const { error, lipschitz: constant } = meta.intrinsic;
  const [upper, lower, theorem] = [error.upper, error.lower, error.theorem].map((t) => Dyadic.parse(String(t))) as [
    Dyadic,
    Dyadic,
    Dyadic,
  ];
  const lipschitz = constant === undefined ? undefined : Dyadic.parse(String(constant));
  const words = shape.words * shape.sets;
  const others = file.intrinsic.slice(-2).reduce((n, e) => {
    const { m } = valueAt(file.network, e);
    return n + (m < 0n ? -m : m).toString(2).length;
  }, 0);
  const entropy =
    lipschitz && lipschitz.sign > 0 && upper.sign > 0
      ? entropyBits({ sides: shape.domain.map((s) => s.width), constant: lipschitz, error: upper, norm: shape.norm })
      : undefined;
  return {
    count: file.intrinsic.length,
    bits: words * shape.wordBits + others,
    words,
    wordBits: shape.wordBits,
    norm: shape.norm,
    upper,
    lower,
    theorem,
    lipschitz,
    entropy,
  };
}
