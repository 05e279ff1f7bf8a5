/**
 * Units that hold the same number at every input, folded into the biases above them. What is left realises the same function,
 * exactly; of a network that carries long constants through many layers (construct/intrinsicNetwork.ts) it is a small part.
 */
import { Dyadic } from '../exact/index.ts';
import { LayerBuilder, type Term } from './builder.ts';
import { biasAt, type Layer, weightAt } from './layer.ts';
import { Network } from './network.ts';

/** The same realisation on all of R^d without constant units; the network itself where it has none. */
export function withoutConstants(net: Network): Network {
  const layers: Layer[] = [];
  let changed = false;
  // Of the layer below: constant values, and where the other units have gone.
  let constant: (Dyadic | undefined)[] = new Array<Dyadic | undefined>(net.inputs).fill(undefined);
  let place: Int32Array = Int32Array.from({ length: net.inputs }, (_, i) => i);
  let inputs = net.inputs;
  net.layers.forEach((layer, l) => {
    const last = l === net.depth - 1;
    const held = constantsOf(layer, constant, last);
    const kept = held.reduce((n, v) => n + (v === undefined ? 1 : 0), 0);
    // A layer of constants alone keeps one unit, as every layer must.
    const keepFirst = !last && kept === 0;
    if (kept === layer.outputs && inputs === layer.inputs) layers.push(layer);
    else {
      changed = true;
      const made = new LayerBuilder(inputs);
      for (let i = 0; i < layer.outputs; i++) {
        if (!last && held[i] !== undefined && !(keepFirst && i === 0)) continue;
        writeRow(made, layer, i, constant, place);
      }
      layers.push(made.build());
    }
    place = new Int32Array(layer.outputs);
    let at = 0;
    for (let i = 0; i < layer.outputs; i++) if (held[i] === undefined || (keepFirst && i === 0)) place[i] = at++;
    if (keepFirst) held[0] = undefined;
    constant = held;
    inputs = Math.max(1, at);
  });
  return changed ? new Network(layers) : net;
}

/** The value of each unit that does not depend on the input, after relu. The last layer's outputs count as dependent. */
function constantsOf(layer: Layer, below: readonly (Dyadic | undefined)[], last: boolean): (Dyadic | undefined)[] {
  const out = new Array<Dyadic | undefined>(layer.outputs).fill(undefined);
  if (last) return out;
  for (let i = 0; i < layer.outputs; i++) {
    const end = layer.rowStart[i + 1] as number;
    let depends = false;
    for (let k = layer.rowStart[i] as number; k < end && !depends; k++) {
      depends = below[layer.column[k] as number] === undefined;
    }
    if (depends) continue;
    let sum = biasAt(layer, i);
    for (let k = layer.rowStart[i] as number; k < end; k++) {
      sum = sum.add(weightAt(layer, k).mul(below[layer.column[k] as number] as Dyadic));
    }
    out[i] = sum.max(Dyadic.ZERO);
  }
  return out;
}

function writeRow(
  made: LayerBuilder,
  layer: Layer,
  i: number,
  constant: readonly (Dyadic | undefined)[],
  place: Int32Array,
): void {
  let bias = biasAt(layer, i);
  const terms: Term[] = [];
  for (let k = layer.rowStart[i] as number; k < (layer.rowStart[i + 1] as number); k++) {
    const c = layer.column[k] as number;
    const value = constant[c];
    if (value === undefined) terms.push([place[c] as number, weightAt(layer, k)]);
    else bias = bias.add(weightAt(layer, k).mul(value));
  }
  made.row(bias, terms);
}
