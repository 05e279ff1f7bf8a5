/**
 * A figure as wide as its place: axes, curves, levels, regions and points as SVG elements whose colours come from the style
 * sheet. Dragging across it chooses a part of the x axis.
 */
import { makeScale, type Scale } from '../plot/scale.ts';
import { html, svg } from './elements.ts';

export interface Series {
  readonly name: string;
  /** Class of the style sheet: target, network, error, bound, ... */
  readonly ink: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

export interface FigureSpec {
  /** For people who do not see it. */
  readonly description: string;
  readonly height: number;
  readonly x: { readonly label: string; readonly lo: number; readonly hi: number };
  readonly y: { readonly label: string; readonly lo?: number; readonly hi?: number };
  readonly series: readonly Series[];
  readonly levels?: readonly { readonly y: number; readonly name: string; readonly ink: string }[];
  readonly regions?: readonly { readonly from: number; readonly to: number; readonly name: string }[];
  readonly points?: readonly { readonly x: number; readonly y: number; readonly name: string; readonly ink: string }[];
  /** Marks on the x axis. */
  readonly knots?: ArrayLike<number>;
  /** Called with the chosen part. */
  readonly onSelect?: (lo: number, hi: number) => void;
}

const LEFT = 58;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 40;
/** Knots are drawn where they are this far apart on average, in pixels. */
const KNOT_ROOM = 3;

export class Figure {
  private spec: FigureSpec | undefined;
  private width = 0;

  constructor(private readonly place: HTMLElement) {
    new ResizeObserver(() => {
      if (this.spec && Math.round(place.clientWidth) !== this.width) this.draw(this.spec);
    }).observe(place);
  }

  draw(spec: FigureSpec): void {
    this.spec = spec;
    this.width = Math.round(this.place.clientWidth);
    if (this.width < 120) return;
    this.place.replaceChildren(...new Drawing(spec, this.width).parts());
  }

  clear(): void {
    this.spec = undefined;
    this.place.replaceChildren();
  }
}

class Drawing {
  private readonly x: Scale;
  private readonly y: Scale;
  private readonly right: number;
  private readonly bottom: number;

  constructor(
    private readonly spec: FigureSpec,
    private readonly width: number,
  ) {
    this.right = width - RIGHT;
    this.bottom = spec.height - BOTTOM;
    this.x = makeScale({ label: '', range: [spec.x.lo, spec.x.hi] }, [], (this.right - LEFT) / 70);
    const { lo, hi } = spec.y;
    const range = lo !== undefined && hi !== undefined && lo < hi ? { range: [lo, hi] as const } : {};
    this.y = makeScale({ label: '', ...range }, this.values(), this.bottom / 36);
  }

  private *values(): Generator<number> {
    for (const { y } of this.spec.series) for (let i = 0; i < y.length; i++) yield y[i] as number;
    for (const { y } of this.spec.levels ?? []) yield y;
    for (const { y } of this.spec.points ?? []) yield y;
  }

  private px(x: number): number {
    return LEFT + (this.right - LEFT) * Math.min(3, Math.max(-2, this.x.at(x) ?? 0));
  }
  private py(y: number): number {
    return this.bottom - (this.bottom - TOP) * Math.min(3, Math.max(-2, this.y.at(y) ?? 0));
  }

  parts(): Element[] {
    const { spec, width } = this;
    const picture = svg('svg', {
      width,
      height: spec.height,
      viewBox: `0 0 ${width} ${spec.height}`,
      role: 'img',
      'aria-label': spec.description,
    });
    picture.append(...this.regions(), this.grid());
    const inside = svg('svg', {
      x: LEFT,
      y: TOP,
      width: this.right - LEFT,
      height: this.bottom - TOP,
      viewBox: `${LEFT} ${TOP} ${this.right - LEFT} ${this.bottom - TOP}`,
      class: 'inside',
    });
    inside.append(...this.levels(), ...this.curves(), ...this.points());
    picture.append(inside, ...this.knots(), ...this.axes());
    if (spec.onSelect) this.selectable(picture, spec.onSelect);
    return [picture, this.legend()];
  }

  private regions(): SVGElement[] {
    return (this.spec.regions ?? []).flatMap(({ from, to, name }, i) => {
      const a = Math.max(LEFT, this.px(from));
      const b = Math.min(this.right, this.px(to));
      if (b <= a) return [];
      const area = svg('rect', { class: `region r${i}`, x: a, y: TOP, width: b - a, height: this.bottom - TOP });
      const text = svg('text', { class: 'faint', x: (a + b) / 2, y: TOP + 14, 'text-anchor': 'middle' }, name);
      return b - a > name.length * 7 ? [area, text] : [area];
    });
  }

  private grid(): SVGElement {
    let d = '';
    for (const { value } of this.x.ticks) d += `M${this.px(value)} ${TOP}V${this.bottom}`;
    for (const { value } of this.y.ticks) d += `M${LEFT} ${this.py(value)}H${this.right}`;
    return svg('path', { class: 'grid', d });
  }

  private levels(): SVGElement[] {
    return (this.spec.levels ?? []).map(({ y, ink }) =>
      svg('path', { class: `line ${ink}`, d: `M${LEFT} ${this.py(y)}H${this.right}` }),
    );
  }

  private curves(): SVGElement[] {
    return this.spec.series.map(({ x, y, ink }) => {
      const d: string[] = [];
      let pen = 'M';
      for (let i = 0; i < x.length; i++) {
        if (!Number.isFinite(y[i] as number)) {
          pen = 'M';
          continue;
        }
        d.push(`${pen}${this.px(x[i] as number).toFixed(1)} ${this.py(y[i] as number).toFixed(1)}`);
        pen = 'L';
      }
      return svg('path', { class: `line ${ink}`, d: d.join('') });
    });
  }

  private points(): SVGElement[] {
    return (this.spec.points ?? []).map(({ x, y, ink }) =>
      svg('circle', { class: `dot ${ink}`, cx: this.px(x), cy: this.py(y), r: 4.5 }),
    );
  }

  private knots(): SVGElement[] {
    const { knots } = this.spec;
    if (!knots || knots.length === 0 || knots.length * KNOT_ROOM > this.right - LEFT) return [];
    let d = '';
    for (let i = 0; i < knots.length; i++) d += `M${this.px(knots[i] as number).toFixed(1)} ${this.bottom}v-7`;
    return [svg('path', { class: 'knots', d })];
  }

  private axes(): SVGElement[] {
    const { x, y } = this.spec;
    const out: SVGElement[] = [
      svg('rect', { class: 'frame', x: LEFT, y: TOP, width: this.right - LEFT, height: this.bottom - TOP }),
    ];
    for (const { value, text } of this.x.ticks) {
      out.push(svg('text', { x: this.px(value), y: this.bottom + 15, 'text-anchor': 'middle' }, text));
    }
    for (const { value, text } of this.y.ticks) {
      out.push(svg('text', { x: LEFT - 6, y: this.py(value) + 4, 'text-anchor': 'end' }, text));
    }
    const label = (text: string, factor: string): string => (factor === '' ? text : `${text} (${factor})`);
    const middle = (TOP + this.bottom) / 2;
    out.push(
      svg(
        'text',
        { x: (LEFT + this.right) / 2, y: this.bottom + 33, 'text-anchor': 'middle' },
        label(x.label, this.x.factor),
      ),
      svg(
        'text',
        { transform: `translate(13 ${middle}) rotate(-90)`, 'text-anchor': 'middle' },
        label(y.label, this.y.factor),
      ),
    );
    return out;
  }

  private legend(): HTMLElement {
    const { series, levels = [], points = [] } = this.spec;
    const seen = new Set<string>();
    const entry = ({ name, ink }: { name: string; ink: string }, dot: boolean): HTMLElement[] => {
      if (name === '' || seen.has(name)) return [];
      seen.add(name);
      const sample = svg('svg', { width: 28, height: 10, 'aria-hidden': 'true' });
      sample.append(
        dot
          ? svg('circle', { class: `dot ${ink}`, cx: 14, cy: 5, r: 4.5 })
          : svg('path', { class: `line ${ink}`, d: 'M0 5H28' }),
      );
      return [html('li', {}, sample, name)];
    };
    return html(
      'ul',
      { class: 'legend' },
      ...[...series, ...levels].flatMap((s) => entry(s, false)),
      ...points.flatMap((p) => entry(p, true)),
    );
  }

  private selectable(picture: SVGElement, onSelect: (lo: number, hi: number) => void): void {
    picture.classList.add('selectable');
    const shade = svg('rect', { class: 'selection', x: 0, y: TOP, width: 0, height: this.bottom - TOP });
    let from: number | undefined;
    const at = (event: PointerEvent): number => {
      const box = picture.getBoundingClientRect();
      return Math.min(this.right, Math.max(LEFT, event.clientX - box.left));
    };
    picture.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      from = at(event);
      picture.setPointerCapture(event.pointerId);
      picture.append(shade);
    });
    picture.addEventListener('pointermove', (event) => {
      if (from === undefined) return;
      const to = at(event);
      shade.setAttribute('x', String(Math.min(from, to)));
      shade.setAttribute('width', String(Math.abs(to - from)));
    });
    const value = (px: number): number => this.x.lo + ((px - LEFT) / (this.right - LEFT)) * (this.x.hi - this.x.lo);
    picture.addEventListener('pointerup', (event) => {
      if (from === undefined) return;
      const to = at(event);
      const [a, b] = [Math.min(from, to), Math.max(from, to)];
      from = undefined;
      shade.remove();
      if (b - a > 8) onSelect(value(a), value(b));
    });
    picture.addEventListener('pointercancel', () => {
      from = undefined;
      shade.remove();
    });
  }
}
