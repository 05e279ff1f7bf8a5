/**
 * Sparse ReLU networks as families [GBGR, point (ii)]: Sigma_M = networks of depth 2..L(M) with layers of at most W(M) units, at
 * most M non-zero weights, and
 *
 *   weights   every |weight| <= r(M): layers have norm at most W r, so log2 Lip = O(L log(W r)). Encodable for every gamma
 *             where L(M) log r(M) grows slower than every power: depth polylogarithmic, weights at most 2^polylog(M)
 *   norms     every ||A_l||_inf <= r(M) and |c_l|_inf <= r(M): log2 Lip = O(L log r + log(L W)). With r = 1 any polynomial depth will do
 *   letters   weights from a fixed alphabet: nothing is rounded, whatever the depth
 *
 * Lip is the class formula of parameterClass.ts, r^(L-1) L (W (D + (L-1)/2) + 1) for r >= 1, in whole numbers, rounded up.
 */
import { bitLength, Dyadic, type DyadicLike, Rational, refuse, wholeNumber } from '../exact/index.ts';
import { biasAt, LayerBuilder, Network, type Term, weightAt } from '../net/index.ts';
import type { BoxFamily, Element, Realised } from './family.ts';
import {
  type Growth,
  type GrowthLike,
  growth,
  largerOrder,
  log2At,
  logOrder,
  type Order,
  orderOf,
  timesOrder,
  valueAt,
} from './growth.ts';
import { layerNorms } from './operatorNorm.ts';

export interface NetworkFamilyOptions {
  readonly name?: string;
  /** L(M), at least 2. */
  readonly depth: GrowthLike;
  /** W(M): units of every hidden layer; default M. */
  readonly width?: GrowthLike;
  /** r(M) for single weights, */
  readonly weights?: GrowthLike;
  /** or for the norms of layers, */
  readonly norms?: GrowthLike;
  /** or the alphabet of the weights. */
  readonly letters?: readonly DyadicLike[];
  /** Default 1. */
  readonly inputs?: number;
  readonly outputs?: number;
  /** D: inputs lie in [-D, D], a whole number, default 1. */
  readonly box?: number;
}

export interface NetworkFamily extends BoxFamily {
  /** The element that a network is. Throws InputError where it is none of Sigma_M. */
  elementOf(network: Network, size: number): Element;
  networkOf(element: Element, size: number): Network;
}

/** Throws InputError unless one of weights, norms and letters is given. */
export function networkFamily(options: NetworkFamilyOptions): NetworkFamily {
  const inputs = wholeNumber('networkFamily inputs', options.inputs ?? 1, 1, 1 << 20);
  const outputs = wholeNumber('networkFamily outputs', options.outputs ?? 1, 1, 1 << 20);
  const box = wholeNumber('networkFamily box', options.box ?? 1, 0, 2 ** 40);
  const given = [options.weights, options.norms, options.letters].filter((v) => v !== undefined);
  if (given.length !== 1) refuse('networkFamily', 'one of weights, norms and letters', `${given.length} of them`);
  const depth = growth(options.depth);
  const width = growth(options.width ?? 'M');
  const letters = options.letters?.map((v) => Dyadic.from(v));
  if (letters?.length === 0) refuse('networkFamily letters', 'at least one letter', '[]');
  const bound = growth(options.weights ?? options.norms ?? 1);
  const byWeights = options.weights !== undefined;
  const shape = (size: number): Shape => ({
    depth: number('depth', depth, size, 2),
    width: number('width', width, size, 1),
    inputs,
    outputs,
  });
  return Object.freeze({
    kind: 'box',
    name: options.name ?? 'sparse ReLU networks',
    norm: `sup on [-${box},${box}]^${inputs}`,
    statement: letters
      ? 'a fixed alphabet: parameters are not rounded'
      : `[GBGR]: r^(L-1) L (W (D + (L-1)/2) + 1), r ${byWeights ? '= W times the largest weight' : 'the norm of a layer'}`,
    parameters: growth('M'),
    positions: positionsOf(depth, width, inputs + outputs),
    values: letters ? { letters: Object.freeze(letters) } : { bound },
    lipschitz: letters
      ? { log2At: () => 0n, order: { power: Rational.of(0n), log: 0 }, text: '1' }
      : lipschitzOf(depth, width, bound, byWeights, BigInt(box), BigInt(Math.max(inputs, outputs))),
    realise: (element: Element, size: number): Realised => {
      const network = build(element, shape(size));
      return {
        text: `a network of depth ${network.depth}`,
        network,
        evaluate: (x) => network.evaluate([x])[0],
        estimate: (x) => network.evaluate([x])[0].toNumber(),
      };
    },
    elementOf: (network: Network, size: number) => {
      if (options.norms !== undefined) checkNorms(network, Dyadic.of(valueAt(bound, size)));
      return read(network, shape(size), size);
    },
    networkOf: (element: Element, size: number) => build(element, shape(size)),
  });
}

interface Shape {
  readonly depth: number;
  readonly width: number;
  readonly inputs: number;
  readonly outputs: number;
}

function number(what: string, g: Growth, size: number, least: number): number {
  const value = valueAt(g, size);
  if (value < BigInt(least) || value > 1n << 24n)
    refuse(`network family's ${what} ${g.text} at M = ${size}`, `${least}..2^24`, value);
  return Number(value);
}

/** N(M) = L (W + inputs + outputs + 1)^2 bounds the entries of such networks: as a growth function, c L W^2. */
function positionsOf(depth: Growth, width: Growth, ends: number): Growth {
  const c = BigInt((ends + 2) ** 2);
  return Object.freeze({
    factor: Rational.of(c).mul(depth.factor).mul(width.factor).mul(width.factor),
    power: depth.power.add(width.power).add(width.power),
    log: depth.log + 2 * width.log,
    ...exponents(depth, width),
    text: `${c} (${depth.text}) (${width.text})^2`,
  });
}

function exponents(depth: Growth, width: Growth): { exponent?: Growth } {
  const [a, b] = [depth.exponent, width.exponent];
  if (!a && !b) return {};
  // 2^(e1 + 2 e2) is at most 2^(3 max(e1, e2)): the order is what counts.
  const larger = !a ? b : !b ? a : largerOrder(orderOf(a), orderOf(b)) === orderOf(a) ? a : b;
  const e = larger as Growth;
  return { exponent: Object.freeze({ ...e, factor: e.factor.mul(Rational.of(3n)), text: `3 (${e.text})` }) };
}

function lipschitzOf(
  depth: Growth,
  width: Growth,
  bound: Growth,
  byWeights: boolean,
  box: bigint,
  ends: bigint,
): BoxFamily['lipschitz'] {
  const constant: Order = { power: Rational.of(0n), log: 0 };
  const isOne = !byWeights && bound.text === '1';
  const norm = byWeights ? largerOrder(logOrder(width), logOrder(bound)) : logOrder(bound);
  const layers = isOne
    ? constant
    : timesOrder(orderOf(depth), norm.log === 0 && norm.power?.sign === 0 ? constant : norm);
  const order = largerOrder(layers, largerOrder(logOrder(depth), logOrder(width)));
  return {
    order,
    text: byWeights
      ? `L log(W r) with L = ${depth.text}, W = ${width.text}, r = ${bound.text}`
      : `L log r with L = ${depth.text}, r = ${bound.text}`,
    log2At: (size) => {
      const l = valueAt(depth, size);
      const hidden = valueAt(width, size);
      const w = hidden > ends ? hidden : ends;
      const norms = log2At(bound, size) + (byWeights ? BigInt(bitLength(w - 1n)) : 0n);
      // L (W (D + (L-1)/2) + 1), twice of it; r at least 1.
      const rest = l * (w * (2n * box + l - 1n) + 2n);
      return (l - 1n) * norms + BigInt(bitLength(rest)) - 1n;
    },
  };
}

/** Entry (row i, column j; j = columns: the bias) of layer l as a position, row after row, layer after layer. */
function layout({ depth, width, inputs, outputs }: Shape): { from: number; rows: number; columns: number }[] {
  let from = 0;
  return Array.from({ length: depth }, (_, l) => {
    const columns = l === 0 ? inputs : width;
    const rows = l === depth - 1 ? outputs : width;
    const part = { from, rows, columns };
    from += rows * (columns + 1);
    return part;
  });
}

/** Slots of hidden layers that hold nothing are left out: networks of less depth are elements too. */
function build({ positions, values }: Element, shape: Shape): Network {
  let at = 0;
  const layers = layout(shape).flatMap(({ from, rows, columns }, l) => {
    const end = from + rows * (columns + 1);
    if (l < shape.depth - 1 && !(positions[at] < end)) return [];
    const layer = new LayerBuilder(columns);
    for (let i = 0; i < rows; i++) {
      const start = from + i * (columns + 1);
      const terms: Term[] = [];
      let bias = Dyadic.ZERO;
      for (; at < positions.length && positions[at] < start + columns + 1; at++) {
        const j = positions[at] - start;
        if (j === columns) bias = values[at];
        else terms.push([j, values[at]]);
      }
      layer.row(bias, terms);
    }
    return [layer.build()];
  });
  if (layers[0].inputs === shape.inputs && layers.length > 1) return new Network(layers);
  // The first slot holds nothing: a constant, whose hidden units are all 0.
  const first = new LayerBuilder(shape.inputs);
  for (let i = 0; i < shape.width; i++) first.unit(0);
  return new Network([first.build(), ...layers.filter((layer) => layer.inputs === shape.width)]);
}

function checkNorms(network: Network, most: Dyadic): void {
  network.layers.forEach((layer, l) => {
    const { matrix, bias } = layerNorms(layer).lInf;
    if (matrix.max(bias).gt(most)) {
      refuse(`networkFamily elementOf layer ${l + 1}`, `a norm of at most ${most}`, matrix.max(bias).toNumber());
    }
  });
}

function read(network: Network, shape: Shape, size: number): Element {
  const where = 'networkFamily elementOf';
  if (network.depth < 2 || network.depth > shape.depth)
    refuse(where, `a network of depth 2..${shape.depth}`, network.depth);
  if (network.inputs !== shape.inputs || network.outputs !== shape.outputs) {
    refuse(where, `${shape.inputs} inputs and ${shape.outputs} outputs`, `${network.inputs} and ${network.outputs}`);
  }
  if (network.connectivity > size) refuse(where, `at most ${size} non-zero weights`, network.connectivity);
  const positions: number[] = [];
  const values: Dyadic[] = [];
  const slots = layout(shape);
  network.layers.forEach((layer, l) => {
    const last = l === network.depth - 1;
    const { from, rows, columns } = slots[last ? shape.depth - 1 : l];
    const before = positions.length;
    if (layer.outputs > rows) refuse(where, `at most ${rows} units in layer ${l + 1}`, layer.outputs);
    for (let i = 0; i < layer.outputs; i++) {
      const start = from + i * (columns + 1);
      for (let k = layer.rowStart[i]; k < layer.rowStart[i + 1]; k++) {
        positions.push(start + layer.column[k]);
        values.push(weightAt(layer, k));
      }
      const bias = biasAt(layer, i);
      if (!bias.isZero) {
        positions.push(start + columns);
        values.push(bias);
      }
    }
    if (!last && positions.length === before) refuse(where, `a weight in layer ${l + 1}`, 'none');
  });
  return { positions, values };
}
