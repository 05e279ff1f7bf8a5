import {
  type BlockRow,
  blockTable,
  type ConstructionReport,
  type Counts,
  type PaperExpression,
  paperCounts,
  type Recipe,
  readRecipe,
} from '../construct/index.ts';
import { InputError } from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import type { Define } from './command.ts';
import { type OpenedNetwork, openNetwork } from './network.ts';
import { printJson, printRows, printTable } from './output.ts';

/** `dyadnet blocks`: Table 1 or Table 2 of [DLS18] beside the network that was built. */
export const defineBlocks: Define = (command, done) => {
  command
    .argument('<network>', 'a .dyad file that fit --method taylor or --method cached wrote')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  dyadnet fit "exp(-x)" --method taylor --lambda 4 -n 3 --eps 1e-3 -o e.dyad\n  dyadnet blocks e.dyad\n',
    )
    .action((path: string, options: { json?: boolean }) => {
      const file = openNetwork(path);
      const recipe = recipeIn(file);
      if (options.json) printJson(blocksJson(file.network, recipe));
      else printBlocks(file.network, recipe);
      done(0);
    });
};

/** The file's recipe, if its blocks are those of the file's network. */
function recipeIn({ path, meta, network }: OpenedNetwork): Recipe {
  if (meta?.recipe === undefined) {
    throw new InputError(
      `${path}: expected a network that fit --method taylor or --method cached wrote; the file names no blocks`,
    );
  }
  const recipe = readRecipe(meta.recipe);
  const sum = recipe.blocks.reduce((n, b) => n + b.connectivity, 0);
  if (sum !== network.connectivity) {
    throw new InputError(
      `${path}: expected blocks of ${network.connectivity} weights, which the network has, got blocks of ${sum}`,
    );
  }
  return recipe;
}

/** `lambda (t^(1/(lambda-1)) - 1) + 1 = 7.85`, or the formula alone where it is an order. */
function expression({ formula, value, order }: PaperExpression): string {
  if (value !== undefined) return formula === String(value) ? formula : `${formula} = ${rounded(value)}`;
  return order === undefined ? formula : `${formula}; inside O(.): ${rounded(order)}`;
}

const rounded = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e9 ? String(value) : value.toPrecision(4).replace(/\.?0+$/, '');

function blocksJson(network: Network, recipe: Recipe): Record<string, unknown> {
  return {
    table: recipe.table,
    lambda: recipe.lambda,
    quantisation: recipe.quantisation,
    parameters: recipe.parameters,
    blocks: blockTable(recipe),
    network: countsIn(network, recipe),
    paper: paperCounts(recipe),
  };
}

function countsIn({ depth, width, connectivity }: Network, { lambda }: Recipe): Counts {
  return { depth, width, connectivity, bits: Math.ceil(connectivity * Math.log2(lambda)) };
}

/** Counts of a network beside the paper's. */
export function paperRows(own: Counts, paper: ConstructionReport['paper']): [string, string][] {
  return [
    ['depth L', `${own.depth}; paper: ${expression(paper.depth)}`],
    ['width W', `${own.width}; paper: ${expression(paper.width)}`],
    ['connectivity M', `${own.connectivity}; paper: ${expression(paper.connectivity)}`],
    ['bits', `${own.bits}; paper: ${expression(paper.bits)}`],
  ];
}

function printBlocks(network: Network, recipe: Recipe): void {
  const { table, lambda, quantisation, parameters } = recipe;
  const rows = blockTable(recipe);
  const paper = paperCounts(recipe);
  const own = Object.entries(parameters).map(([k, v]) => (k === 'q' ? `N = ${2 ** v}` : `${k} = ${v}`));
  printRows([
    [
      'table',
      table === 1 ? 'Table 1 of [DLS18]: structure fixed for the class' : 'Table 2 of [DLS18]: structure chosen for f',
    ],
    ['weights', quantisation === 'linear' ? `multiples of 1/${lambda} up to 1` : `${lambda} distinct values`],
    ['parameters', own.join(', ')],
  ]);
  process.stdout.write('\n');
  const number = (n: number | undefined): string => (n === undefined ? '-' : rounded(n));
  printTable(
    ['block', 'task', 'paper: width', 'depth', 'built: width', 'layers', 'units', 'weights', 'bits'],
    rows.map(({ block, task, paper: p, built }: BlockRow) => [
      block,
      task,
      number(p?.width.value),
      number(p?.depth.value),
      ...(built
        ? [built.width, built.depth, built.units, built.connectivity, built.bits].map(String)
        : ['not needed', '-', '-', '-', '-']),
    ]),
    2,
  );
  process.stdout.write('\n');
  printRows(paperRows(countsIn(network, recipe), paper));
  const formulas = rows.flatMap(({ block, paper: p }): [string, string][] =>
    p && [p.width, p.depth].some(({ formula, value }) => formula !== String(value))
      ? [[block, `width ${expression(p.width)}; depth ${expression(p.depth)}`]]
      : [],
  );
  process.stdout.write("\nThe paper's formulas for one block:\n");
  printRows(formulas);
}
