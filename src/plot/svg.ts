/**
 * Pictures as SVG 1.1 text, without a browser: title and legend above, panels with axes, the caption and the command below.
 * The command is also in <metadata>, title and caption in <title> and <desc> for screen readers. Lines with more points than
 * pixels keep each pixel column's first, least, greatest and last point, so that no peak is lost.
 */
import { type Mark, type Panel, type Picture, type Point, valuesOf } from './chart.ts';
import { escapeXml, pixels, textWidth, wrap } from './markup.ts';
import { darkStyle, FAINT, GRID, GROUND, type Ink, SERIES, TEXT } from './palette.ts';
import { makeScale, type Scale } from './scale.ts';

const WIDTH = 760;
const LEFT = 84;
const RIGHT = 20;
const INNER = WIDTH - LEFT - RIGHT;
const SANS = 'Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif';
const MONO = 'DejaVu Sans Mono, Consolas, Menlo, monospace';

/** Draws a picture. Throws InputError where an axis' range makes no sense. */
export function drawPicture(picture: Picture): string {
  const colors = colorsOf(picture);
  const body: string[] = [];
  let y = 14;
  for (const line of wrap(picture.title, 84)) {
    y += 18;
    body.push(textAt(20, y, line, { size: 16, weight: 'bold' }));
  }
  y += 10;
  for (const panel of picture.panels) {
    const drawn = drawPanel(panel, colors, y);
    body.push(drawn.svg);
    y = drawn.bottom + 14;
  }
  y += 4;
  for (const line of wrap(picture.caption, 134)) {
    y += 16;
    body.push(textAt(20, y, line, { size: 12 }));
  }
  y += 6;
  for (const line of wrap(picture.command, 116)) {
    y += 14;
    body.push(textAt(20, y, line, { size: 10, mono: true, faint: true }));
  }
  const height = Math.ceil(y + 16);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="dyadnet-picture" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" style="max-width:100%;height:auto">`,
    `<title>${escapeXml(picture.title)}</title>`,
    `<desc>${escapeXml(picture.caption)}</desc>`,
    `<metadata><command xmlns="urn:dyadnet:picture">${escapeXml(picture.command)}</command></metadata>`,
    `<style>${darkStyle()}</style>`,
    `<rect class="bg" width="${WIDTH}" height="${height}" fill="${GROUND.light}"/>`,
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

/** One colour a name, over all panels. */
function colorsOf(picture: Picture): ReadonlyMap<string, number> {
  const colors = new Map<string, number>();
  const taken = new Set<number>();
  const marks = picture.panels.flatMap((p) => p.marks);
  for (const { name, color } of marks) {
    if (color === undefined || colors.has(name)) continue;
    colors.set(name, ((color % SERIES.length) + SERIES.length) % SERIES.length);
    taken.add(colors.get(name) as number);
  }
  let next = 0;
  for (const { name } of marks) {
    if (colors.has(name)) continue;
    while (taken.has(next % SERIES.length) && next < SERIES.length) next++;
    colors.set(name, next++ % SERIES.length);
  }
  return colors;
}

interface Frame {
  readonly top: number;
  readonly height: number;
  readonly x: Scale;
  readonly y: Scale;
}

function drawPanel(panel: Panel, colors: ReadonlyMap<string, number>, from: number): { svg: string; bottom: number } {
  const out: string[] = [];
  let top = from;
  if (panel.title) {
    top += 16;
    out.push(textAt(20, top, panel.title, { size: 13, weight: 'bold' }));
    top += 4;
  }
  const legend = drawLegend(panel, colors, top);
  out.push(legend.svg);
  top = legend.bottom + 6;
  const height = panel.height ?? 300;
  const all = function* (axis: 'x' | 'y'): Generator<number> {
    for (const mark of panel.marks) yield* valuesOf(mark, axis);
  };
  const frame: Frame = {
    top,
    height,
    x: makeScale(tightX(panel, all('x')), all('x'), 9),
    y: makeScale(panel.y, all('y'), Math.max(3, height / 40)),
  };
  const shades = drawRegions(panel, colors, frame);
  out.push(shades.areas, drawGrid(frame), shades.names);
  // An inner svg clips without an id, which another picture on the same page could have too.
  const box = `${LEFT} ${pixels(top)} ${INNER} ${height}`;
  out.push(
    `<svg x="${LEFT}" y="${pixels(top)}" width="${INNER}" height="${height}" viewBox="${box}" overflow="hidden">`,
  );
  for (const mark of panel.marks) out.push(drawMark(mark, colors.get(mark.name) as number, frame));
  out.push('</svg>');
  out.push(drawAxes(panel, frame));
  return { svg: out.filter((s) => s !== '').join('\n'), bottom: top + height + 36 };
}

/** The x axis ends where the data end. */
function tightX({ x }: Panel, values: Iterable<number>): Panel['x'] {
  if (x.range || x.scale === 'log') return x;
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    lo = Math.min(lo, v);
    hi = Math.max(hi, v);
  }
  return lo < hi ? { ...x, range: [lo, hi] } : x;
}

function drawLegend(panel: Panel, colors: ReadonlyMap<string, number>, top: number): { svg: string; bottom: number } {
  const out: string[] = [];
  const seen = new Set<string>();
  let x = LEFT;
  let y = top + 12;
  for (const mark of panel.marks) {
    if (mark.kind === 'region' || mark.name === '' || seen.has(mark.name)) continue;
    seen.add(mark.name);
    const wide = 34 + textWidth(mark.name, 12) + 14;
    if (x > LEFT && x + wide > WIDTH - RIGHT) {
      x = LEFT;
      y += 18;
    }
    const color = colors.get(mark.name) as number;
    const all = panel.marks.filter((m) => m.name === mark.name);
    for (const m of all) out.push(drawSample(m, color, x, y - 4));
    out.push(textAt(x + 34, y, mark.name, { size: 12 }));
    x += wide;
  }
  return { svg: out.join('\n'), bottom: seen.size === 0 ? top : y + 4 };
}

function drawSample(mark: Mark, color: number, x: number, y: number): string {
  const ink = SERIES[color] as Ink;
  if (mark.kind === 'band') {
    return `<rect class="f${color}" x="${pixels(x)}" y="${pixels(y - 6)}" width="28" height="12" fill="${ink.light}" fill-opacity="0.22"/>`;
  }
  if (mark.kind === 'scatter') return marker(color, x + 14, y);
  const line = `<path ${strokeOf(color, 'dash' in mark && mark.dash === true)} d="M${pixels(x)} ${pixels(y)}h28"/>`;
  return mark.kind === 'line' && mark.markers ? line + marker(color, x + 14, y) : line;
}

function drawRegions(
  panel: Panel,
  colors: ReadonlyMap<string, number>,
  { x, top, height }: Frame,
): { areas: string; names: string } {
  const areas: string[] = [];
  const names: string[] = [];
  for (const mark of panel.marks) {
    if (mark.kind !== 'region') continue;
    const a = LEFT + INNER * Math.max(0, x.at(mark.from) ?? 0);
    const b = LEFT + INNER * Math.min(1, x.at(mark.to) ?? 1);
    if (!(b > a)) continue;
    const color = colors.get(mark.name) as number;
    const ink = SERIES[color] as Ink;
    areas.push(
      `<rect class="f${color}" x="${pixels(a)}" y="${pixels(top)}" width="${pixels(b - a)}" height="${height}" fill="${ink.light}" fill-opacity="0.13"/>`,
    );
    const words = mark.name;
    if (textWidth(words, 12) < b - a - 8) {
      names.push(textAt((a + b) / 2, top + 16, words, { size: 12, anchor: 'middle', faint: true }));
    } else if (b - a > 14) {
      const at = `${pixels((a + b) / 2 + 4)} ${pixels(top + 8)}`;
      names.push(
        `<text class="faint" transform="translate(${at}) rotate(90)" font-family="${SANS}" font-size="12" fill="${FAINT.light}">${escapeXml(words)}</text>`,
      );
    }
  }
  return { areas: areas.join('\n'), names: names.join('\n') };
}

function drawGrid({ x, y, top, height }: Frame): string {
  let d = '';
  for (const t of x.ticks) {
    const at = x.at(t.value);
    if (at !== undefined && at >= 0 && at <= 1) d += `M${pixels(LEFT + INNER * at)} ${pixels(top)}v${height}`;
  }
  for (const t of y.ticks) {
    const at = y.at(t.value);
    if (at !== undefined && at >= 0 && at <= 1) d += `M${LEFT} ${pixels(top + height * (1 - at))}h${INNER}`;
  }
  return `<path class="grid" d="${d}" stroke="${GRID.light}" stroke-width="1" fill="none"/>`;
}

function drawAxes(panel: Panel, { x, y, top, height }: Frame): string {
  const bottom = top + height;
  const out: string[] = [];
  let ticks = '';
  for (const t of x.ticks) {
    const at = LEFT + INNER * (x.at(t.value) as number);
    if (at < LEFT - 0.5 || at > LEFT + INNER + 0.5) continue;
    ticks += `M${pixels(at)} ${pixels(bottom)}v5`;
    out.push(textAt(at, bottom + 17, t.text, { size: 11, anchor: 'middle' }));
  }
  for (const t of y.ticks) {
    const at = bottom - height * (y.at(t.value) as number);
    if (at < top - 0.5 || at > bottom + 0.5) continue;
    ticks += `M${LEFT} ${pixels(at)}h-5`;
    out.push(textAt(LEFT - 8, at + 4, t.text, { size: 11, anchor: 'end' }));
  }
  for (const v of x.minor) ticks += `M${pixels(LEFT + INNER * (x.at(v) as number))} ${pixels(bottom)}v3`;
  for (const v of y.minor) ticks += `M${LEFT} ${pixels(bottom - height * (y.at(v) as number))}h-3`;
  out.push(
    `<path class="frame" d="${ticks}" stroke="${FAINT.light}" stroke-width="1" fill="none"/>`,
    `<rect class="frame" x="${LEFT}" y="${pixels(top)}" width="${INNER}" height="${height}" stroke="${FAINT.light}" fill="none"/>`,
  );
  out.push(textAt(LEFT + INNER / 2, bottom + 33, axisText(panel.x, x), { size: 12, anchor: 'middle' }));
  const middle = `translate(16 ${pixels(top + height / 2)}) rotate(-90)`;
  out.push(
    `<text class="ink" transform="${middle}" text-anchor="middle" font-family="${SANS}" font-size="12" fill="${TEXT.light}">${escapeXml(axisText(panel.y, y))}</text>`,
  );
  return out.join('\n');
}

function axisText({ label, unit }: Panel['x'], { factor }: Scale): string {
  const inside = [factor, unit].filter((s) => s).join(' ');
  return inside === '' ? label : `${label} [${inside}]`;
}

function drawMark(mark: Mark, color: number, frame: Frame): string {
  const ink = SERIES[color] as Ink;
  const px = (x: number, y: number): readonly [number, number] | undefined => {
    const u = frame.x.at(x);
    const v = frame.y.at(y);
    if (u === undefined || v === undefined) return undefined;
    // Far outside the frame a renderer's own arithmetic gives out.
    return [LEFT + INNER * clamp(u), frame.top + frame.height * (1 - clamp(v))];
  };
  switch (mark.kind) {
    case 'region':
      return '';
    case 'level': {
      const at = px(frame.x.hi, mark.y);
      return at ? `<path ${strokeOf(color, mark.dash !== false)} d="M${LEFT} ${pixels(at[1])}h${INNER}"/>` : '';
    }
    case 'band': {
      // A logarithmic axis has no place for a band's end at 0; it is drawn down to the frame.
      const floor = frame.y.lo;
      const upper = mark.points.map(([x, , high]) => px(x, high));
      const lower = mark.points.map(([x, low]) => px(x, low) ?? px(x, floor));
      const ring = [...upper, ...lower.reverse()].filter((p) => p !== undefined);
      if (ring.length < 3) return '';
      return `<path class="f${color}" d="M${ring.map(([x, y]) => `${pixels(x)} ${pixels(y)}`).join('L')}Z" fill="${ink.light}" fill-opacity="0.22"/>`;
    }
    case 'scatter':
      return mark.points
        .map(([x, y]) => px(x, y))
        .map((p) => (p ? marker(color, p[0], p[1]) : ''))
        .join('');
    case 'step': {
      const stairs: Point[] = [];
      mark.points.forEach(([x, y], i) => {
        if (i > 0) stairs.push([x, (mark.points[i - 1] as Point)[1]]);
        stairs.push([x, y]);
      });
      return drawLine(
        stairs.map(([x, y]) => px(x, y)),
        strokeOf(color, mark.dash === true),
      );
    }
    case 'line': {
      const at = mark.points.map(([x, y]) => px(x, y));
      const line = drawLine(at, strokeOf(color, mark.dash === true));
      return mark.markers ? line + at.map((p) => (p ? marker(color, p[0], p[1]) : '')).join('') : line;
    }
  }
}

function clamp(u: number): number {
  return Math.min(20, Math.max(-20, u));
}

function drawLine(points: readonly (readonly [number, number] | undefined)[], stroke: string): string {
  const runs: (readonly [number, number])[][] = [[]];
  for (const p of points) {
    if (p) (runs[runs.length - 1] as (readonly [number, number])[]).push(p);
    else if ((runs[runs.length - 1] as unknown[]).length > 0) runs.push([]);
  }
  const d = runs
    .filter((run) => run.length > 0)
    .map((run) => {
      const kept = run.length > 4 * INNER ? thinned(run) : run;
      // A point alone is a dot: the line's cap draws it.
      const tail = kept.length === 1 ? 'h0' : '';
      return `M${kept.map(([x, y]) => `${pixels(x)} ${pixels(y)}`).join('L')}${tail}`;
    })
    .join('');
  return d === '' ? '' : `<path ${stroke} d="${d}"/>`;
}

/** First, least, greatest and last point of every half pixel, in their order. */
function thinned(run: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const kept: (readonly [number, number])[] = [];
  let i = 0;
  while (i < run.length) {
    const column = Math.floor((run[i] as readonly [number, number])[0] * 2);
    let end = i;
    let least = i;
    let most = i;
    while (end < run.length && Math.floor((run[end] as readonly [number, number])[0] * 2) === column) {
      if ((run[end] as readonly [number, number])[1] < (run[least] as readonly [number, number])[1]) least = end;
      if ((run[end] as readonly [number, number])[1] > (run[most] as readonly [number, number])[1]) most = end;
      end++;
    }
    for (const j of [...new Set([i, least, most, end - 1])].sort((a, b) => a - b))
      kept.push(run[j] as [number, number]);
    i = end;
  }
  return kept;
}

function strokeOf(color: number, dash: boolean): string {
  const ink = SERIES[color] as Ink;
  return `class="s${color}" fill="none" stroke="${ink.light}" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"${dash ? ` stroke-dasharray="${ink.dash}"` : ''}`;
}

function marker(color: number, x: number, y: number): string {
  const ink = SERIES[color] as Ink;
  const fill = `class="f${color}" fill="${ink.light}"`;
  switch (ink.marker) {
    case 'circle':
      return `<circle ${fill} cx="${pixels(x)}" cy="${pixels(y)}" r="3"/>`;
    case 'square':
      return `<rect ${fill} x="${pixels(x - 2.7)}" y="${pixels(y - 2.7)}" width="5.4" height="5.4"/>`;
    case 'triangle':
      return `<path ${fill} d="M${pixels(x)} ${pixels(y - 3.6)}l3.5 6h-7Z"/>`;
    case 'diamond':
      return `<path ${fill} d="M${pixels(x)} ${pixels(y - 3.8)}l3.4 3.8l-3.4 3.8l-3.4-3.8Z"/>`;
  }
}

interface Style {
  readonly size: number;
  readonly weight?: 'bold';
  readonly anchor?: 'middle' | 'end';
  readonly mono?: boolean;
  readonly faint?: boolean;
}

function textAt(x: number, y: number, text: string, { size, weight, anchor, mono, faint }: Style): string {
  const extra = `${weight ? ` font-weight="${weight}"` : ''}${anchor ? ` text-anchor="${anchor}"` : ''}`;
  return `<text class="${faint ? 'faint' : 'ink'}" x="${pixels(x)}" y="${pixels(y)}" font-family="${mono ? MONO : SANS}" font-size="${size}"${extra} fill="${faint ? FAINT.light : TEXT.light}">${escapeXml(text)}</text>`;
}
