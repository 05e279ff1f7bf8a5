/** What `fit` and `retarget` say of a network with few intrinsic parameters, and `fit` into a decoder for several inputs or L^p. */
import { InputError, type Rational } from '../exact/index.ts';
import { encodeNetwork, type Meta, sharedDecoder } from '../io/index.ts';
import { fitDomain } from '../workbench/fit-domain.ts';
import { fitIntrinsic, type IntrinsicResult } from '../workbench/index.ts';
import { writeWhole } from './files.ts';
import { bound, boundJson, certifiedJson, networkJson, note, place, printJson, printRows, size } from './output.ts';
import type { domainOption, OpenedTarget } from './target.ts';

export interface IntrinsicFlags {
  eps?: Rational;
  cellBits?: number;
  norm?: 'sup' | number;
  domain?: ReturnType<typeof domainOption>;
  /** False: the file keeps the network, its marks and the decoder's plan alone. */
  meta: boolean;
  output?: string;
  json?: boolean;
}

/** `sup`, or p. */
export function normOption(text: string): 'sup' | number {
  if (/^(sup|inf)$/i.test(text.trim())) return 'sup';
  const p = text.trim() === '' ? Number.NaN : Number(text);
  if (!(p >= 1 && Number.isFinite(p))) {
    throw new InputError(`--norm: expected sup or a number p >= 1, got ${JSON.stringify(text)}`);
  }
  return p;
}

/** Title and columns of a table. */
export function namesOf({ table }: OpenedTarget): Meta {
  return table
    ? {
        ...(table.title ? { name: table.title } : {}),
        ...(table.x ? { inputs: [table.x] } : {}),
        ...(table.y ? { outputs: [table.y] } : {}),
      }
    : {};
}

/** A function of any number of inputs into a decoder of its own; the exit code. */
export function fitIntoDecoder(opened: OpenedTarget, flags: IntrinsicFlags): number {
  const started = performance.now();
  const { target } = opened;
  const { eps, cellBits, norm } = flags;
  if ((eps === undefined) === (cellBits === undefined)) {
    throw new InputError(
      `fit: expected either --eps or --cell-bits beside --method intrinsic, got ${eps ? 'both' : 'neither'}`,
    );
  }
  const side = target.inputs === 1 ? fitDomain(target, flags.domain).file : undefined;
  const result = fitIntrinsic(target, {
    ...(eps ? { epsilon: eps } : {}),
    ...(cellBits === undefined ? {} : { n: cellBits }),
    ...(norm === undefined ? {} : { norm }),
    ...(side ? { domain: [[side.lo, side.hi]] } : {}),
    ...(flags.meta ? { meta: namesOf(opened) } : {}),
  });
  const bytes = encodeNetwork(result.file);
  if (flags.output !== undefined) writeWhole(flags.output, bytes);
  const seconds = (performance.now() - started) / 1000;
  const shared = sharedDecoder(bytes).length;
  if (flags.json) {
    const { network } = result.file;
    printJson({
      ...intrinsicJson(result, bytes.length, shared),
      network: networkJson(network),
      method: 'intrinsic',
      details: { n: result.fit.decoder.shape.valueBits },
      seconds,
    });
  } else {
    const { network } = result.file;
    printRows([
      ...intrinsicRows('f', result, `${size(shared)} of the file; other functions fit into it (retarget)`),
      ['network', `depth ${network.depth}, width ${network.width}, ${network.connectivity} weights`],
      fileRow(bytes.length, flags.output),
      ['rests on', result.certificate.restsOn.join('; ')],
    ]);
    note(`dyadnet: ${seconds.toFixed(2)} s`);
  }
  return result.certificate.status === 'proved' ? 0 : 1;
}

export function intrinsicJson(
  { fit, certificate, file }: IntrinsicResult,
  fileBytes: number,
  sharedBytes: number,
): Record<string, unknown> {
  return {
    status: certificate.status,
    norm: fit.norm,
    certified: certifiedJson(certificate),
    ...boundJson({ guaranteed: fit.guaranteed, theorem: fit.theorem.value }),
    intrinsic: { count: fit.intrinsic.length, bits: fit.intrinsicBits },
    storage: { fileBytes, sharedBytes },
    target: file.meta.target,
    restsOn: certificate.restsOn,
  };
}

/** `name`: f, or g where another function was there before; `decoder`: what is to be said of the shared part. */
export function intrinsicRows(
  name: 'f' | 'g',
  { fit, certificate, file }: IntrinsicResult,
  decoder: string,
): [string, string | undefined][] {
  const { upper, lower, witness } = certificate;
  const norm = fit.norm === 'sup' ? `sup |${name} - net|` : `||${name} - net||_${fit.norm}`;
  const at = witness ? ` at x = ${place(witness)}` : '';
  return [
    [name, `${file.meta.name ?? file.meta.target}`],
    ['status', certificate.status],
    [norm, upper ? `<= ${bound(upper)}, >= ${bound(lower)}${at}` : 'not shown to be bounded'],
    ['theorem', `${fit.theorem.formula} = ${bound(fit.theorem.value)}`],
    [
      'intrinsic',
      `${fit.intrinsic.length} numbers, ${fit.intrinsicBits} bits: all that ${name === 'f' ? 'depends on f' : 'changed'}`,
    ],
    ['decoder', decoder],
  ];
}

export function fileRow(bytes: number, output: string | undefined): [string, string] {
  return ['file', `${size(bytes)}${output === undefined ? '; not written (-o)' : ` -> ${output}`}`];
}
