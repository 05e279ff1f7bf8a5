/**
 * D9: Table 1 and Table 2 of the paper beside a built network [DLS18].
 *
 * A network file keeps what it was built from as a *recipe*, plain JSON; `blockTable` reads it back (recipes come from strangers:
 * every field is checked) and sets the paper's expressions beside the counts of the blocks.
 */
import { refuse } from '../exact/index.ts';
import type { BlockPlan } from './blueprint.ts';
import type { CachedReport } from './cached.ts';
import { cachedPaper, table2 } from './cachedTables.ts';
import { MAX_LAMBDA, type Quantisation } from './gadget.ts';
import type { ConstructionReport, PaperExpression } from './report.ts';
import type { TaylorReport } from './taylor.ts';
import { MAX_DIMENSION, MAX_SMOOTHNESS } from './taylorShape.ts';
import { table1, taylorPaper } from './taylorTables.ts';

export interface Recipe {
  readonly table: 1 | 2;
  readonly lambda: number;
  readonly quantisation: Quantisation;
  /** Table 1: d, n, q (N = 2^q), r, t. Table 2: T, m. */
  readonly parameters: Readonly<Record<string, number>>;
  readonly blocks: readonly BlockPlan[];
}

/** One block: the paper's expressions for a single one, and the counts of all of them in the built network. */
export interface BlockRow {
  readonly block: string;
  readonly task: string;
  readonly paper: { readonly width: PaperExpression; readonly depth: PaperExpression } | undefined;
  /** Missing where the built network has no such block. */
  readonly built: (BlockPlan & { readonly bits: number }) | undefined;
}

export function recipeOf(report: TaylorReport | CachedReport): Recipe {
  const parameters: Record<string, number> =
    'shape' in report
      ? {
          d: report.shape.d,
          n: report.shape.n,
          q: report.shape.q,
          r: report.shape.r,
          t: report.shape.digits[0] as number,
        }
      : { T: report.T, m: report.m };
  return Object.freeze({
    table: 'shape' in report ? 1 : 2,
    lambda: report.lambda,
    quantisation: report.quantisation,
    parameters: Object.freeze(parameters),
    blocks: report.blocks,
  });
}

/** Most blocks of one recipe. */
const MAX_BLOCKS = 64;

/** The recipe in a file's metadata. Throws InputError where it is not one. */
export function readRecipe(value: unknown): Recipe {
  const where = 'recipe';
  if (typeof value !== 'object' || value === null) refuse(where, 'an object', value);
  const { table, lambda, quantisation, parameters, blocks } = value as Record<string, unknown>;
  if (table !== 1 && table !== 2) refuse(`${where}: table`, '1 or 2', table);
  if (quantisation !== 'lambda' && quantisation !== 'linear') {
    refuse(`${where}: quantisation`, "'lambda' or 'linear'", quantisation);
  }
  const count = (name: string, v: unknown, least: number, most = Number.MAX_SAFE_INTEGER): number =>
    typeof v === 'number' && Number.isSafeInteger(v) && v >= least && v <= most
      ? v
      : refuse(`${where}: ${name}`, `a whole number from ${least}`, v);
  if (typeof parameters !== 'object' || parameters === null) refuse(`${where}: parameters`, 'an object', parameters);
  const names =
    table === 1 ? { d: MAX_DIMENSION, n: MAX_SMOOTHNESS, q: 64, r: 1 << 20, t: 1 << 20 } : { T: 2 ** 40, m: 2 ** 20 };
  const own: Record<string, number> = {};
  for (const [name, most] of Object.entries(names)) {
    own[name] = count(name, (parameters as Record<string, unknown>)[name], 1, most);
  }
  if (!Array.isArray(blocks) || blocks.length > MAX_BLOCKS)
    refuse(`${where}: blocks`, `a list of at most ${MAX_BLOCKS}`, blocks);
  return {
    table,
    lambda: count('lambda', lambda, 2, MAX_LAMBDA),
    quantisation,
    parameters: own,
    blocks: blocks.map((b: unknown): BlockPlan => {
      const block = (typeof b === 'object' && b !== null ? b : {}) as Record<string, unknown>;
      if (typeof block.block !== 'string' || block.block.length > 32 || !/^[\w'*^ ]+$/.test(block.block)) {
        refuse(`${where}: block`, 'a short name', block.block);
      }
      return {
        block: block.block,
        depth: count('depth', block.depth, 0),
        width: count('width', block.width, 0),
        units: count('units', block.units, 0),
        connectivity: count('connectivity', block.connectivity, 0),
      };
    }),
  };
}

/** The paper's counts of the whole network: expressions, values where it gives them, orders where it gives O(.). */
export function paperCounts({ table, lambda, quantisation, parameters: p }: Recipe): ConstructionReport['paper'] {
  if (table === 2) return cachedPaper({ T: p.T as number, m: p.m as number, lambda, quantisation });
  const { d, n, q, r, t } = p as Record<'d' | 'n' | 'q' | 'r' | 't', number>;
  return taylorPaper({ d, n, q, r, digits: [t] }, { lambda, quantisation });
}

/** The paper's rows in their order, then the blocks that only the built network has. */
export function blockTable(recipe: Recipe): BlockRow[] {
  const { table, lambda, quantisation, parameters: p } = recipe;
  const paper =
    table === 1
      ? table1({ q: p.q as number, r: p.r as number, t: p.t as number }, { lambda, quantisation })
      : table2({ T: p.T as number, m: p.m as number, lambda, quantisation });
  const built = new Map(
    recipe.blocks.map((b) => [b.block, { ...b, bits: Math.ceil(b.connectivity * Math.log2(lambda)) }]),
  );
  const rows = paper.map(
    ({ block, task, width, depth }): BlockRow => ({ block, task, paper: { width, depth }, built: built.get(block) }),
  );
  const known = new Set(paper.map(({ block }) => block));
  const extra: Record<string, string> = { carry: 'hands values on', output: 'sums, and scales the result' };
  for (const [block, counts] of built) {
    if (!known.has(block)) rows.push({ block, task: extra[block] ?? '', paper: undefined, built: counts });
  }
  return rows;
}
