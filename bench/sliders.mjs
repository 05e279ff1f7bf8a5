/**
 * npm run bench:sliders, or node bench/sliders.mjs [steps] after a build: how long the page's sliders take to answer, in
 * Chromium (CHROMIUM names another one), from the event to the redrawn facts, and the time that the answer itself says it took.
 * A slider is moved back and forth by one step at a time, each time after the answer before it; then it is moved every 50 ms,
 * and the last column counts how often it was answered meanwhile.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';

const CASES = [
  ['f=x^2&budget=epsilon&epsilon=1e-2', 'epsilon-slider'],
  ['f=sin(2*pi*x)&budget=epsilon&epsilon=1e-2', 'epsilon-slider'],
  ['f=exp(-4*x)*sin(9*x)&budget=epsilon&epsilon=1e-3', 'epsilon-slider'],
  ['f=x^2&budget=bytes&bytes=64', 'bytes-slider'],
  ['f=sin(2*pi*x)&budget=bytes&bytes=64', 'bytes-slider'],
  ['f=exp(-4*x)*sin(9*x)&budget=bytes&bytes=128', 'bytes-slider'],
  ['f=x^2&budget=class&width=6&depth=8&bits=4', 'bits-slider'],
  ['f=sin(2*pi*x)&budget=class&width=6&depth=8&bits=4', 'width-slider'],
];
const STEPS = Number(process.argv[2] ?? 16);

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const server = spawn(process.execPath, [main, 'view', '--quiet'], { stdio: ['ignore', 'pipe', 'inherit'] });
const url = await new Promise((resolve) => server.stdout.once('data', (line) => resolve(String(line).trim())));
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });

/** In the page: moves a slider and waits for the facts to be drawn anew. */
async function measure({ slider, steps }) {
  const bar = document.getElementById(slider);
  const facts = document.getElementById('facts');
  const base = Number(bar.value);
  const told = () =>
    Number.parseFloat([...facts.querySelectorAll('dt')].find((d) => d.textContent === 'time').nextSibling.textContent);
  let drawn = 0;
  let next = () => {};
  new MutationObserver(() => {
    drawn++;
    next(performance.now());
  }).observe(facts, { childList: true });
  const answers = [];
  for (let i = 1; i <= steps; i++) {
    const start = performance.now();
    const answered = new Promise((resolve) => {
      next = resolve;
    });
    bar.value = String(base + [1, 2, 3, 2, 1, 0, -1, 0][i % 8]);
    bar.dispatchEvent(new Event('input', { bubbles: true }));
    answers.push({ ms: (await answered) - start, told: told() });
  }
  drawn = 0;
  for (let i = 0; i < 40; i++) {
    bar.value = String(base + Math.round(4 * Math.sin(i / 3)));
    bar.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { answers, drawn };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
console.log(
  '| problem | slider | median ms | slowest ms | first ms | said by the worker, median ms | redrawn in 40 moves |',
);
console.log('|---|---|---:|---:|---:|---:|---:|');
for (const [problem, slider] of CASES) {
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
  await page.goto(`${url}#${problem.replaceAll('^', '%5E').replaceAll('+', '%2B')}`);
  await page.waitForFunction(() => document.querySelector('#sentence').textContent !== '');
  const { answers, drawn } = await page.evaluate(measure, { slider, steps: STEPS });
  const [first, ...rest] = answers;
  const ms = rest.map((a) => a.ms);
  const shown = [median(ms), Math.max(...ms), first.ms, median(rest.map((a) => a.told))].map((v) => v.toFixed(0));
  console.log(`| ${problem} | ${slider} | ${shown.join(' | ')} | ${drawn} |`);
  await page.close();
}
await browser.close();
server.kill();
