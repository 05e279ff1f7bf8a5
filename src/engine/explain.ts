/** Why a plan runs each layer the way it does. */
import {
  LAYER_AT_BOUND_BITS,
  LAYER_AT_DIGITS,
  LAYER_AT_INPUTS,
  LAYER_AT_KERNEL,
  LAYER_AT_LIMBS_IN,
  LAYER_AT_LIMBS_OUT,
  LAYER_AT_LIMBS_SUM,
  LAYER_AT_OUTPUTS,
  LAYER_AT_ROWS_BYTES,
  LAYER_AT_SCALE,
  LAYER_AT_STORAGE,
  LAYER_AT_WEIGHT_BITS,
  LAYER_BYTES,
  PLAN_AT_BASE,
  PLAN_AT_RADIX,
  PLAN_HEADER_BYTES,
  STORAGE_BITS,
  STORAGE_INT8,
} from '../../assembly/layout.ts';
import type { Plan } from './plan.ts';

/** The arithmetic a layer was proved to need: every partial sum fits 31 bits and a sign, 63 and a sign, or more. */
export type Tier = 'int32' | 'int64' | 'limbs';

const KERNELS = ['int32', 'limb32', 'limb64', 'dense', 'window'] as const;
export type Kernel = (typeof KERNELS)[number];

/** One layer of a plan, as data. */
export interface LayerPlan {
  readonly tier: Tier;
  readonly kernel: Kernel;
  readonly inputs: number;
  readonly outputs: number;
  /** Binary digits of a limb. */
  readonly limbBits: number;
  /** Most limbs of an incoming activation, a sum and a result; fewer are used where the numbers at hand are smaller. */
  readonly limbsIn: number;
  readonly limbsSum: number;
  readonly limbsOut: number;
  /** Every partial sum, in any order, is below 2^boundBits in magnitude. */
  readonly boundBits: number;
  /** Binary digits of the largest weight mantissa, and the limb-sized digits it is cut into. */
  readonly weightBits: number;
  readonly weightDigits: number;
  /** Fractional bits of the results. */
  readonly scale: number;
  /** Bytes of its weights in the plan. */
  readonly bytes: number;
  /** Why this kernel, in a sentence. */
  readonly why: string;
}

/** What was decided for a network, layer by layer, as plain data and in words. */
export interface PlanReport {
  /** Inputs are multiples of 2^-inputScale, outputs of 2^-outputScale. */
  readonly inputScale: number;
  readonly outputScale: number;
  /** Bytes of the plan, and of working memory beside it. */
  readonly bytes: number;
  readonly workingBytes: number;
  readonly layers: readonly LayerPlan[];
  /** All of it for people, a line a layer. */
  readonly text: string;
}

/** Explains a plan: tier, kernel, limbs and the reason for each layer. */
export function explainPlan(plan: Plan): PlanReport {
  const { inputs, outputs, depth, inputScale, outputScale, bytes, workingBytes } = plan;
  const layers = Object.freeze(Array.from({ length: depth }, (_, l) => layerPlan(plan, l)));
  const head =
    `${inputs} -> ${outputs}, depth ${depth}: inputs are multiples of 2^${-inputScale}, ` +
    `outputs of 2^${-outputScale}; ${bytes} bytes, and ${workingBytes} to work in`;
  const lines = layers.map((y, l) => `layer ${l + 1}: ${y.inputs} -> ${y.outputs}, ${y.tier}, ${y.kernel}: ${y.why}`);
  return Object.freeze({ inputScale, outputScale, bytes, workingBytes, layers, text: [head, ...lines].join('\n') });
}

function layerPlan(plan: Plan, l: number): LayerPlan {
  const at = PLAN_HEADER_BYTES + l * LAYER_BYTES;
  const field = (offset: number): number => plan.word(at + offset);
  const kernel = KERNELS[field(LAYER_AT_KERNEL)] as Kernel;
  const boundBits = field(LAYER_AT_BOUND_BITS);
  const weightBits = field(LAYER_AT_WEIGHT_BITS);
  const limbBits = kernel === 'int32' ? 31 : plan.word(kernel === 'dense' ? PLAN_AT_BASE : PLAN_AT_RADIX);
  const digits =
    kernel === 'dense'
      ? field(LAYER_AT_DIGITS)
      : kernel === 'limb64' || kernel === 'window'
        ? Math.ceil(weightBits / limbBits)
        : 1;
  const layer = {
    tier: boundBits <= 31 ? 'int32' : boundBits <= 63 ? 'int64' : 'limbs',
    kernel,
    inputs: field(LAYER_AT_INPUTS),
    outputs: field(LAYER_AT_OUTPUTS),
    limbBits,
    limbsIn: field(LAYER_AT_LIMBS_IN),
    limbsSum: field(LAYER_AT_LIMBS_SUM),
    limbsOut: field(LAYER_AT_LIMBS_OUT),
    boundBits,
    weightBits,
    weightDigits: Math.max(1, digits),
    scale: field(LAYER_AT_SCALE),
    bytes: field(LAYER_AT_ROWS_BYTES),
  } as const;
  return Object.freeze({ ...layer, why: reason(layer, field(LAYER_AT_STORAGE)) });
}

function reason(layer: Omit<LayerPlan, 'why'>, storage: number): string {
  const { kernel, limbBits, limbsIn, limbsOut, boundBits, weightBits, weightDigits } = layer;
  const bound = `partial sums stay below 2^${boundBits}`;
  if (kernel === 'int32') return `${bound}, so one 32-bit lane holds each`;
  const limbs = `${limbsIn} limbs of ${limbBits} bits in, at most ${limbsOut} out`;
  const cut =
    weightDigits > 1
      ? `weights of ${weightBits} bits cut into ${weightDigits} digits`
      : `weights of ${weightBits} bits`;
  const why = {
    limb32:
      storage === STORAGE_BITS
        ? 'weights kept as bit planes, so what is set is added or subtracted; the sum over a limb fits a 32-bit lane'
        : 'the sum over a limb fits a 32-bit lane',
    limb64: 'the sum over a limb needs a 64-bit lane',
    window:
      'long numbers, so limbs that are zero for a whole tile are left out; the sum over a limb fits a 32-bit lane',
    dense: `few zeros, so products of 16-bit limbs in pairs${storage === STORAGE_INT8 ? ', weights kept in 8 bits' : ''}`,
  }[kernel];
  return `${bound}; ${limbs}; ${cut}: ${why}`;
}
