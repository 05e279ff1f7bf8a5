// The gap table of budgets (W, L, b): guaranteed error of the best network that is built, best lower bound, and their ratio.
//
//   npm run build && node bench/gaps.mjs [--json]
import { lowerBounds, planBudget } from '../dist/index.js';

const BUDGETS = [
  [16, 16, 4],
  [16, 64, 4],
  [32, 32, 4],
  [32, 64, 4],
  [64, 64, 1],
  [64, 64, 4],
  [64, 64, 8],
  [64, 64, 16],
  [64, 64, 32],
  [64, 256, 4],
  [128, 64, 4],
  [64, 4, 16],
  [256, 4, 16],
  [1024, 4, 18],
  [256, 3, 16],
];

const rows = BUDGETS.map(([width, depth, bits]) => {
  const { guaranteed, method } = planBudget({ width, depth, bits });
  const { best, regime } = lowerBounds({ width, depth, bits });
  const gap = guaranteed.toNumber() / best.toNumber();
  return { width, depth, bits, guaranteed: guaranteed.toNumber('up'), lower: best.toNumber(), gap, regime, method };
});

if (process.argv.includes('--json')) console.log(JSON.stringify(rows, null, 2));
else {
  console.log('| W | L | b | guaranteed error | lower bound | gap | regime | built from |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const r of rows) {
    const cells = [r.width, r.depth, r.bits, r.guaranteed.toExponential(2), r.lower.toExponential(2), r.gap.toFixed(1)];
    console.log(`| ${[...cells, r.regime, r.method].join(' | ')} |`);
  }
}
