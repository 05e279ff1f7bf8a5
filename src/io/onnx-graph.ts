/** Walks a graph from the asked value down: nodes in whatever order, initialisers when they are first read, no cycles. */
import { Dyadic, refuse, shown } from '../exact/index.ts';
import { Budget } from './budget.ts';
import { Domains } from './domain.ts';
import { Call, nameOf, type Reading } from './onnx-call.ts';
import { operatorOf } from './onnx-operators.ts';
import { decodeTensor, type ModelProto, type NodeProto, type TensorProto, type ValueInfo } from './onnx-schema.ts';
import { decodeConstant, type External, typeOf } from './onnx-tensor.ts';
import type { ElementType } from './onnx-types.ts';
import { type Scalar, simplify } from './scalar.ts';
import { sizeOf, type Value } from './tensor.ts';
import { type AtomDomain, Units } from './units.ts';

/** Where all float inputs lie: multiples of 2^unit, in [lo, hi] where given. */
export interface Grid {
  readonly unit: number;
  readonly lo: Dyadic | undefined;
  readonly hi: Dyadic | undefined;
}

export interface GraphOptions {
  readonly foldBatchNorm: number | undefined;
  readonly grid: Grid | undefined;
  readonly external: External | undefined;
  readonly bind: Readonly<Record<string, Uint8Array>>;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

export interface FreeInput {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly size: number;
}

export class Graph {
  readonly reading: Reading;
  /** The inputs that nothing fixes; the network's inputs are their elements, one input behind the other. */
  readonly free: readonly FreeInput[];
  private readonly values = new Map<string, Value>();
  private readonly producers = new Map<string, NodeProto>();
  private readonly initialisers = new Map<string, TensorProto>();

  constructor(
    private readonly model: ModelProto,
    private readonly options: GraphOptions,
    private readonly name: string,
  ) {
    const budget = new Budget();
    const { graph } = model;
    for (const node of graph.nodes) {
      for (const output of node.outputs) {
        if (output === '') continue;
        if (this.producers.has(output)) refuse(name, 'one node for each value', `two that make ${output}`);
        this.producers.set(output, node);
      }
    }
    for (const tensor of graph.initialisers) this.initialisers.set(tensor.name, tensor);
    // Until IR 4 initialisers are listed among the inputs, too.
    const fixed = (i: ValueInfo): boolean => this.initialisers.has(i.name) || Object.hasOwn(options.bind, i.name);
    this.free = graph.inputs.filter((i) => !fixed(i)).map((i) => this.freeInput(i));
    const size = sizeOf(name, [this.free.reduce((n, input) => n + input.size, 0)]);
    if (size < 1) refuse(name, 'a graph with an input that has elements', `${this.free.length} free inputs`);
    const units = new Units(size, budget);
    const all = units.inputRows();
    const domains: (AtomDomain | undefined)[] = [];
    let from = 0;
    for (const { name, type, shape, size } of this.free) {
      const domain = domainOf(type, options.grid);
      for (let i = 0; i < size; i++) domains.push(domain);
      this.values.set(name, { kind: 'activation', type, shape, ...all, rows: all.rows.slice(from, from + size) });
      from += size;
    }
    this.reading = {
      units,
      domains: new Domains(units, domains, budget),
      budget,
      foldBatchNorm: options.foldBatchNorm,
      notes: new Set(),
      constant: (tensor, where) => decodeConstant(tensor, where, budget, options.external),
    };
  }

  /** The value that is meant: by its own name, or its node's; the model's only output where none is named. */
  target(asked: string | undefined): string {
    const { nodes, outputs } = this.model.graph;
    if (asked === undefined) {
      const only = outputs[0];
      if (!only || outputs.length > 1) {
        refuse(
          this.name,
          'a graph with one output, or the name of one',
          `outputs ${outputs.map((o) => o.name).join(', ')}`,
        );
      }
      return only.name;
    }
    if (this.producers.has(asked) || this.values.has(asked)) return asked;
    const output = nodes.find((n) => n.name === asked)?.outputs[0];
    return output ?? refuse(`${this.name} output`, 'the name of a value or a node', asked);
  }

  evaluate(target: string): Value {
    const waiting: NodeProto[] = [];
    const open = new Set<NodeProto>();
    const enter = (wanted: string): void => {
      const node = this.producers.get(wanted);
      if (!node) refuse(this.name, 'a node or a tensor behind every value', `none behind ${wanted}`);
      if (open.has(node)) refuse(nameOf(node), 'a graph without cycles', 'one that feeds itself');
      open.add(node);
      waiting.push(node);
    };
    if (!this.known(target)) enter(target);
    while (waiting.length > 0) {
      const node = waiting[waiting.length - 1] as NodeProto;
      const missing = node.inputs.find((i) => i !== '' && !this.known(i));
      if (missing !== undefined) {
        enter(missing);
      } else {
        this.run(node);
        waiting.pop();
        open.delete(node);
      }
    }
    return this.values.get(target) ?? refuse(this.name, 'a value that is read', `${target}, a side output`);
  }

  /** Whether the value is there; initialisers and bound inputs are decoded when they are first asked for. */
  private known(name: string): boolean {
    if (this.values.has(name)) return true;
    const bound = Object.hasOwn(this.options.bind, name) ? this.options.bind[name] : undefined;
    const where = `tensor ${shown(name)}`;
    const tensor = bound ? decodeTensor(bound, where) : this.initialisers.get(name);
    if (tensor) this.values.set(name, this.reading.constant(tensor, where));
    return tensor !== undefined;
  }

  private run(node: NodeProto): void {
    const inputs = node.inputs.map((i) => (i === '' ? undefined : this.values.get(i)));
    const feeds = node.inputs.find((i) => this.values.get(i)?.kind === 'activation');
    const operator = operatorOf(node, feeds);
    const made = operator(new Call(node, this.model.opsets.get(node.domain) ?? 1, inputs, this.reading));
    // Every operator read here has one output of use; others (a dropout mask) stay unmade, and who reads one is refused.
    const [first, ...others] = node.outputs;
    if (first === undefined) refuse(nameOf(node), 'an output', 'none');
    this.values.set(first, made);
    for (const side of others) {
      const reader = this.model.graph.nodes.find((n) => side !== '' && n.inputs.includes(side));
      if (reader) refuse(nameOf(reader), `inputs other than the side output of ${nameOf(node)}`, side);
    }
  }

  private freeInput({ name, type, shape }: ValueInfo): FreeInput {
    const where = `input ${shown(name)}`;
    const stated = Object.hasOwn(this.options.shapes, name) ? this.options.shapes[name] : undefined;
    const dims = stated ?? shape ?? refuse(where, 'a shape in the model, or one stated', 'none');
    const fixed = dims.map((d, i) => {
      // A dynamic batch is one input at a time.
      if (typeof d === 'number' && d > 0) return d;
      return i === 0 && stated === undefined ? 1 : refuse(where, `a size for dimension ${i}, stated with the shape`, d);
    });
    return { name, type: typeOf(where, type), shape: fixed, size: sizeOf(where, fixed) };
  }
}

/** Whole numbers and narrow floats lie on a grid by their type; wider floats on the stated one, where there is one. */
function domainOf(type: ElementType, grid: Grid | undefined): AtomDomain | undefined {
  const within = (lo: Scalar, hi: Scalar, unit: number): AtomDomain => ({
    unit,
    lo: grid?.lo ? simplify(grid.lo) : lo,
    hi: grid?.hi ? simplify(grid.hi) : hi,
  });
  if (type.min !== undefined && type.max !== undefined) {
    return within(simplify(Dyadic.of(type.min)), simplify(Dyadic.of(type.max)), 0);
  }
  if (type.format && type.bits <= 16) {
    const max = simplify(type.format.max);
    return within(simplify(type.format.max.neg()), max, grid?.unit ?? type.format.minUnit);
  }
  return grid && { unit: grid.unit, lo: grid.lo && simplify(grid.lo), hi: grid.hi && simplify(grid.hi) };
}
