/** Axes: what a picture's range is, where its ticks lie, and where a value comes to lie between 0 and 1. */
import { refuse } from '../exact/index.ts';
import { fixedText, powerText } from './markup.ts';

export interface Axis {
  readonly label: string;
  /** Such as 'V' or 'bits'; shown in brackets behind the label. */
  readonly unit?: string;
  /** 'linear' by default. A logarithmic axis leaves out what is not positive. */
  readonly scale?: 'linear' | 'log';
  /** Of a logarithmic axis: ticks at powers of 10 (default) or of 2. */
  readonly base?: 2 | 10;
  /** Both ends; by default what the marks need. */
  readonly range?: readonly [lo: number, hi: number];
}

export interface Tick {
  readonly value: number;
  readonly text: string;
}

export interface Scale {
  readonly lo: number;
  readonly hi: number;
  readonly ticks: readonly Tick[];
  /** Ticks without a label, on logarithmic axes. */
  readonly minor: readonly number[];
  /** The power of ten taken out of a linear axis' labels, such as ×10⁻⁷. */
  readonly factor: string;
  /** 0 at lo, 1 at hi; undefined where the axis cannot show the value. */
  at(value: number): number | undefined;
}

/** The scale of an axis over its values. `room` is about how many labels fit. Throws InputError where the range makes no sense. */
export function makeScale(axis: Axis, values: Iterable<number>, room: number): Scale {
  const log = axis.scale === 'log';
  let [lo, hi] = axis.range ?? extent(values, log);
  if (!(Number.isFinite(lo) && Number.isFinite(hi) && lo <= hi && (!log || lo > 0))) {
    refuse(`axis ${axis.label}`, `finite${log ? ' positive' : ''} ends, the lower one first`, `[${lo}, ${hi}]`);
  }
  if (log) return logScale(lo, hi, axis.base ?? 10, room, axis.range !== undefined);
  if (lo === hi) {
    const half = lo === 0 ? 1 : Math.abs(lo) / 10;
    [lo, hi] = [lo - half, hi + half];
  } else if (!axis.range) {
    const margin = (hi - lo) * 0.03;
    [lo, hi] = [lo - margin, hi + margin];
  }
  return linearScale(lo, hi, room);
}

function extent(values: Iterable<number>, log: boolean): [number, number] {
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  for (const v of values) {
    if (!Number.isFinite(v) || (log && v <= 0)) continue;
    lo = Math.min(lo, v);
    hi = Math.max(hi, v);
  }
  return lo <= hi ? [lo, hi] : log ? [1, 10] : [0, 1];
}

function linearScale(lo: number, hi: number, room: number): Scale {
  const rough = (hi - lo) / Math.max(2, room);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (rough / power > 5 ? 10 : rough / power > 2 ? 5 : rough / power > 1 ? 2 : 1);
  const largest = Math.max(Math.abs(lo), Math.abs(hi));
  const tens = Math.floor(Math.log10(largest) + 1e-9);
  const scaled = tens >= 5 || tens <= -4;
  const unit = scaled ? 10 ** tens : 1;
  const decimals = Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9));
  const ticks: Tick[] = [];
  for (let i = Math.ceil(lo / step - 1e-9); i * step <= hi + step * 1e-9; i++) {
    ticks.push({ value: i * step, text: fixedText(i === 0 ? 0 : (i * step) / unit, decimals) });
  }
  const at = (v: number): number | undefined => (Number.isFinite(v) ? (v - lo) / (hi - lo) : undefined);
  return { lo, hi, ticks, minor: [], factor: scaled ? `×${powerText(10, tens)}` : '', at };
}

function logScale(from: number, to: number, base: 2 | 10, room: number, given: boolean): Scale {
  const log = (v: number): number => (base === 2 ? Math.log2(v) : Math.log10(v));
  let lo = log(from);
  let hi = log(to);
  if (!given) {
    // Whole powers, unless that would leave much of the picture empty.
    const margin = Math.max((hi - lo) * 0.03, 0.02);
    lo = Math.floor(lo + 1e-9) >= lo - 5 * margin ? Math.floor(lo + 1e-9) : lo - margin;
    hi = Math.ceil(hi - 1e-9) <= hi + 5 * margin ? Math.ceil(hi - 1e-9) : hi + margin;
  }
  if (hi - lo < 1e-9) [lo, hi] = [lo - 0.5, hi + 0.5];
  const every = Math.max(1, Math.ceil((hi - lo) / Math.max(2, room)));
  const ticks: Tick[] = [];
  const minor: number[] = [];
  for (let n = Math.ceil(lo - 1e-9); n <= hi + 1e-9; n++) {
    if (n % every === 0) ticks.push({ value: base ** n, text: plainPower(base, n) });
    else minor.push(base ** n);
  }
  const few = ticks.length < 2;
  if (base === 10 && every === 1) {
    for (let n = Math.floor(lo); n <= hi; n++) {
      for (let k = 2; k < 10; k++) {
        const value = k * 10 ** n;
        if (log(value) <= lo || log(value) >= hi) continue;
        // Where less than two powers are in sight, 2 and 5 speak too.
        if (few && (k === 2 || k === 5 || hi - lo < 0.7)) ticks.push({ value, text: mantissaText(k, n) });
        else minor.push(value);
      }
    }
  }
  const at = (v: number): number | undefined => (v > 0 && Number.isFinite(v) ? (log(v) - lo) / (hi - lo) : undefined);
  // In so small a part of a power that hardly one of these is seen, even steps say more.
  if (ticks.length < 2 || (ticks.length < 3 && hi - lo < 1))
    return { ...linearScale(base ** lo, base ** hi, room), at };
  return { lo: base ** lo, hi: base ** hi, ticks, minor, factor: '', at };
}

function plainPower(base: number, n: number): string {
  const value = base ** n;
  return n >= 0 && value < 10_000 ? String(value) : powerText(base, n);
}

function mantissaText(k: number, n: number): string {
  return n >= 0 && n < 4 ? String(k * 10 ** n) : `${k}·${powerText(10, n)}`;
}
