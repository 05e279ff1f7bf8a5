/**
 * What is proved of one intrinsic network, from its own layers: on the boxes between its borders and ramps it is a constant.
 * The middle values that end a network of the sup norm do not decrease in any reader (they are compared with those layers here).
 */
import { certifyOnGrid, type GridCertificate } from '../certify/index.ts';
import type { IntrinsicFit, IntrinsicShape } from '../construct/index.ts';
import { middleLayers } from '../construct/middle.ts';
import { Dyadic, refuse, type Target } from '../exact/index.ts';
import { type Layer, type Network, sameLayer, weightAt } from '../net/index.ts';

export interface IntrinsicCertificateOptions {
  /** Boxes are halved until upper/lower is about this; default 1.05. */
  readonly ratio?: number;
  readonly maxBoxes?: number;
}

/** Encloses ||f - net|| in the norm that the network was made for. */
export function certifyIntrinsic(
  fit: Pick<IntrinsicFit, 'network' | 'decoder'>,
  target: Target,
  options: IntrinsicCertificateOptions = {},
): GridCertificate {
  const { shape } = fit.decoder;
  const monotoneFrom = shape.readers > 1 ? middleOnwards(fit.network, shape.inputs) : undefined;
  return certifyOnGrid(fit.network, target, {
    cuts: cutsOf(shape),
    norm: shape.norm,
    ...(monotoneFrom === undefined ? {} : { monotoneFrom }),
    ...options,
  });
}

/** Where the network's cells and ramps begin and end, axis by axis. */
function cutsOf({ borders, domain, rampDigits, readers }: IntrinsicShape): Dyadic[][] {
  const shifts = readers > 1 ? [-2, -1, 0, 1] : [-1, 0];
  return borders.map((own, axis) => {
    const { lo, hi } = domain[axis] as { lo: Dyadic; hi: Dyadic };
    return [lo, ...own.flatMap((t) => shifts.map((k) => t.add(Dyadic.of(BigInt(k), -rampDigits)))), hi];
  });
}

/** Index of the first layer of the middle values, with a last layer of slope >= 0 on top of them. */
function middleOnwards(net: Network, d: number): number {
  const middle = middleLayers(d);
  const first = net.depth - 1 - middle.length;
  const last = net.layers[net.depth - 1] as Layer;
  const fits =
    first > 0 &&
    middle.every((layer, k) => sameLayer(layer, net.layers[first + k] as Layer)) &&
    (last.weight.length === 0 || weightAt(last, 0).sign > 0);
  if (!fits) refuse('certifyIntrinsic', 'a network that ends with the middle values of its readers', 'another one');
  return first;
}
