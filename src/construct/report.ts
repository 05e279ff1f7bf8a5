/** What every construction says about itself: the paper's expressions beside the counts of the built network. */
import type { Dyadic } from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import type { BlockPlan, BlueprintPlan } from './blueprint.ts';

export interface Counts {
  /** L, affine layers. */
  readonly depth: number;
  /** W, units of the widest layer, input and output included. */
  readonly width: number;
  /** M, non-zero weights, biases included. */
  readonly connectivity: number;
  /** M log2(lambda), rounded up, lambda as the paper counts it. */
  readonly bits: number;
}

/** An expression of the paper; `value` is missing where the paper gives only an order O(.). */
export interface PaperExpression {
  readonly formula: string;
  /** Float64 value of the expression: printed, never compared with as a proof. */
  readonly value?: number;
  /** Value of what stands inside O(.), where the paper gives an order. */
  readonly order?: number;
}

export interface ConstructionReport {
  /** Source, such as '[DLS18, Prop. 3]'. */
  readonly statement: string;
  readonly lambda: number;
  readonly quantisation: 'lambda' | 'linear';
  /** The letters: every non-zero weight and bias of the network is one of them. */
  readonly alphabet: readonly number[];
  readonly parameters: Readonly<Record<string, number | string>>;
  readonly counts: Counts;
  readonly paper: {
    readonly depth: PaperExpression;
    readonly width: PaperExpression;
    readonly connectivity: PaperExpression;
    readonly bits: PaperExpression;
  };
  /** Guaranteed bound of the sup error on the domain. */
  readonly bound: Dyadic;
  readonly blocks: readonly BlockPlan[];
  /** What differs from the paper, and why, one sentence each. */
  readonly notes: readonly string[];
  /** What the bound rests on beyond the theorem; empty where nothing. */
  readonly restsOn: readonly string[];
}

export function countsOf(plan: BlueprintPlan, lambda: number): Counts {
  const { depth, width, connectivity } = plan;
  return Object.freeze({ depth, width, connectivity, bits: Math.ceil(connectivity * Math.log2(lambda)) });
}

/** Freezes a report and everything in it that can be changed. */
export function freezeReport<R extends ConstructionReport>(report: R): R {
  for (const part of [report.parameters, report.paper, report.notes, report.restsOn]) Object.freeze(part);
  for (const e of Object.values(report.paper)) Object.freeze(e);
  return Object.freeze(report);
}

/** A network and what it is. */
export interface Construction {
  readonly network: Network;
  readonly report: ConstructionReport;
}
