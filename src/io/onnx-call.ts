/** One node being read: its inputs, its attributes, and what reading needs around it. */
import { Dyadic, InputError, refuse, shown } from '../exact/index.ts';
import type { Budget } from './budget.ts';
import type { Domains } from './domain.ts';
import { type NodeProto, saturate, type TensorProto } from './onnx-schema.ts';
import { type Scalar, toDyadic } from './scalar.ts';
import { type Activation, asActivation, broadcastTo, type Constant, type Shape, type Value } from './tensor.ts';
import type { Row, Units } from './units.ts';

/** What all nodes of a model share while it is read. */
export interface Reading {
  readonly units: Units;
  readonly domains: Domains;
  readonly budget: Budget;
  /** Fractional bits that batch normalisation is folded to; undefined: it is refused. */
  readonly foldBatchNorm: number | undefined;
  /** Sentences for the report. */
  readonly notes: Set<string>;
  constant(tensor: TensorProto, where: string): Constant;
}

/** An operator: inputs to its first output. */
export type Operator = (call: Call) => Value;

export class Call {
  readonly where: string;

  constructor(
    readonly node: NodeProto,
    /** Version of the operator set that the node belongs to. */
    readonly opset: number,
    readonly inputs: readonly (Value | undefined)[],
    readonly reading: Reading,
  ) {
    this.where = nameOf(node);
  }

  get budget(): Budget {
    return this.reading.budget;
  }

  refuse(expected: string, got: unknown): never {
    refuse(this.where, expected, got);
  }

  /** `Relu "r": <sentence>`. */
  fail(sentence: string): never {
    throw new InputError(`${this.where}: ${sentence}`);
  }

  has(i: number): boolean {
    return this.inputs[i] !== undefined;
  }

  input(i: number): Value {
    return this.inputs[i] ?? this.refuse(`an input ${i}`, `${this.inputs.length} inputs`);
  }

  /** The input, where the graph fixes it. */
  constant(i: number): Constant {
    const value = this.input(i);
    if (value.kind !== 'constant') this.refuse(`a constant as input ${i}`, 'one that depends on the network input');
    return value;
  }

  /** A constant without NaN and infinities. */
  finite(value: Constant): Constant {
    const { values } = value;
    for (let k = 0; k < values.length; k++) {
      const v = values[k] as Scalar;
      if (typeof v === 'number' && !Number.isFinite(v)) this.refuse('finite weights', v);
    }
    return value;
  }

  /** Input i as whole numbers: shapes, axes, starts. */
  wholes(i: number): number[] {
    return Array.from(this.constant(i).values as ArrayLike<Scalar>, (v) => {
      if (typeof v !== 'number' || !Number.isInteger(v)) this.refuse(`whole numbers as input ${i}`, v);
      return v;
    });
  }

  /** As wholes, for ends of ranges: what lies beyond float64's whole numbers stands for the last of them. */
  ends(i: number): number[] {
    return Array.from(this.constant(i).values as ArrayLike<Scalar>, (v) => {
      if (toDyadic(v).fractionalBits > 0) this.refuse(`whole numbers as input ${i}`, v);
      return saturate(typeof v === 'number' ? v : v.toNumber());
    });
  }

  whole(attribute: string, otherwise: number): number {
    return this.node.attributes.get(attribute)?.i ?? otherwise;
  }

  float(attribute: string, otherwise: number): number {
    const f = this.node.attributes.get(attribute)?.f ?? otherwise;
    if (!Number.isFinite(f)) this.refuse(`a finite ${attribute}`, f);
    return f;
  }

  text(attribute: string, otherwise: string): string {
    return this.node.attributes.get(attribute)?.s ?? otherwise;
  }

  ints(attribute: string): number[] | undefined {
    return this.node.attributes.get(attribute)?.ints;
  }

  activation(value: Value): Activation {
    return asActivation(this.where, value.kind === 'constant' ? this.finite(value) : value, this.budget);
  }

  /** relu of every element. */
  relu(value: Activation): Activation {
    return { ...value, ...this.reading.units.relu(value, this.where) };
  }

  /** A constant input's values, one for each element of the shape. */
  spread(value: Constant, shape: Shape): ArrayLike<Scalar> {
    return (broadcastTo(this.where, this.finite(value), shape, this.budget) as Constant).values;
  }

  /** Refuses where a whole-number type could wrap around; floats pass. */
  checkWrap<V extends Value>(value: V): V {
    const { min, max, name } = value.type;
    if (min === undefined || max === undefined) return value;
    const inside = (v: Scalar | undefined): boolean =>
      v !== undefined && toDyadic(v).ge(Dyadic.of(min)) && toDyadic(v).le(Dyadic.of(max));
    if (value.kind === 'constant') {
      const all = value.values as ArrayLike<Scalar>;
      for (let k = 0; k < all.length; k++) if (!inside(all[k])) this.refuse(`values within ${name}`, all[k]);
      return value;
    }
    for (const row of value.rows as readonly Row[]) {
      const domain = this.reading.domains.of(row);
      if (!domain || !inside(domain.lo) || !inside(domain.hi)) {
        this.fail(`its ${name} result may wrap around on the stated inputs; state a smaller range for them`);
      }
    }
    return value;
  }
}

/** How a node is named in sentences. */
export function nameOf(node: NodeProto): string {
  const operator = node.domain === '' ? node.operator : `${node.domain}.${node.operator}`;
  const plain = /^[\w.]{1,80}$/.test(operator) ? operator : shown(operator);
  return `${plain} ${shown(node.name === '' ? `-> ${node.outputs[0] ?? ''}` : node.name)}`;
}
