/** From what is on the form to an answer: a network, what is proved of it, and everything the page shows. */
import { certifySup, type SupCertificate } from '../certify/index.ts';
import { lipschitz } from '../construct/index.ts';
import { Dyadic, enclosing, InputError, Interval, printBound, Rational, type Target } from '../exact/index.ts';
import { encodeNetwork, kappa, type Meta, type NetworkFile, type Quantity } from '../io/index.ts';
import { affine, compose, type Network } from '../net/index.ts';
import { type FitOptions, type FitResult, fit as fitTarget } from '../workbench/index.ts';
import { namedTarget, sampleCurves } from './curves.ts';
import { Ladder } from './draft.ts';
import type { Answer, Bound, Budget, Problem, Progress, Source, Stage } from './protocol.ts';
import { axisName, openFile, openTarget, readDomain } from './source.ts';
import { isDyad } from './source-kind.ts';
import { histogram, layerFacts, regimeFacts } from './study.ts';

/** Seconds after which a proof is given up. */
const SECONDS = 30;
/** Points of the first drawing. */
const POINTS = 640;

type Report = (progress: Progress) => void;

/**
 * `draft`: the first proved network that a quick search finds, where the budget leaves a choice; the answer says whether a
 * full search may do better. Throws InputError, one sentence, for everything that is the user's own.
 */
export function solve(problem: Problem, report: Report, stage: Stage = 'full'): Answer {
  const started = performance.now();
  const { source, budget, domain } = problem;
  const ends = readDomain(domain);
  const built =
    source.kind === 'network'
      ? openAndCompare(source, ends, report)
      : build({ source, budget, domain }, source, ends, report, stage);
  return { ...answerOf(built), seconds: (performance.now() - started) / 1000 };
}

/** A network in hand, with its proof. */
interface Built {
  readonly title: string;
  readonly method: string;
  readonly network: Network;
  /** As it is downloaded. */
  readonly file: Uint8Array;
  readonly domain?: Interval;
  readonly certificate?: SupCertificate;
  readonly target?: Target;
  readonly compared?: Source;
  /** The bound of the theorem, where it has one. */
  readonly guaranteed?: Dyadic | undefined;
  readonly x?: Quantity;
  readonly y?: Quantity;
  readonly notes: readonly string[];
  readonly draft?: boolean;
}

function openAndCompare(
  source: Source & { kind: 'network' },
  ends: readonly [Interval, Interval] | undefined,
  report: Report,
): Built {
  const opened = openFile(source);
  const { network, meta } = opened;
  const notes = [...opened.notes];
  const domain = ends ? Interval.of(ends[0].lo, ends[1].hi) : opened.domain?.[0];
  const named = meta?.target;
  const single = network.inputs === 1 && network.outputs === 1;
  const target =
    source.f.trim() !== ''
      ? openTarget({ kind: 'expression', text: source.f }).target
      : single
        ? namedTarget(named)
        : undefined;
  if (target && !single) {
    throw new InputError(`${source.name}: expected one input and one output to compare with a function`);
  }
  if (!single) notes.push('curves are drawn for networks of one input and one output');
  else if (!target && named)
    notes.push(`the file names its target ${named}, which is no expression: type one to compare`);
  if (!target && meta?.proved?.upper) {
    notes.push(
      `the file states a proved error of ${printBound(Dyadic.parse(meta.proved.upper))}; it is not proved again here`,
    );
  }
  const certificate = target && prove(network, target, ends ?? (domain && [domain.lo, domain.hi]), report);
  return {
    title: meta?.name ?? source.name,
    method: meta?.method ?? 'file',
    network,
    file: ends || !isDyad(source.bytes) ? encoded({ network, ...(meta ? { meta } : {}) }, domain) : source.bytes,
    ...(single ? { domain: domain ?? Interval.of(0, 1) } : {}),
    ...(target ? { target, compared: { kind: 'expression' as const, text: target.text } } : {}),
    ...(certificate ? { certificate } : {}),
    ...(meta?.inputs?.[0] ? { x: meta.inputs[0] } : {}),
    ...(meta?.outputs?.[0] ? { y: meta.outputs[0] } : {}),
    notes,
  };
}

function encoded(file: NetworkFile, domain: Interval | undefined): Uint8Array {
  return encodeNetwork(domain ? { ...file, domain: new Array<Interval>(file.network.inputs).fill(domain) } : file);
}

function prove(
  network: Network,
  target: Target,
  ends: readonly [Interval | Dyadic, Interval | Dyadic] | undefined,
  report: Report,
): SupCertificate {
  report({ text: 'proving the error' });
  return certifySup(network, target, {
    ...(ends ? { domain: ends } : {}),
    seconds: SECONDS,
    onProgress: ({ swept, pieces }) => report({ text: `proving the error, ${pieces} pieces`, part: swept }),
  });
}

function build(
  problem: Problem,
  source: Exclude<Source, { kind: 'network' }>,
  ends: readonly [Interval, Interval] | undefined,
  report: Report,
  stage: Stage,
): Built {
  const { budget } = problem;
  const { target, x, y, notes } = openTarget(source);
  const base = { title: target.text, target, compared: source, ...(x ? { x } : {}), ...(y ? { y } : {}) };
  if (budget.kind === 'class') {
    return { ...base, ...inClass(target, budget, ends, report, metaOf(target, x, y)), notes };
  }
  const asked =
    budget.kind === 'bytes'
      ? { bytes: budget.value }
      : { epsilon: readEpsilon(budget.value), ...(budget.bits === undefined ? {} : { bits: budget.bits }) };
  const options: Omit<FitOptions, 'epsilon' | 'bytes'> = {
    ...(ends ? { domain: ends } : {}),
    seconds: SECONDS,
    // Where bytes are counted, the file says only what it must.
    meta: ({ method, certificate }) =>
      budget.kind === 'bytes'
        ? { target: target.text, ...(certificate.upper ? { proved: { upper: certificate.upper.toString() } } : {}) }
        : { ...metaOf(target, x, y), method, proved: provedOf(certificate) },
    onProgress: ({ stage, epsilon, bytes }) =>
      report({
        text:
          stage === 'build'
            ? `building for an error of ${epsilon.toPrecision(3)}`
            : `proving an error of ${epsilon.toPrecision(3)}${bytes ? `, ${bytes} bytes` : ''}`,
      }),
  };
  const draft = stage === 'draft' ? drafted(problem, target, asked, options) : undefined;
  const fitted = draft ?? fitTarget(target, { ...options, ...asked });
  return {
    ...base,
    draft: draft !== undefined,
    method: fitted.method,
    network: fitted.network,
    file: fitted.file,
    domain: fitted.hull,
    certificate: fitted.certificate,
    guaranteed: fitted.guaranteed,
    notes,
  };
}

/** The ladder of the last target that was fitted into bytes. */
let kept: { readonly of: Problem; readonly ladder: Ladder } | undefined;

/** Undefined where a quick search proves nothing. */
function drafted(
  problem: Problem,
  target: Target,
  asked: { readonly bytes: number } | { readonly epsilon: Rational; readonly bits?: number },
  options: Omit<FitOptions, 'epsilon' | 'bytes'>,
): FitResult | undefined {
  const quick = { ...options, effort: 'quick' as const };
  if ('bytes' in asked) {
    if (!kept || !sameTarget(kept.of, problem)) {
      kept = { of: problem, ladder: new Ladder((epsilon) => fitTarget(target, { ...quick, epsilon })) };
    }
    return kept.ladder.within(asked.bytes);
  }
  try {
    const found = fitTarget(target, { ...quick, ...asked });
    return found.status === 'proved' ? found : undefined;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

function sameTarget(a: Problem, b: Problem): boolean {
  if (a.domain !== b.domain) return false;
  const [f, g] = [a.source, b.source];
  if (f.kind === 'expression') return g.kind === 'expression' && f.text === g.text;
  return (
    f.kind === 'table' &&
    g.kind === 'table' &&
    f.name === g.name &&
    f.swap === g.swap &&
    f.bytes.length === g.bytes.length &&
    f.bytes.every((byte, i) => byte === g.bytes[i])
  );
}

function readEpsilon(text: string): Rational {
  try {
    const epsilon = Rational.parse(text);
    if (epsilon.sign > 0) return epsilon;
  } catch {
    // One sentence for both.
  }
  throw new InputError(`error: expected a number above 0 such as 1e-3, got ${JSON.stringify(text)}`);
}

/**
 * The network of a Lipschitz class within (W, L, b), between the affine maps that bring f to that class. These maps are part of
 * the network that is shown, so they need an interval whose length is a power of two: f goes on beyond its end as a constant.
 */
function inClass(
  target: Target,
  { width, depth, bits }: Extract<Budget, { kind: 'class' }>,
  ends: readonly [Interval, Interval] | undefined,
  report: Report,
  meta: Meta,
): Pick<Built, 'method' | 'network' | 'file' | 'domain' | 'certificate' | 'guaranteed'> {
  const knots = target.knots;
  const [from, to] = ends ?? [
    knots?.length ? enclosing(knots[0]!.x, 64) : Interval.of(0),
    knots?.length ? enclosing(knots[knots.length - 1]!.x, 64) : Interval.of(1),
  ];
  const slope = target.lipschitz?.([Interval.of(from.hi, to.lo)], 32);
  if (!slope) {
    throw new InputError(
      `${target.text}: expected a Lipschitz constant for a budget (W, L, b), found none on the domain; state an error or bytes instead`,
    );
  }
  const lo = from.hi;
  let length = Dyadic.pow2(to.lo.sub(lo).exponent);
  if (length.lt(to.lo.sub(lo))) length = length.scale(1);
  const constant = slope.isZero ? Dyadic.pow2(-20) : slope;
  report({ text: `building within W = ${width}, L = ${depth}, b = ${bits}` });
  const plan = lipschitz({ width, depth, bits, domain: [lo, lo.add(length)], constant });
  const { network, guaranteed, normalisation: n } = plan.network(extended(target, Interval.of(lo, to.lo)));
  const per = Dyadic.pow2(-length.exponent);
  const front = affine([[per]], [lo.mul(per).neg()]);
  const whole = compose(affine([[n.height]], [n.offset]), compose(network, front));
  const certificate = prove(whole, target, [Interval.of(lo), Interval.of(to.lo)], report);
  const domain = Interval.of(lo, to.lo);
  return {
    method: `lipschitz, ${plan.method}: ${plan.sentence}`,
    network: whole,
    domain,
    certificate,
    guaranteed,
    file: encodeNetwork({
      network: whole,
      domain: [domain],
      meta: { ...meta, method: 'lipschitz', guaranteed: guaranteed.toString(), proved: provedOf(certificate) },
    }),
  };
}

/** f on the interval, and the value of its nearer end beyond. */
function extended(f: Target, within: Interval): Target {
  const inside = (x: Interval): Interval =>
    Interval.of(x.lo.max(within.lo).min(within.hi), x.hi.max(within.lo).min(within.hi));
  return {
    kind: 'callback',
    inputs: 1,
    text: f.text,
    restsOn: f.restsOn,
    enclose: ([x], precision) => f.enclose([inside(x as Interval)], precision),
    lipschitz: ([x], precision) => f.lipschitz?.([inside(x as Interval)], Math.min(precision, 32)),
    estimate: ([x]) =>
      f.estimate([Math.min(Math.max(x as number, within.lo.toNumber('up')), within.hi.toNumber('down'))]),
  };
}

function metaOf(target: Target, x: Quantity | undefined, y: Quantity | undefined): Meta {
  const said = (q: Quantity | undefined): q is Quantity => q?.name !== undefined || q?.unit !== undefined;
  return {
    target: target.text,
    ...(said(x) ? { inputs: [x] } : {}),
    ...(said(y) ? { outputs: [y] } : {}),
  };
}

function provedOf({ upper, lower, witness, restsOn }: SupCertificate): NonNullable<Meta['proved']> {
  return {
    ...(upper ? { upper: upper.toString() } : {}),
    lower: lower.toString(),
    witness: [witness.toString()],
    restsOn,
  };
}

function answerOf(built: Built): Omit<Answer, 'seconds'> {
  const { network, certificate, target, domain, file } = built;
  const alphabet = network.alphabet().length;
  const storage = network.storage(alphabet);
  const upper = certificate?.upper;
  const error = built.guaranteed && !built.guaranteed.isZero ? built.guaranteed : upper;
  const single = network.inputs === 1 && network.outputs === 1;
  const window = domain && ([domain.lo.toNumber('up'), domain.hi.toNumber('down')] as const);
  const slope = domain && target?.lipschitz?.([domain], 32);
  const unit = slope && domain ? slope.mul(domain.width).toNumber('up') : undefined;
  const regime = regimeFacts(network, upper?.toNumber('up'), unit);
  return {
    title: built.title,
    ...(target ? { f: target.text } : {}),
    ...(certificate ? { bound: boundOf(certificate) } : {}),
    method: built.method,
    notes: built.notes,
    axes: { x: axisName(built.x, 'x'), y: axisName(built.y, 'y') },
    inputs: network.inputs,
    outputs: network.outputs,
    depth: network.depth,
    width: network.width,
    connectivity: network.connectivity,
    alphabetSize: alphabet,
    integerBits: network.integerBits,
    fractionalBits: network.fractionalBits,
    denseBits: storage.denseBits,
    nonZeroBits: storage.nonZeroBits,
    ...(error ? { kappa: kappa(8 * file.length, error).toNumber('up') } : {}),
    layers: layerFacts(network),
    histogram: histogram(network),
    ...(regime ? { regime } : {}),
    ...(single && window ? { domain: window } : {}),
    domainText: domain ? `${domain.lo.toNumber()}, ${domain.hi.toNumber()}` : '',
    file,
    draft: built.draft ?? false,
    ...(built.compared ? { compared: built.compared } : {}),
    ...(single && window
      ? { curves: sampleCurves({ network, ...(target ? { target } : {}) }, window[0], window[1], POINTS) }
      : {}),
  };
}

function boundOf(c: SupCertificate): Bound {
  return {
    status: c.status,
    ...(c.upper
      ? {
          upper: c.upper.toNumber('up'),
          upperText: c.upper.isZero ? '0 (exactly)' : printBound(c.upper),
          upperExact: c.upper.toString(),
        }
      : {}),
    lower: c.lower.toNumber('down'),
    lowerExact: c.lower.toString(),
    witness: c.witness.toNumber(),
    witnessExact: c.witness.toString(),
    ...(c.missing ? { missing: c.missing } : {}),
    restsOn: c.restsOn,
  };
}
