/** The operators that are read, by name; every other is refused by name. */
import { InputError, shown } from '../exact/index.ts';
import * as activation from './onnx-activation.ts';
import { BatchNormalization } from './onnx-batchnorm.ts';
import { nameOf, type Operator } from './onnx-call.ts';
import * as layout from './onnx-layout.ts';
import * as linear from './onnx-linear.ts';
import * as quantisation from './onnx-quantise.ts';
import type { NodeProto } from './onnx-schema.ts';

/** The default domain. */
const STANDARD = new Map<string, Operator>(
  Object.entries({
    ...linear.OPERATORS,
    ...activation.OPERATORS,
    ...layout.OPERATORS,
    ...quantisation.OPERATORS,
    BatchNormalization,
  }),
);

/** QONNX's quantiser, under the names that its domain has had. */
const QONNX_DOMAINS = ['finn.custom_op.general', 'onnx.brevitas', 'qonnx.custom_op.general'];

/** The names of all operators that are read. */
export const ONNX_OPERATORS: readonly string[] = Object.freeze([...STANDARD.keys(), 'Quant'].sort());

/** The node's operator; `feeds` names an input that depends on the network's, where the network could stop instead. */
export function operatorOf(node: NodeProto, feeds: string | undefined): Operator {
  const found =
    node.domain === ''
      ? STANDARD.get(node.operator)
      : QONNX_DOMAINS.includes(node.domain) && node.operator === 'Quant'
        ? quantisation.Quant
        : undefined;
  if (found) return found;
  const stop = feeds === undefined ? '' : `; output ${shown(feeds)} stops before it`;
  throw new InputError(
    `${nameOf(node)}: not an operator of networks of affine maps and ReLUs that is read here${stop}`,
  );
}
