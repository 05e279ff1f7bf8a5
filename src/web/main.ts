/** The page: the form's problem goes to the solver, its answer to the figures, the facts and the downloads. */
import { Solver, Viewer } from './client.ts';
import { byId, html } from './elements.ts';
import { Figure } from './figure.ts';
import { Form } from './form.ts';
import type { Answer, Curves, PieceText, Problem, RegimeFacts } from './protocol.ts';
import { drawHistogram, drawLayers, layerTable } from './structure.ts';

const NET_HEIGHT = 270;
const ERROR_HEIGHT = 200;
/** Zooming in stops where float64 abscissae run out. */
const FINEST = 2 ** -36;

const netFigure = new Figure(byId('figure-net'));
const errorFigure = new Figure(byId('figure-error'));
const regimeFigure = new Figure(byId('figure-regime'));
const viewer = new Viewer();

let answer: Answer | undefined;
let view: readonly [number, number] | undefined;
/** The piece shown on its own, in the order of the pieces in view. */
let shownPiece: PieceText | undefined;
let curves: Curves | undefined;
/** Counts requests for curves: only the last one is drawn. */
let asked = 0;

const solver = new Solver({
  onProgress(progress) {
    byId('work').classList.toggle('busy', progress !== undefined);
    byId('results').setAttribute('aria-busy', String(progress !== undefined));
    byId('doing').textContent = progress?.text ?? '';
    const bar = byId<HTMLProgressElement>('bar');
    if (progress?.part === undefined) bar.removeAttribute('value');
    else bar.value = progress.part;
  },
  onAnswer(found, problem) {
    complain('');
    show(found, problem);
  },
  onFailed: (sentence, input) => complain(input ? sentence : `This should not happen: ${sentence}`),
});
const form = new Form(() => solver.solve(form.problem), complain);
byId('cancel').addEventListener('click', () => {
  const answered = solver.cancel();
  complain(
    answered
      ? 'Stopped; the result below is proved, a better one may exist.'
      : 'Cancelled; the result below is the one before.',
  );
});

function complain(sentence: string): void {
  byId('problem').textContent = sentence;
}

function show(found: Answer, problem: Problem): void {
  const sameDomain = answer?.domain?.[0] === found.domain?.[0] && answer?.domain?.[1] === found.domain?.[1];
  const zoomed = sameDomain && view && answer?.domain && (view[0] > answer.domain[0] || view[1] < answer.domain[1]);
  answer = found;
  shownPiece = undefined;
  byId('piece').textContent = '';
  byId('at-value').textContent = '';
  byId('sentence').textContent = sentenceOf(found);
  byId('facts').replaceChildren(...facts(found));
  byId('notes').replaceChildren(...notes(found).map((n) => html('li', {}, n)));
  byId('downloaded').textContent = '';
  for (const id of ['download-dyad', 'download-onnx', 'download-c']) byId<HTMLButtonElement>(id).disabled = false;
  if (problem.source.kind === 'network') {
    byId<HTMLInputElement>('domain').placeholder = found.domainText || '0, 1';
  } else byId<HTMLInputElement>('domain').placeholder = found.domainText;
  void viewer.ask(
    { kind: 'open', file: found.file, ...(found.compared ? { compared: found.compared } : {}) },
    'opened',
  );
  byId('curves').hidden = !found.curves;
  byId('structure').hidden = false;
  byId('regime').hidden = !found.regime;
  if (found.curves && found.domain) {
    if (zoomed && view) void look(view[0], view[1]);
    else {
      asked++;
      view = found.domain;
      draw(found.curves);
    }
  }
  drawStructure();
  if (found.regime) drawRegime(found.regime);
}

function sentenceOf({ title, f = title, bound, domainText, inputs, outputs }: Answer): string {
  if (!bound)
    return `${title}: a network of ${inputs} input${inputs === 1 ? '' : 's'} and ${outputs} output${outputs === 1 ? '' : 's'}.`;
  const where = domainText === '' ? '' : ` for every x in [${domainText}]`;
  const claim = bound.upperText ? `|f − net| ≤ ${bound.upperText}${where}` : 'no bound was found';
  switch (bound.status) {
    case 'proved':
      return `Proved: ${claim}, f = ${f}.`;
    case 'refuted':
      return `Refuted: the error is at least ${bound.lower} at x = ${bound.witness}, f = ${f}.`;
    case 'undecided':
      return bound.upper === undefined
        ? `Undecided: ${bound.missing ?? 'no bound was found'}, f = ${f}.`
        : `Proved: ${claim}, f = ${f}; whether that is tight is undecided: ${bound.missing ?? ''}.`;
  }
}

function facts(a: Answer): HTMLElement[] {
  const rows: (readonly [string, string])[] = [
    ['depth L', String(a.depth)],
    ['width W', String(a.width)],
    ['connectivity M', `${a.connectivity} non-zero`],
    ['weights', `Q(${a.integerBits}, ${a.fractionalBits}), ${a.alphabetSize} values`],
    ['file', size(a.file.length)],
    ['dense storage', size(Math.ceil(a.denseBits / 8))],
    ['non-zero storage', size(Math.ceil(a.nonZeroBits / 8))],
    ...(a.kappa === undefined ? [] : [['kappa (bits × error)', a.kappa.toPrecision(4)] as const]),
    ...(a.bound
      ? [['worst seen', `${a.bound.lower.toPrecision(4)} at x = ${a.bound.witness.toPrecision(6)}`] as const]
      : []),
    ['construction', a.method],
    ['time', `${(a.seconds * 1000).toFixed(0)} ms`],
  ];
  return rows.flatMap(([name, value]) => [html('div', {}, html('dt', {}, name), html('dd', {}, value))]);
}

function notes({ notes, bound }: Answer): string[] {
  return [...notes, ...(bound && bound.restsOn.length > 0 ? [`rests on: ${bound.restsOn.join('; ')}`] : [])];
}

function size(bytes: number): string {
  return bytes < 10_000 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(1)} KiB`;
}

function draw(c: Curves): void {
  curves = c;
  view = [c.lo, c.hi];
  if (!answer) return;
  const { axes, bound } = answer;
  const x = { label: axes.x, lo: c.lo, hi: c.hi };
  const onSelect = (lo: number, hi: number): void => void look(lo, hi);
  const part = `from ${short(c.lo)} to ${short(c.hi)}`;
  netFigure.draw({
    description: `${c.f ? 'Target and network' : 'Network'} ${part}; ${c.more ? 'more than ' : ''}${c.knots.length + 1} linear pieces`,
    height: NET_HEIGHT,
    x,
    y: { label: axes.y },
    series: [
      ...(c.f ? [{ name: 'target f', ink: 'target', x: c.x, y: c.f }] : []),
      { name: 'network', ink: 'network', x: c.x, y: c.net },
    ],
    knots: c.knots,
    onSelect,
  });
  byId('window').textContent =
    `In view: x ${part}, ${c.more ? `more than ${c.knots.length + 1}` : c.knots.length + 1} linear piece${c.knots.length === 0 ? '' : 's'}.`;
  const caption = byId('error-caption');
  if (c.error) {
    const levels = bound?.upper
      ? [bound.upper, -bound.upper].map((y) => ({ y, name: 'certified bound', ink: 'bound' }))
      : [];
    const inside = bound && bound.witness >= c.lo && bound.witness <= c.hi;
    const sign = inside ? Math.sign(nearest(c, bound.witness)) || 1 : 1;
    const reach = levels.length > 0 ? { lo: -1.15 * (bound?.upper ?? 1), hi: 1.15 * (bound?.upper ?? 1) } : {};
    errorFigure.draw({
      description: `Error f minus network ${part}${bound?.upperText ? `, between the certified bounds plus and minus ${bound.upperText}` : ''}`,
      height: ERROR_HEIGHT,
      x,
      y: { label: 'f − net', ...(bound?.upper === 0 ? {} : reach) },
      series: [{ name: 'error f − net', ink: 'error', x: c.x, y: c.error }],
      levels,
      points: inside ? [{ x: bound.witness, y: sign * bound.lower, name: 'worst point seen', ink: 'witness' }] : [],
      knots: c.knots,
      onSelect,
    });
    caption.textContent = bound?.upperText
      ? `The curve is drawn from samples; the dashed lines, ${bound.upperText}, are proved to hold between them as well. Drag across a figure to zoom.`
      : 'Drawn from samples; no bound is proved.';
  } else {
    errorFigure.clear();
    caption.textContent = 'There is no target to compare with: type one as “Compare with f(x)”.';
  }
  byId('pieces').replaceChildren(pieceTable(c));
}

function nearest({ x, error }: Curves, at: number): number {
  let best = 0;
  for (let i = 1; i < x.length; i++) if (Math.abs(x[i]! - at) < Math.abs(x[best]! - at)) best = i;
  return error?.[best] ?? 1;
}

function short(x: number): string {
  return String(Number(x.toPrecision(9)));
}

function pieceTable({ pieces, knots }: Curves): HTMLElement {
  const head = html('tr', {}, ...['from', 'to', 'slope', 'intercept'].map((t) => html('th', { scope: 'col' }, t)));
  const body = pieces.map((p) => html('tr', {}, ...[p.from, p.to, p.slope, p.intercept].map((t) => html('td', {}, t))));
  const table = html('table', { class: 'mono' }, html('thead', {}, head), html('tbody', {}, ...body));
  if (pieces.length <= knots.length) table.append(html('caption', {}, `the first ${pieces.length}`));
  return table;
}

/** Shows a part of the domain. */
async function look(from: number, to: number): Promise<void> {
  const whole = answer?.domain;
  if (!whole) return;
  const width = Math.min(whole[1] - whole[0], Math.max(to - from, (whole[1] - whole[0]) * FINEST));
  const middle = (from + to) / 2;
  const lo = Math.min(Math.max(whole[0], middle - width / 2), whole[1] - width);
  const hi = Math.min(whole[1], lo + width);
  const turn = ++asked;
  const points = Math.max(200, Math.min(1200, byId('figure-net').clientWidth));
  try {
    const reply = await viewer.ask({ kind: 'curves', lo, hi, points }, 'curves');
    if (turn === asked) draw(reply.curves);
  } catch (error) {
    complain((error as Error).message);
  }
}

/** Moves or scales the view: the new middle is `shift` widths away, the new width `factor` times the old one. */
function move(shift: number, factor: number): void {
  if (!view) return;
  shownPiece = undefined;
  byId('piece').textContent = '';
  const width = view[1] - view[0];
  const middle = (view[0] + view[1]) / 2 + shift * width;
  void look(middle - (factor * width) / 2, middle + (factor * width) / 2);
}

/** The piece before or after the one shown, or the one in the middle of the view, with a little of its neighbours. */
async function piece(step: 1 | -1): Promise<void> {
  const whole = answer?.domain;
  if (!whole || !view || !curves) return;
  const from = shownPiece ? number(step > 0 ? shownPiece.to : shownPiece.from) : undefined;
  if (from !== undefined && (step > 0 ? from >= whole[1] : from <= whole[0])) return;
  if (!shownPiece) {
    const middle = (view[0] + view[1]) / 2;
    shownPiece = curves.pieces.find((p) => number(p.to) > middle) ?? curves.pieces.at(-1);
  } else if (from !== undefined) {
    // Look at a neighbourhood of the end; the next piece is the one that begins (ends) there.
    const width = number(shownPiece.to) - number(shownPiece.from);
    const reach = Math.max(width, (whole[1] - whole[0]) * FINEST * 4);
    await look(from - reach, from + reach);
    const text = step > 0 ? shownPiece.to : shownPiece.from;
    const next = curves.pieces.find((p) => (step > 0 ? p.from : p.to) === text);
    if (!next) return;
    // Its far end may lie beyond what was looked at.
    const far = step > 0 ? await endOf(next, 'to', whole) : await endOf(next, 'from', whole);
    shownPiece = far;
  }
  if (!shownPiece) return;
  const [a, b] = [number(shownPiece.from), number(shownPiece.to)];
  const margin = Math.max((b - a) * 0.25, (whole[1] - whole[0]) * FINEST);
  const current = shownPiece;
  await look(a - margin, b + margin);
  byId('piece').textContent =
    `Piece [${current.from}, ${current.to}]: net(x) = ${current.slope} x + ${current.intercept}`;
}

/** The same piece with its end where it truly is: the view is doubled until the end is no longer the view's. */
async function endOf(p: PieceText, end: 'from' | 'to', whole: readonly [number, number]): Promise<PieceText> {
  let found = p;
  for (let k = 0; k < 60; k++) {
    if (!view || !curves) return found;
    const edge = end === 'to' ? view[1] : view[0];
    const stop = end === 'to' ? whole[1] : whole[0];
    if (number(found[end]) !== edge || edge === stop) return found;
    const [a, b] = view;
    await look(end === 'to' ? a : b - 2 * (b - a), end === 'to' ? a + 2 * (b - a) : b);
    const other = end === 'to' ? 'from' : 'to';
    const again = curves.pieces.find((q) => q[other] === found[other]);
    if (!again) return found;
    found = again;
  }
  return found;
}

/** A float64 near an exact text: m*2^e, a fraction or a whole number. */
function number(text: string): number {
  const power = /^(-?\d+)\*2\^(-?\d+)$/.exec(text);
  if (power) return Number(power[1]) * 2 ** Number(power[2]);
  const [n, d] = text.split('/');
  if (d === undefined) return Number(n);
  const [p, q] = [BigInt(n as string), BigInt(d)];
  const shift = BigInt(Math.max(0, q.toString(2).length - 50));
  return shift === 0n ? Number(p) / Number(q) : Number((p << 64n) / q) / 2 ** 64;
}

function drawStructure(): void {
  if (!answer) return;
  const place = byId('layers');
  if (place.clientWidth < 100) return;
  place.replaceChildren(drawLayers(answer, place.clientWidth));
  byId('layer-table').replaceChildren(layerTable(answer.layers));
  const { histogram } = answer;
  byId('histogram-title').textContent = histogram.binned
    ? `Weights and biases by sign and size (${answer.alphabetSize} values)`
    : `Weights and biases (${answer.alphabetSize} values)`;
  byId('histogram').replaceChildren(drawHistogram(histogram, Math.min(760, place.clientWidth)));
}
new ResizeObserver(() => drawStructure()).observe(byId('layers'));

function drawRegime(r: RegimeFacts): void {
  const count = r.memory.length;
  const b = Float64Array.from({ length: count }, (_, i) => r.first + i);
  const last = r.first + count - 1;
  const own = r.error === undefined || r.error === 0 ? undefined : Math.log2(r.error);
  const floor = Math.min(...r.memory, ...r.vc, own ?? 0) - 2;
  const names = { under: 'under-quantised', proper: 'proper', over: 'over-quantised' };
  regimeFigure.draw({
    description: `Lower bounds on the error of the class of width ${r.width} and depth ${r.depth} over the bits of its weights; with ${r.bits} bits it is in the ${names[r.regime]} regime`,
    height: 300,
    x: { label: 'fractional bits b', lo: r.first - 0.5, hi: last + 0.5 },
    y: { label: 'log₂ of the error', lo: floor, hi: 0 },
    series: [
      { name: 'precision: 2^-(L b + 1)', ink: 'precision', x: b, y: r.precision },
      { name: 'memory: bits stored', ink: 'memory', x: b, y: r.memory },
      { name: 'VC dimension', ink: 'vc', x: b, y: r.vc },
    ],
    regions: [
      { from: r.first - 0.5, to: r.proper - 0.5, name: 'under' },
      { from: r.proper - 0.5, to: r.over - 0.5, name: 'proper' },
      { from: r.over - 0.5, to: last + 0.5, name: 'over' },
    ],
    points: own === undefined ? [] : [{ x: r.bits, y: own, name: 'this network', ink: 'network' }],
  });
  byId('regime-caption').textContent =
    `W = ${r.width}, L = ${r.depth}, b = ${r.bits}: ${names[r.regime]} (proper from b = ${r.proper}, over from b = ${r.over}). ` +
    'The lines are proved lower bounds on the worst error over all functions with Lipschitz constant 1 on an interval of length 1; ' +
    `a smooth f may lie below them. ${
      r.unit === undefined
        ? 'This f has no known Lipschitz constant, so its network has no place here.'
        : `The network's certified error is divided by length × Lipschitz constant = ${r.unit.toPrecision(4)}.`
    }`;
}

const click = (id: string, what: () => void): void => byId(id).addEventListener('click', what);
click('zoom-in', () => move(0, 0.5));
click('zoom-out', () => move(0, 2));
click('zoom-left', () => move(-0.5, 1));
click('zoom-right', () => move(0.5, 1));
click('zoom-all', () => {
  shownPiece = undefined;
  byId('piece').textContent = '';
  if (answer?.domain) void look(...answer.domain);
});
click('piece-next', () => void piece(1));
click('piece-previous', () => void piece(-1));

async function evaluate(): Promise<void> {
  const place = byId('at-value');
  try {
    const { point } = await viewer.ask({ kind: 'point', x: byId<HTMLInputElement>('at').value }, 'point');
    place.textContent = [
      `net(${point.x}) = ${point.net}${point.net.includes('/') || point.net.includes('*') ? ` = ${point.netNumber}` : ''}`,
      ...(point.f === undefined ? [] : [`f = ${point.f}`, `|f − net| = ${point.error}`]),
    ].join('; ');
  } catch (error) {
    place.textContent = (error as Error).message;
  }
}
click('at-go', () => void evaluate());
byId('at').addEventListener('keydown', (event) => {
  if (event.key === 'Enter') void evaluate();
});

function save(name: string, bytes: Uint8Array, type: string): void {
  const url = URL.createObjectURL(new Blob([bytes as BlobPart], { type }));
  const link = html('a', { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function stem(): string {
  const text = (answer?.title ?? 'net')
    .replace(/\.\w+$/, '')
    .replace(/^table /, '')
    .replace(/[^A-Za-z0-9]+/g, '_');
  const name = text.replace(/^_+|_+$/g, '').slice(0, 40) || 'net';
  return /^[A-Za-z]/.test(name) ? name : `net_${name}`;
}

click('download-dyad', () => {
  if (!answer) return;
  save(`${stem()}.dyad`, answer.file, 'application/octet-stream');
  byId('downloaded').textContent = `${stem()}.dyad: ${answer.file.length} bytes`;
});
for (const format of ['onnx', 'c'] as const) {
  click(`download-${format}`, async () => {
    const name = stem();
    const adcBits = Number(byId<HTMLSelectElement>('adc').value);
    try {
      const { download } = await viewer.ask({ kind: 'download', format, name, adcBits }, 'download');
      save(`${name}.${format}`, download.bytes, format === 'c' ? 'text/x-c' : 'application/octet-stream');
      byId('downloaded').textContent =
        `${name}.${format}: ${download.bytes.length} bytes; ${download.notes.join('; ')}`;
    } catch (error) {
      byId('downloaded').textContent = (error as Error).message;
    }
  });
}

/** `dyadnet view net.dyad` names the file in the address and serves it beside the page. */
async function openNamed(): Promise<void> {
  const name = new URLSearchParams(location.search).get('open');
  if (name === null) {
    solver.solve(form.problem);
    return;
  }
  try {
    const reply = await fetch(`./opened/${encodeURIComponent(name)}`);
    if (!reply.ok) throw new Error(`${name}: it is not served here`);
    form.take(name, new Uint8Array(await reply.arrayBuffer()));
  } catch (error) {
    complain((error as Error).message);
  }
}
void openNamed();

// Where the page is served from the web, a copy is kept for the time without one.
if ('serviceWorker' in navigator && import.meta.env.PROD)
  void navigator.serviceWorker.register('./sw.js').catch(() => {});
