/**
 * The commands, in the order in which the help lists them. Each is loaded when it is called, so that a call pays for what
 * it uses. Adding one: its file, and a line here.
 */
import type { Define } from './command.ts';

export interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Define>;
}

export const COMMANDS: readonly Entry[] = [
  {
    name: 'fit',
    summary: 'turn a function or a measured table into a network of few-bit weights with a proved error',
    load: async () => (await import('./fit.ts')).defineFit,
  },
  {
    name: 'eval',
    summary: 'evaluate a network exactly; outputs are rounded once, to the nearest float64',
    load: async () => (await import('./eval.ts')).defineEval,
  },
  {
    name: 'inspect',
    summary: 'show depth, width, connectivity, alphabet, bits, storage three ways, kappa, and what was proved',
    load: async () => (await import('./inspect.ts')).defineInspect,
  },
  {
    name: 'blocks',
    summary: "show the paper's table of blocks beside a network that fit --method taylor or cached wrote",
    load: async () => (await import('./blocks.ts')).defineBlocks,
  },
  {
    name: 'certify',
    summary: 'prove an upper bound on sup |f - net| and show a point that is nearly as bad',
    load: async () => (await import('./certify.ts')).defineCertify,
  },
  {
    name: 'check',
    summary: 'check a proof of `certify` by independent code',
    load: async () => (await import('./check.ts')).defineCheck,
  },
  {
    name: 'quantize',
    summary: 'weights of fewer bits or few shared values, and how far the outputs move: by formula, proved, seen',
    load: async () => (await import('./quantize.ts')).defineQuantize,
  },
  {
    name: 'compare',
    summary: 'prove how far two networks are apart on a box, or that they always decide alike',
    load: async () => (await import('./compare.ts')).defineCompare,
  },
  {
    name: 'retarget',
    summary: 'put another function into a network with few intrinsic parameters: its decoder stays, byte for byte',
    load: async () => (await import('./retarget.ts')).defineRetarget,
  },
  {
    name: 'convert',
    summary: 'write a network as .dyad, as ONNX or as a C99 function, exactly or not at all',
    load: async () => (await import('./convert.ts')).defineConvert,
  },
  {
    name: 'plot',
    summary: 'draw a network, what it approximates, and the certified error',
    load: async () => (await import('./plot.ts')).definePlot,
  },
  {
    name: 'rates',
    summary: 'run constructions at growing size, before and after quantisation, beside the best possible rate',
    load: async () => (await import('./rates.ts')).defineRates,
  },
  {
    name: 'regimes',
    summary: 'lower bounds and the errors of networks built, for every number of bits or every depth',
    load: async () => (await import('./regimes.ts')).defineRegimes,
  },
  {
    name: 'budget',
    summary: 'what error a width, depth and bits can reach, what they cannot, and which to change first',
    load: async () => (await import('./budget.ts')).defineBudget,
  },
  {
    name: 'deepen',
    summary: 'the same function exactly, with weights of fewer bits and more layers',
    load: async () => (await import('./deepen.ts')).defineDeepen,
  },
  {
    name: 'view',
    summary: 'open the page, with a network in it, at an address of this machine',
    load: async () => (await import('./view.ts')).defineView,
  },
  {
    name: 'sweep',
    summary: 'run many jobs (targets x methods x budgets x quantisers) on all cores or many machines; report on them',
    load: async () => (await import('./sweep.ts')).defineSweep,
  },
  {
    name: 'worker',
    summary: 'do the jobs that sweeps put on a Redis or Valkey server',
    load: async () => (await import('./worker.ts')).defineWorker,
  },
  {
    name: 'completion',
    summary: 'print a script that completes commands, options and files in bash, zsh or fish',
    load: async () => (await import('./completion.ts')).defineCompletion,
  },
];
