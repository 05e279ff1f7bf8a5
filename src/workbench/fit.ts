/**
 * fit: a target and a wanted error (or a number of bytes) go in; the smallest network file that the library's constructions
 * can build and prove comes out.
 *
 *   { epsilon }         sup |f - net| <= epsilon over the domain, proved; the fewest bytes
 *   { bytes }           a file of at most so many bytes; the least error found, proved
 *   { epsilon, bits }   as the first, with all weights in Q(a, bits); a is chosen to fit
 *
 * Constructions choose with floats; nothing of that is believed: every network that is handed out has been certified, and
 * one that fails is built again with a smaller aim and a closer look at the point where it failed.
 */
import { type DomainEnd, type SupCertificate, type SupOptions, certifySup as sup } from '../certify/index.ts';
import type { Recipe } from '../construct/index.ts';
import { Dyadic, type DyadicLike, InputError, type Interval, Rational, refuse, type Target } from '../exact/index.ts';
import { encodeNetwork, kappa, type Meta } from '../io/index.ts';
import type { Network, Storage } from '../net/index.ts';
import { type FitDomain, fitDomain } from './fit-domain.ts';
import type { DescribedReport, FitJob, FitMethod, Proposal, QuantisedOptions } from './fit-job.ts';
import { METHODS } from './fit-methods.ts';

export interface FitOptions {
  /** Wanted bound on sup |f - net|: above 0, exact (a text such as '1e-4' is read as a decimal). */
  readonly epsilon?: DyadicLike | Rational;
  /** Most bytes of the file, its meta section included. */
  readonly bytes?: number;
  /** Fractional bits b of the weights, in Q(a, b). */
  readonly bits?: number;
  /** Integer bits a; by default as many as are needed. */
  readonly integerBits?: number;
  /** Default [0, 1]; for a table its own range. */
  readonly domain?: readonly [DomainEnd, DomainEnd];
  /** A construction's name, or 'auto' (default): whichever gives the smallest file, of those that ask for nothing else. */
  readonly method?: string;
  /** For 'taylor' and 'cached': lambda, n and how they quantise. */
  readonly quantised?: QuantisedOptions;
  /** The file's meta section, or how to write it once the rest is known. */
  readonly meta?: Meta | ((fitted: Omit<FitResult, 'file' | 'storage' | 'kappa'>) => Meta);
  /** 'full' (default): the smallest file that is found; 'quick': the first ones looked at, often a tenth larger, proved as well. */
  readonly effort?: 'quick' | 'full';
  /** Seconds after which a proof is given up. */
  readonly seconds?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FitProgress) => void;
}

export interface FitProgress {
  readonly stage: 'build' | 'prove';
  readonly method: string;
  /** The error aimed at. */
  readonly epsilon: number;
  /** Bytes of the network in question. */
  readonly bytes?: number;
}

export interface FitResult {
  /** 'undecided': certificate.missing says what the proof lacks. */
  readonly status: 'proved' | 'undecided';
  readonly network: Network;
  /** What the proof covers. */
  readonly domain: readonly [DomainEnd, DomainEnd];
  /** The file's domain: an interval around it. */
  readonly hull: Interval;
  readonly method: string;
  readonly certificate: SupCertificate;
  /** The bound of the construction's theorem for its class, where it has one; otherwise what was proved of this f, if anything was. */
  readonly guaranteed: Dyadic | undefined;
  readonly storage: Storage & { readonly fileBytes: number };
  /** File bits times `guaranteed`, where that is known. */
  readonly kappa: Rational | undefined;
  /** The weights lie in Q(a, b). */
  readonly weights: { readonly a: number; readonly b: number };
  /** The network's file. */
  readonly file: Uint8Array;
  readonly details: Readonly<Record<string, number | string>>;
  /** The construction's own report, and its table of blocks, where it has them. */
  readonly report?: DescribedReport;
  readonly recipe?: Recipe;
}

/** Rounds of building and proving for one wanted error. */
const ROUNDS = 6;
/** Proofs tried in one round. */
const PROOFS = 3;
/** Units beyond which a search within bytes goes no further: the file of a regular network hardly grows with them, its proof does. */
const MOST_UNITS = 4096;
const SURELY_TOO_MANY = 1.05;
/** An error to aim at whose multiples float64 still holds. */
const LARGEST_AIM = 2 ** 1000;
/** About the bytes of a file that holds nothing. */
const OVERHEAD = 20;

/** Throws InputError where the options make no sense, and where no construction reaches what is asked. */
export function fit(target: Target, options: FitOptions): FitResult {
  if (typeof target?.enclose !== 'function') refuse('fit', "a target, such as expressionTarget('x^2')", target);
  if (target.inputs !== 1) refuse('fit', 'a target with 1 input', target.inputs);
  if (typeof options !== 'object' || options === null) refuse('fit', 'options such as { epsilon }', options);
  const { bytes, signal } = options;
  if ((options.epsilon === undefined) === (bytes === undefined)) {
    refuse('fit', 'either epsilon or bytes', bytes === undefined ? 'neither' : 'both');
  }
  const methods = chosen(options.method ?? 'auto');
  if (options.quantised && !methods.every((m) => m.byName)) {
    refuse('fit', 'the method taylor or cached beside lambda and n', options.method ?? 'auto');
  }
  const fitter = new Fitter(target, fitDomain(target, options.domain), options);
  signal?.throwIfAborted();
  if (bytes !== undefined) return fitter.withinBytes(methods, bytes);
  const epsilon = readEpsilon(options.epsilon as DyadicLike | Rational);
  return fitter.finish(fitter.within(methods, epsilon));
}

function chosen(name: string): readonly FitMethod[] {
  if (name === 'auto') return METHODS.filter((m) => !m.byName);
  const found = METHODS.filter((m) => m.name === name);
  if (found.length === 0) refuse('fit method', ['auto', ...METHODS.map((m) => m.name)].join(', '), name);
  return found;
}

function readEpsilon(given: DyadicLike | Rational): Rational {
  const epsilon =
    given instanceof Rational
      ? given
      : typeof given === 'string'
        ? Rational.parse(given)
        : Rational.fromDyadic(Dyadic.from(given));
  if (epsilon.sign <= 0) refuse('fit epsilon', 'a number above 0', given);
  return epsilon;
}

function exactly(epsilon: number): Rational {
  return Rational.fromDyadic(Dyadic.from(epsilon));
}

function isBetter(a: FitResult, b: FitResult): boolean {
  return (
    a.status === 'proved' &&
    (b.status !== 'proved' || (a.certificate.upper as Dyadic).le(b.certificate.upper as Dyadic))
  );
}

interface Proved extends Proposal {
  readonly method: string;
  readonly certificate: SupCertificate;
}

class Fitter {
  /** Files without a meta section. */
  private readonly files = new WeakMap<Network, Uint8Array>();

  constructor(
    private readonly target: Target,
    private readonly domain: FitDomain,
    private readonly options: FitOptions,
  ) {
    const { bits, integerBits } = options;
    for (const [name, v] of Object.entries({ bits, integerBits })) {
      if (v !== undefined && !(Number.isInteger(v) && v >= 0 && v <= 4096)) refuse(`fit ${name}`, '0..4096', v);
    }
  }

  /** The smallest proved network of these methods; the best unproved one where there is no other. */
  within(methods: readonly FitMethod[], epsilon: Rational): Proved {
    let best: Proved | undefined;
    let open: Proved | undefined;
    const reasons: string[] = [];
    for (const method of methods) {
      try {
        const found = this.byMethod(method, epsilon, best?.bytes ?? Number.POSITIVE_INFINITY);
        if (typeof found === 'string') reasons.push(found);
        else if (found?.certificate.status === 'proved') best = found;
        else open ??= found;
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        reasons.push(error.message);
      }
    }
    const found = best ?? open;
    if (!found) throw new InputError(reasons.join('; ') || `fit ${this.target.text}: no construction fits`);
    return found;
  }

  private byMethod(method: FitMethod, epsilon: Rational, below: number): Proved | string | undefined {
    const wanted = epsilon.toDyadic() ?? epsilon.roundBits(64, 'down');
    let aim = Math.min(epsilon.toNumber('down'), LARGEST_AIM);
    if (aim === 0) refuse('fit epsilon', 'a number above 2^-1074', epsilon.toString());
    // Where only values are known, proofs near the limit are long.
    if (this.target.kind === 'callback') aim *= 1 - 2 ** -6;
    const near: number[] = [];
    let open: Proved | undefined;
    for (let round = 0; round < ROUNDS; round++) {
      const proposals = this.propose(method, aim, near, below, this.options.effort ?? 'full');
      if (typeof proposals === 'string') return proposals;
      let worst = 1;
      for (const proposal of proposals.slice(0, PROOFS)) {
        if (proposal.bytes >= below) return open;
        const certificate = this.prove(method, proposal, aim, wanted);
        if (certificate.status === 'proved') return { ...proposal, method: method.name, certificate };
        open ??= { ...proposal, method: method.name, certificate };
        if (certificate.upper === undefined) return open;
        worst = Math.max(worst, certificate.lower.toNumber() / wanted.toNumber());
        const { witness } = certificate;
        near.push(witness.toNumber());
      }
      aim *= Math.min(1 - 2 ** (round - 8), 1 / worst);
    }
    return open;
  }

  private propose(
    method: FitMethod,
    epsilon: number,
    near: readonly number[],
    below: number,
    effort: FitJob['effort'],
  ): readonly Proposal[] | string {
    const { target, domain, options } = this;
    options.signal?.throwIfAborted();
    options.onProgress?.({ stage: 'build', method: method.name, epsilon });
    return method.propose({
      target,
      domain,
      epsilon,
      near,
      bits: options.bits,
      integerBits: options.integerBits,
      size: (network) => this.encoded(network).length,
      below,
      effort,
      signal: options.signal,
      quantised: options.quantised,
    });
  }

  private encoded(network: Network): Uint8Array {
    let file = this.files.get(network);
    if (!file) {
      file = encodeNetwork({ network, domain: [this.domain.file] });
      this.files.set(network, file);
    }
    return file;
  }

  private prove(method: FitMethod, proposal: Proposal, epsilon: number, within: Dyadic): SupCertificate {
    const { network, bytes, certify } = proposal;
    const { signal, onProgress, seconds } = this.options;
    signal?.throwIfAborted();
    onProgress?.({ stage: 'prove', method: method.name, epsilon, bytes });
    if (certify) return certify(within);
    return sup(network, this.target, {
      domain: this.domain.ends,
      within,
      ...(signal ? { signal } : {}),
      ...(seconds === undefined ? {} : { seconds }),
    } satisfies SupOptions);
  }

  /** The least error whose smallest file fits into `bytes`. */
  withinBytes(methods: readonly FitMethod[], bytes: number): FitResult {
    if (!(Number.isInteger(bytes) && bytes > 0)) refuse('fit bytes', 'a whole number above 0', bytes);
    // What the meta section takes is known once something has been fitted.
    const coarse = this.finish(this.within(methods, exactly(this.spread())));
    if (coarse.file.length > bytes) {
      refuse(`fit ${this.target.text} within ${bytes} bytes`, `at least ${coarse.file.length} bytes`, bytes);
    }
    let best = coarse;
    let room = bytes - (coarse.file.length - this.encoded(coarse.network).length);
    let epsilon = this.leastError(methods, room);
    // The full search does better than the quick one: spend what it leaves. Files grow about as epsilon^(-1/2).
    let failed = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const result = this.finish(this.within(methods, exactly(epsilon)));
      const spare = bytes - result.file.length;
      if (spare >= 0 && isBetter(result, best)) best = result;
      else if (best === coarse) room += Math.min(spare, -1);
      if (best === coarse) {
        epsilon = this.leastError(methods, room);
        continue;
      }
      if (result === best) {
        const part = (bytes - spare - OVERHEAD) / (bytes - OVERHEAD);
        if (part > 0.99 || result.network.width > MOST_UNITS / 2) break;
        epsilon = failed > 0 ? Math.sqrt(epsilon * failed) : epsilon * Math.max(0.25, part ** 2);
      } else {
        failed = epsilon;
        epsilon = Math.sqrt(epsilon * (best.certificate.upper as Dyadic).toNumber());
      }
      if (failed > 0 && epsilon < failed * 1.03) break;
    }
    return best;
  }

  /** The least error at which a quick search still finds a network of so many bytes. */
  private leastError(methods: readonly FitMethod[], room: number): number {
    // Units grow about as epsilon^(-1/2): what will surely have too many is not built.
    let seen: { readonly epsilon: number; readonly units: number } | undefined;
    const fits = (epsilon: number): boolean =>
      !(seen && seen.units * Math.sqrt(seen.epsilon / epsilon) > SURELY_TOO_MANY * MOST_UNITS) &&
      methods.some((method) => {
        try {
          const found = this.propose(method, epsilon, [], Number.POSITIVE_INFINITY, 'quick');
          const first = typeof found === 'string' ? undefined : found[0];
          if (first && !(seen && seen.epsilon < epsilon)) seen = { epsilon, units: first.network.width };
          return first !== undefined && first.bytes <= room && first.network.width <= MOST_UNITS;
        } catch (error) {
          if (error instanceof InputError) return false;
          throw error;
        }
      });
    let high = this.spread();
    let low = high / 4;
    for (let k = 0; k < 60 && fits(low); k++) {
      high = low;
      low /= 4;
    }
    while (high / low > 1.05) {
      const middle = Math.sqrt(low * high);
      if (fits(middle)) high = middle;
      else low = middle;
    }
    return high;
  }

  /** About the error of the best constant. */
  private spread(): number {
    const { inner } = this.domain;
    const [a, b] = [inner.lo.toNumber('up'), inner.hi.toNumber('down')];
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i <= 256; i++) {
      const y = this.target.estimate([a + (b - a) * (i / 256)]);
      least = Math.min(least, y);
      most = Math.max(most, y);
    }
    const half = ((most - least) / 2) * 1.01;
    return half > 0 && Number.isFinite(half) ? half : Math.max(Math.abs(most), 1) * 2 ** -20;
  }

  finish({ network, method, certificate, guaranteed, details = {}, report, recipe, file: besides }: Proved): FitResult {
    const { domain, options } = this;
    const fitted = {
      status: certificate.status === 'proved' ? ('proved' as const) : ('undecided' as const),
      network,
      domain: domain.ends,
      hull: domain.file,
      method,
      certificate,
      guaranteed: guaranteed ?? certificate.upper,
      weights: Object.freeze({ a: network.integerBits, b: network.fractionalBits }),
      details: Object.freeze(details),
      ...(report ? { report } : {}),
      ...(recipe ? { recipe } : {}),
    };
    const own = typeof options.meta === 'function' ? options.meta(fitted) : options.meta;
    const more = { ...(recipe ? { recipe } : {}), ...besides?.meta };
    const meta = own ? { ...own, ...more } : undefined;
    const marks = besides ? { intrinsic: besides.intrinsic } : {};
    const file =
      meta || besides
        ? encodeNetwork({ network, domain: [domain.file], ...marks, ...(meta ? { meta } : {}) })
        : this.encoded(network);
    return Object.freeze({
      ...fitted,
      storage: Object.freeze({ ...network.storage(), fileBytes: file.length }),
      kappa: fitted.guaranteed && kappa(8 * file.length, fitted.guaranteed),
      file,
    });
  }
}
