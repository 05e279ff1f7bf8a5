/**
 * fit on [0,1]^d, d = 2, 3, ...: the construction of [DLS18, Thm. 1] with its proof. In one dimension `fit` is the door.
 */
import {
  certifyTaylor,
  epsilonOf,
  type Recipe,
  recipeOf,
  type TaylorCertificate,
  type TaylorReport,
  taylor,
} from '../construct/index.ts';
import { Interval, Rational, refuse, type Target } from '../exact/index.ts';
import { encodeNetwork, type Meta } from '../io/index.ts';
import type { Network, Storage } from '../net/index.ts';
import type { QuantisedOptions } from './fit-job.ts';
import { BY_PARTS, detailsOf, SEARCHED, taylorOptions } from './fit-quantised.ts';

export interface CubeOptions extends QuantisedOptions {
  readonly epsilon: Rational | number | string;
  /** The only construction for more than one input. */
  readonly method?: string;
  readonly meta?: (fitted: Omit<CubeResult, 'file' | 'storage'>) => Meta;
}

export interface CubeResult {
  readonly status: 'proved' | 'undecided';
  readonly network: Network;
  readonly report: TaylorReport;
  readonly certificate: TaylorCertificate;
  readonly restsOn: readonly string[];
  readonly recipe: Recipe;
  readonly details: Readonly<Record<string, number | string>>;
  readonly storage: Storage & { readonly fileBytes: number };
  readonly file: Uint8Array;
}

/** Throws InputError where the options make no sense or the network exceeds the library's limits. */
export function fitCube(target: Target, options: CubeOptions): CubeResult {
  const { method = 'taylor', epsilon, meta } = options;
  if (method !== 'taylor' && method !== 'auto') {
    refuse('fit method', `taylor for a target with ${target.inputs} inputs`, method);
  }
  const made = taylor(target, taylorOptions(options, epsilon));
  const certificate = certifyTaylor(target, made, SEARCHED);
  const { network, report } = made;
  const fitted = {
    status:
      Rational.fromDyadic(certificate.upper).compare(epsilonOf(epsilon)) <= 0
        ? ('proved' as const)
        : ('undecided' as const),
    network,
    report,
    certificate,
    restsOn: Object.freeze([...certificate.restsOn, BY_PARTS]),
    recipe: recipeOf(report),
    details: Object.freeze(detailsOf(report)),
  };
  const domain = Array.from({ length: target.inputs }, () => Interval.of(0, 1));
  const file = encodeNetwork({
    network,
    domain,
    ...(meta ? { meta: { ...meta(fitted), recipe: fitted.recipe } } : {}),
  });
  return Object.freeze({ ...fitted, storage: Object.freeze({ ...network.storage(), fileBytes: file.length }), file });
}
