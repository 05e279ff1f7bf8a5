/**
 * Networks from networks, all exact as functions on the whole of R^d:
 *
 *   compose(g, f)(x) = g(f(x))            depth L_f + L_g - 1   (the two affine maps that meet become one)
 *   parallel(f, g)(x) = (f(x), g(x))      depth max             stack(f, g)(x, y) = (f(x), g(y))
 *   sum(f, g)(x) = f(x) + g(x)            depth max
 *   padDepth(f, L)(x) = f(x)              depth L, by carrying relu(y) and relu(-y)
 */
import { Dyadic, type DyadicLike, refuse } from '../exact/index.ts';
import { LayerBuilder, type Term } from './builder.ts';
import { biasAt, type Layer, weightAt } from './layer.ts';
import { Network } from './network.ts';

/** The affine map x -> A x + c as a network of depth 1. `matrix` has one list of weights a row. */
export function affine(matrix: readonly (readonly DyadicLike[])[], bias?: readonly DyadicLike[]): Network {
  const columns = matrix[0]?.length ?? 0;
  const layer = new LayerBuilder(columns);
  matrix.forEach((row, i) => {
    if (row.length !== columns) refuse('affine', `${columns} weights in row ${i}`, row.length);
    layer.row(
      bias?.[i] ?? 0,
      row.map((w, j) => [j, w] as const),
    );
  });
  return new Network([layer.build()]);
}

/** The identity on R^d with the given depth: width 2d for depth > 1, d otherwise. */
export function identity(d: number, depth = 1): Network {
  const first = new LayerBuilder(d);
  for (let i = 0; i < d; i++) first.unit(0, [i, 1]);
  return padDepth(new Network([first.build()]), depth);
}

/** f followed by g. Throws InputError where f's outputs are not g's inputs. */
export function compose(g: Network, f: Network): Network {
  if (f.outputs !== g.inputs) refuse('compose', `a first network with ${g.inputs} outputs`, f.outputs);
  const joint = mergeAffine(g.layers[0] as Layer, f.layers[f.depth - 1] as Layer);
  return new Network([...f.layers.slice(0, -1), joint, ...g.layers.slice(1)]);
}

/** The same input into each network, outputs side by side. */
export function parallel(...nets: readonly Network[]): Network {
  const inputs = nets[0]?.inputs ?? 0;
  for (const n of nets) if (n.inputs !== inputs) refuse('parallel', `networks with ${inputs} inputs`, n.inputs);
  return sideBySide(nets, true);
}

/** Each network with its own inputs, block by block. */
export function stack(...nets: readonly Network[]): Network {
  return sideBySide(nets, false);
}

/** The sum of networks with equal inputs and outputs. */
export function sum(...nets: readonly Network[]): Network {
  const together = parallel(...nets);
  const outputs = (nets[0] as Network).outputs;
  for (const n of nets) if (n.outputs !== outputs) refuse('sum', `networks with ${outputs} outputs`, n.outputs);
  const add = new LayerBuilder(together.outputs);
  for (let i = 0; i < outputs; i++) {
    add.row(
      0,
      nets.map((_, k) => [k * outputs + i, 1] as const),
    );
  }
  return compose(new Network([add.build()]), together);
}

/** The same function with depth L >= its own: each further layer carries every output as its positive and negative part. */
export function padDepth(net: Network, depth: number): Network {
  const more = depth - net.depth;
  if (!Number.isInteger(more) || more < 0) refuse('padDepth', `a depth of at least ${net.depth}`, depth);
  if (more === 0) return net;
  const d = net.outputs;
  const split = new LayerBuilder(d);
  for (let i = 0; i < d; i++) {
    split.unit(0, [i, 1]);
    split.unit(0, [i, -1]);
  }
  const carry = new LayerBuilder(2 * d);
  for (let i = 0; i < 2 * d; i++) carry.unit(0, [i, 1]);
  const join = new LayerBuilder(2 * d);
  for (let i = 0; i < d; i++) join.unit(0, [2 * i, 1], [2 * i + 1, -1]);
  const first = mergeAffine(split.build(), net.layers[net.depth - 1] as Layer);
  const middle = Array.from({ length: more - 1 }, () => carry.build());
  return new Network([...net.layers.slice(0, -1), first, ...middle, join.build()]);
}

function sideBySide(nets: readonly Network[], sharedInput: boolean): Network {
  if (nets.length === 0) refuse('parallel', 'at least one network', 'none');
  const depth = Math.max(...nets.map((n) => n.depth));
  const padded = nets.map((n) => padDepth(n, depth));
  const layers = Array.from({ length: depth }, (_, l) =>
    blockDiagonal(
      padded.map((n) => n.layers[l] as Layer),
      sharedInput && l === 0,
    ),
  );
  return new Network(layers);
}

function blockDiagonal(blocks: readonly Layer[], sharedInput: boolean): Layer {
  const inputs = sharedInput ? (blocks[0] as Layer).inputs : blocks.reduce((n, b) => n + b.inputs, 0);
  const out = new LayerBuilder(inputs);
  let offset = 0;
  for (const block of blocks) {
    for (let i = 0; i < block.outputs; i++) out.row(biasAt(block, i), termsOf(block, i, offset));
    if (!sharedInput) offset += block.inputs;
  }
  return out.build();
}

function termsOf(layer: Layer, i: number, offset: number): Term[] {
  const terms: Term[] = [];
  for (let k = layer.rowStart[i] as number; k < (layer.rowStart[i + 1] as number); k++) {
    terms.push([offset + (layer.column[k] as number), weightAt(layer, k)]);
  }
  return terms;
}

/** x -> A_g (A_f x + c_f) + c_g as one layer. */
function mergeAffine(g: Layer, f: Layer): Layer {
  const out = new LayerBuilder(f.inputs);
  for (let i = 0; i < g.outputs; i++) {
    let bias = biasAt(g, i);
    const row = new Map<number, Dyadic>();
    for (let k = g.rowStart[i] as number; k < (g.rowStart[i + 1] as number); k++) {
      const w = weightAt(g, k);
      const j = g.column[k] as number;
      bias = bias.add(w.mul(biasAt(f, j)));
      for (let q = f.rowStart[j] as number; q < (f.rowStart[j + 1] as number); q++) {
        const c = f.column[q] as number;
        row.set(c, (row.get(c) ?? Dyadic.ZERO).add(w.mul(weightAt(f, q))));
      }
    }
    out.row(bias, [...row]);
  }
  return out.build();
}
