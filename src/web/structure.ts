/** The network's layers as columns, and how often each weight occurs, as SVG and as tables for everyone. */
import { html, svg } from './elements.ts';
import type { Answer, Histogram, LayerFacts } from './protocol.ts';

const HEIGHT = 190;
const BASE = 96;
const ROOM = 68;
/** Least pixels of a column; with more layers than have room, neighbours share one. */
const LEAST = 5;
const LABELLED = 34;
/** Rows of the layers' table. */
const MOST_ROWS = 200;

interface Column {
  readonly first: number;
  readonly last: number;
  /** The widest of its layers. */
  readonly units: number;
  readonly nonZeros: number;
}

/** Layers from left to right: units upward, non-zero weights and biases downward, both with square roots as heights. */
export function drawLayers(answer: Answer, width: number): SVGElement {
  const columns = columnsOf(answer, Math.max(1, Math.floor((width - 60) / LEAST)));
  const room = (width - 60) / columns.length;
  const wide = Math.min(56, Math.max(2, room * 0.72));
  const most = (of: (c: Column) => number): number => Math.sqrt(columns.reduce((m, c) => Math.max(m, of(c)), 1));
  const [units, nonZeros] = [most((c) => c.units), most((c) => c.nonZeros)];
  const picture = svg('svg', {
    width,
    height: HEIGHT,
    viewBox: `0 0 ${width} ${HEIGHT}`,
    role: 'img',
    'aria-label': describe(answer),
  });
  picture.append(
    svg('text', { class: 'faint', x: 0, y: BASE - 6 }, 'units'),
    svg('text', { class: 'faint', x: 0, y: BASE + 16 }, 'weights'),
  );
  columns.forEach((c, i) => {
    const x = 56 + room * (i + 0.5);
    const up = (ROOM * Math.sqrt(c.units)) / units;
    const down = (ROOM * Math.sqrt(c.nonZeros)) / nonZeros;
    const name = c.first === c.last ? `layer ${c.first}` : `layers ${c.first} to ${c.last}`;
    const column = svg(
      'g',
      {},
      svg('title', {}, `${name}: ${c.units} units, ${c.nonZeros} non-zero weights and biases`),
    );
    column.append(
      svg('rect', { class: 'bar units', x: x - wide / 2, y: BASE - 1 - up, width: wide, height: Math.max(1, up) }),
      svg('rect', { class: 'bar weights', x: x - wide / 2, y: BASE + 1, width: wide, height: Math.max(1, down) }),
    );
    if (room >= LABELLED) {
      column.append(
        svg('text', { x, y: BASE - 6 - up, 'text-anchor': 'middle' }, String(c.units)),
        svg('text', { x, y: BASE + 16 + down, 'text-anchor': 'middle' }, String(c.nonZeros)),
      );
    }
    picture.append(column);
  });
  picture.append(svg('path', { class: 'frame', d: `M48 ${BASE}H${width}` }));
  return picture;
}

function columnsOf({ layers, inputs }: Answer, most: number): Column[] {
  const all: Column[] = [
    { first: 0, last: 0, units: inputs, nonZeros: 0 },
    ...layers.map((l, i) => ({ first: i + 1, last: i + 1, units: l.outputs, nonZeros: l.weights + l.biases })),
  ];
  const each = Math.ceil(all.length / most);
  const out: Column[] = [];
  for (let i = 0; i < all.length; i += each) {
    const part = all.slice(i, i + each);
    out.push({
      first: part[0]!.first,
      last: part[part.length - 1]!.last,
      units: part.reduce((m, c) => Math.max(m, c.units), 0),
      nonZeros: part.reduce((s, c) => s + c.nonZeros, 0),
    });
  }
  return out;
}

function describe({ depth, width, connectivity, inputs, outputs }: Answer): string {
  return `${depth} layers from ${inputs} input${inputs === 1 ? '' : 's'} to ${outputs} output${outputs === 1 ? '' : 's'}, at most ${width} units wide, ${connectivity} non-zero weights and biases`;
}

/** The same as a table, its first rows where there are very many. */
export function layerTable(layers: readonly LayerFacts[]): HTMLElement {
  const head = html(
    'tr',
    {},
    ...['layer', 'inputs', 'units', 'non-zero weights', 'biases'].map((t) => html('th', { scope: 'col' }, t)),
  );
  const rows = layers
    .slice(0, MOST_ROWS)
    .map((l, i) =>
      html(
        'tr',
        {},
        html('th', { scope: 'row' }, String(i + 1)),
        ...[l.inputs, l.outputs, l.weights, l.biases].map((n) => html('td', {}, String(n))),
      ),
    );
  const table = html('table', {}, html('thead', {}, head), html('tbody', {}, ...rows));
  if (layers.length > MOST_ROWS) table.append(html('caption', {}, `the first ${MOST_ROWS} of ${layers.length} layers`));
  return table;
}

/** Weight values as horizontal bars, which leave room for exact labels on small screens. */
export function drawHistogram({ bars, binned }: Histogram, width: number): SVGElement {
  const row = 16;
  const label = Math.min(150, Math.max(...bars.map((b) => b.label.length), 4) * 7 + 8);
  const number = 56;
  const most = bars.reduce((m, b) => Math.max(m, b.count), 1);
  const height = bars.length * row + 4;
  const picture = svg('svg', {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'aria-label': `${binned ? 'sizes' : 'values'} of weights and biases: ${bars
      .slice(0, 12)
      .map((b) => `${b.label} ${b.count} times`)
      .join(', ')}${bars.length > 12 ? ', and more' : ''}`,
  });
  bars.forEach(({ label: text, count }, i) => {
    const y = i * row + 2;
    picture.append(
      svg('text', { x: label - 6, y: y + 12, 'text-anchor': 'end', class: 'mono' }, text),
      svg('rect', {
        class: 'bar weights',
        x: label,
        y: y + 2,
        width: Math.max(1, ((width - label - number) * count) / most),
        height: row - 4,
      }),
      svg('text', { x: label + Math.max(1, ((width - label - number) * count) / most) + 5, y: y + 12 }, String(count)),
    );
  });
  return picture;
}
