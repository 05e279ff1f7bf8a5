/**
 * How far a given network's outputs can move on a box when no weight or bias of layer l moves by more than delta_l and zeros
 * stay zeros: bounds known before the other network is. In a norm, with A' at most rho_l away from A entry by entry,
 *
 *   |e_l| <= (||A_l|| + rho_l ||S_l||) |e_(l-1)| + delta_l (||S_l|| |a_(l-1)| + |s_l|),      e_0 = 0,
 *
 * S_l and s_l the patterns of non-zero weights and biases, a_l the activations. Four ways, the least of which counts:
 *
 *   lInf, l1, l2   layer by layer in operator norms, the last layer to l_inf
 *   entrywise      unit by unit: ranges of every activation over the box in place of |a|, |A| in place of ||A||; a unit that is
 *                  off on the whole box in both networks passes nothing on
 *
 * {@link deviationBound}: the other network against this one (a is this network's, rho = delta).
 * {@link parameterLipschitz}: any two networks within rho of this one; the bound is linear in delta: a Lipschitz constant.
 * All sums are whole numbers; bounds keep 64 digits, rounded up.
 */
import { ceilShift, Dyadic, type DyadicLike, type Interval, refuse } from '../exact/index.ts';
import { type Domain, intervals, type Layer, type Network } from '../net/index.ts';
import { type LayerNorms, layerNorms, NORMS, type NormName, up, vectorNorms } from './operatorNorm.ts';
import { type ClassLipschitz, classLipschitz } from './parameterClass.ts';

/** Upper bounds of the largest output's move. */
export interface DeviationBound extends Readonly<Record<NormName, Dyadic>> {
  readonly entrywise: Dyadic;
  /** `entrywise`, output by output. */
  readonly outputs: readonly Dyadic[];
  /** The least of the four. */
  readonly best: Dyadic;
}

/** By how much weights and biases may move: one number, or one a layer. */
export type Radius = DyadicLike | readonly DyadicLike[];

/** |R(theta')(x) - R(theta)(x)|_inf on the box for every theta' within the radius. Throws InputError where the box does not fit. */
export function deviationBound(network: Network, box: Domain, radius: Radius): DeviationBound {
  const rho = radii('deviationBound', network, radius);
  return propagate(network, box, rho, rho, false, network.layers.map(layerNorms));
}

export interface ParameterLipschitz extends DeviationBound {
  /** The constant of the class Theta(W, L, r, D) that holds the whole ball around the network. */
  readonly byClass: ClassLipschitz;
  /** W, L, r, D of that class. */
  readonly class: { readonly width: number; readonly depth: number; readonly norm: Dyadic; readonly box: Dyadic };
  readonly radius: readonly Dyadic[];
}

/**
 * Constants Lip with ||R(theta) - R(theta')||_inf <= Lip ||theta - theta'||_inf on the box for all theta, theta' within the radius
 * (default 0: the slope at the network itself) that have its zeros. Throws InputError where the box does not fit.
 */
export function parameterLipschitz(
  network: Network,
  box: Domain,
  { radius = 0 }: { readonly radius?: Radius } = {},
): ParameterLipschitz {
  const rho = radii('parameterLipschitz', network, radius);
  const one = new Array<Dyadic>(network.depth).fill(Dyadic.ONE);
  const norms = network.layers.map(layerNorms);
  const bound = propagate(network, box, rho, one, true, norms);
  const r = norms.reduce((most, { lInf }, l) => {
    const a = lInf.matrix.add(rho[l].mul(lInf.pattern));
    return most.max(a).max(lInf.bias.add(rho[l].mul(lInf.biasPattern)));
  }, Dyadic.pow2(-64));
  const d = intervals(box, network.inputs).reduce((m, x) => m.max(x.magnitude), Dyadic.ZERO);
  const { width, depth } = network;
  const own = Object.freeze({ width, depth, norm: up(r), box: up(d) });
  return Object.freeze({ ...bound, byClass: classLipschitz(own), class: own, radius: Object.freeze(rho) });
}

function radii(where: string, network: Network, radius: Radius): Dyadic[] {
  const each = (Array.isArray(radius) ? radius : [radius]).map((v) => Dyadic.from(v as DyadicLike));
  for (const v of each) if (v.sign < 0) refuse(`${where} radius`, 'a number of at least 0', v);
  if (each.length === network.depth) return each;
  if (each.length !== 1) refuse(`${where} radius`, `one, or one for each of ${network.depth} layers`, each.length);
  return new Array<Dyadic>(network.depth).fill(each[0]);
}

function propagate(
  network: Network,
  box: Domain,
  rho: readonly Dyadic[],
  delta: readonly Dyadic[],
  pairs: boolean,
  norms: readonly Readonly<Record<NormName, LayerNorms>>[],
): DeviationBound {
  const ranges = intervals(box, network.inputs);
  const start = vectorNorms(ranges.map((x) => x.magnitude));
  const byNorm = Object.fromEntries(
    NORMS.map((q) => [
      q,
      inNorm(
        norms.map((n) => n[q]),
        start[q],
        rho,
        delta,
        pairs,
      ),
    ]),
  ) as Record<NormName, Dyadic>;
  const outputs = entrywise(network, ranges, rho, delta, pairs);
  const worst = outputs.reduce((a, b) => a.max(b));
  const best = NORMS.reduce((least, q) => least.min(byNorm[q]), worst);
  return Object.freeze({ ...byNorm, entrywise: worst, outputs: Object.freeze(outputs), best });
}

function inNorm(
  layers: readonly LayerNorms[],
  start: Dyadic,
  rho: readonly Dyadic[],
  delta: readonly Dyadic[],
  pairs: boolean,
): Dyadic {
  let a = start;
  let e = Dyadic.ZERO;
  layers.forEach((layer, l) => {
    const last = l === layers.length - 1;
    const matrix = last ? layer.matrixOut : layer.matrix;
    const pattern = last ? layer.patternOut : layer.pattern;
    const fixed = last ? layer.biasPattern.min(Dyadic.ONE) : layer.biasPattern;
    const moved = pattern.mul(a).add(fixed);
    e = up(matrix.add(rho[l].mul(pattern)).mul(e).add(delta[l].mul(moved)));
    a = up(
      matrix
        .mul(a)
        .add(layer.bias)
        .add(pairs ? rho[l].mul(moved) : Dyadic.ZERO),
    );
  });
  return e;
}

/** Vectors of whole numbers times 2^-scale. */
interface State {
  readonly lo: bigint[];
  readonly hi: bigint[];
  readonly e: bigint[];
  readonly scale: number;
}

/** Fractional digits of the largest number that are kept, as a power of two below it. */
const DIGITS = 72;

function entrywise(
  network: Network,
  ranges: readonly Interval[],
  rho: readonly Dyadic[],
  delta: readonly Dyadic[],
  pairs: boolean,
): Dyadic[] {
  const scale = ranges.reduce((s, { lo, hi }) => Math.max(s, lo.fractionalBits, hi.fractionalBits), 0);
  let state: State = {
    lo: ranges.map(({ lo }) => lo.mantissaAt(scale)),
    hi: ranges.map(({ hi }) => hi.mantissaAt(scale)),
    e: ranges.map(() => 0n),
    scale,
  };
  network.layers.forEach((layer, l) => {
    state = throughLayer(layer, state, rho[l], delta[l], pairs, l === network.depth - 1);
  });
  return state.e.map((v) => up(Dyadic.of(v, -state.scale)));
}

function throughLayer(layer: Layer, x: State, rho: Dyadic, delta: Dyadic, pairs: boolean, last: boolean): State {
  const { outputs, rowStart, column, weight, bias } = layer;
  // Everything at scale x.scale + s, s the finest of the layer, of rho and of delta.
  const s = Math.max(layer.scale, rho.fractionalBits, delta.fractionalBits, 0);
  const lift = BigInt(s - layer.scale);
  const r = rho.mantissaAt(s);
  const d = delta.mantissaAt(s);
  const one = 1n << BigInt(Math.max(0, x.scale));
  const reach = x.lo.map((lo, j) => (-lo > x.hi[j] ? -lo : x.hi[j]));
  const out: State = { lo: new Array(outputs), hi: new Array(outputs), e: new Array(outputs), scale: x.scale + s };
  for (let i = 0; i < outputs; i++) {
    let [low, high, error, reached, carried] = [0n, 0n, 0n, 0n, 0n];
    for (let k = rowStart[i]; k < rowStart[i + 1]; k++) {
      const j = column[k];
      const w = BigInt(weight[k]);
      if (w > 0n) {
        low += w * x.lo[j];
        high += w * x.hi[j];
        error += w * x.e[j];
      } else {
        low += w * x.hi[j];
        high += w * x.lo[j];
        error -= w * x.e[j];
      }
      reached += reach[j];
      carried += x.e[j];
    }
    const b = BigInt(bias[i]);
    const moved = reached + (b === 0n ? 0n : one);
    const wide = pairs ? r * moved : 0n;
    const c = b * one;
    const lo = ((low + c) << lift) - wide;
    const hi = ((high + c) << lift) + wide;
    const e = (error << lift) + r * carried + d * moved;
    // Off in both networks: nothing passes. In pairs mode the range holds both, otherwise the other lies within e.
    const off = !last && (pairs ? hi : hi + e) <= 0n;
    out.lo[i] = last || lo > 0n ? lo : 0n;
    out.hi[i] = last || hi > 0n ? hi : 0n;
    out.e[i] = off ? 0n : e;
  }
  return shortened(out);
}

/** Cuts digits that do not matter, outward. */
function shortened(x: State): State {
  let most = 1n;
  for (const list of [x.lo, x.hi, x.e]) {
    for (const v of list) {
      const a = v < 0n ? -v : v;
      if (a > most) most = a;
    }
  }
  const drop = Math.min(Dyadic.of(most).exponent - DIGITS, x.scale);
  if (drop <= 0) return x;
  const k = BigInt(drop);
  return {
    lo: x.lo.map((v) => v >> k),
    hi: x.hi.map((v) => ceilShift(v, drop)),
    e: x.e.map((v) => ceilShift(v, drop)),
    scale: x.scale - drop,
  };
}
