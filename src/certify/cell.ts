/**
 * sup |f - line| over a cell: the part of one linear piece of a network that lies in one block of f's model.
 *
 * e = f - line has f's curvature. Where that has one sign, e lies between its values at the ends and any of its tangents,
 * and the tangent next to the extremum is as good as exact (doubles choose the point, integers bound). Where only e' has one
 * sign, the ends decide. Otherwise the cell is halved. All in whole units of the model; what is rounded away is added.
 */
import { gridFloor, gridPoint, lineInModel, type Model } from './model.ts';

/** At most 2^HALVINGS parts of a cell; what is still loose then asks for a smaller block. */
const HALVINGS = 6;

const abs = (v: bigint): bigint => (v < 0n ? -v : v);
const max = (x: bigint, y: bigint): bigint => (x > y ? x : y);

/** Bounds cells of one block after another; the last cell's answer is in `upper`, `lower` and `at`. */
export class CellBound {
  /** sup |f - line| over the cell is at most this ... */
  upper = 0n;
  /** ... and at least this, at the grid point `at` of the cell. */
  lower = 0n;
  at = 0n;

  private model!: Model;
  private readonly line: bigint[] = [0n, 0n];
  private a0 = 0n;
  private a1 = 0n;
  private slack = 0n;
  private goal = 0n;
  private first = 0n;

  constructor(private readonly P: number) {}

  enter(model: Model): void {
    this.model = model;
  }

  /**
   * The cell from <= x <= to (fractions n/d within the block), the line (a x + c) 2^-scale. Cells whose bound is at most
   * `goal` are not looked at more closely.
   */
  bound(
    fromN: bigint,
    fromD: bigint,
    toN: bigint,
    toD: bigint,
    a: bigint,
    c: bigint,
    scale: number,
    goal: bigint,
  ): void {
    const { model } = this;
    const t0 = gridFloor(model, fromN, fromD);
    const t1 = gridFloor(model, toN, toD);
    lineInModel(model, a, c, scale, this.P, this.line);
    this.a0 = this.line[0] as bigint;
    this.a1 = this.line[1] as bigint;
    this.goal = goal;
    // e moves by at most this between a point and the grid point below it.
    const derivative = model.derivative;
    let steep = abs((derivative[0] ?? 0n) - this.a1);
    for (let k = 1; k < derivative.length; k++) steep += abs(derivative[k] as bigint);
    this.slack = model.radius + (steep >> BigInt(model.grid)) + 4n;
    this.upper = 0n;
    this.lower = -1n;
    this.at = t1;
    this.first = t0;
    const e0 = this.value(t0);
    const e1 = this.value(t1);
    this.witness(t1, e1);
    if (model.slopeRadius === undefined || t1 <= t0) this.raise(max(abs(e0), abs(e1)));
    else if (model.curvature !== 0) this.bent(t0, e0, t1, e1);
    else this.halve(t0, e0, t1, e1, model.slopeRadius, HALVINGS);
    this.upper += this.slack;
    this.lower -= this.slack;
    if (this.lower < 0n) this.lower = 0n;
  }

  /** The last cell's witness as x, in the cell. */
  get witnessPoint() {
    return gridPoint(this.model, this.at);
  }

  private raise(v: bigint): void {
    if (v > this.upper) this.upper = v;
  }

  private witness(t: bigint, e: bigint): void {
    const size = abs(e);
    // The first grid point may lie before the cell.
    if (size > this.lower && t > this.first) {
      this.lower = size;
      this.at = t;
    }
  }

  /** e at a grid point, within coefficients.length + 3 units of the polynomial minus the line. */
  private value(t: bigint): bigint {
    const c = this.model.coefficients;
    const g = BigInt(this.model.grid);
    let k = c.length - 1;
    if (k === 0) return (c[0] as bigint) - this.a0 - ((this.a1 * t) >> g);
    let v = c[k] as bigint;
    while (--k >= 2) v = (c[k] as bigint) + ((v * t) >> g);
    if (c.length > 2) v = (c[1] as bigint) - this.a1 + ((v * t) >> g);
    else v -= this.a1;
    return (c[0] as bigint) - this.a0 + ((v * t) >> g);
  }

  private slope(t: bigint): bigint {
    const d = this.model.derivative;
    const g = BigInt(this.model.grid);
    let k = d.length - 1;
    if (k < 0) return -this.a1;
    let v = d[k] as bigint;
    while (--k >= 0) v = (d[k] as bigint) + ((v * t) >> g);
    return v - this.a1;
  }

  /** e convex or concave on the cell. */
  private bent(t0: bigint, e0: bigint, t1: bigint, e1: bigint): void {
    const { model } = this;
    const ts = this.stationary(t0, t1);
    const es = this.value(ts);
    const ds = this.slope(ts);
    this.witness(ts, es);
    // The tangent at ts over the cell, furthest on the bulging side; on the other side the chord's ends.
    const g = BigInt(model.grid);
    const convex = model.curvature > 0;
    const s0 = (ds * (t0 - ts)) >> g;
    const s1 = (ds * (t1 - ts)) >> g;
    const outside = convex ? (s0 < s1 ? s0 : s1) : max(s0, s1) + 1n;
    const wobble = (((model.slopeRadius as bigint) + BigInt(model.derivative.length + 1)) * (t1 - t0)) >> g;
    if (convex) {
      this.raise(max(e0, e1));
      this.raise(-(es + outside) + wobble + 1n);
    } else {
      this.raise(-(e0 < e1 ? e0 : e1));
      this.raise(es + outside + wobble + 1n);
    }
  }

  /** A grid point near which e' vanishes, or the end towards which it does: chosen by doubles, used exactly. */
  private stationary(t0: bigint, t1: bigint): bigint {
    const { derivativeNear: d, grid } = this.model;
    const cut = BigInt(Math.max(0, grid - 60));
    const unit = 2 ** -Math.min(grid, 60);
    const from = Number(t0 >> cut) * unit;
    const to = Number(t1 >> cut) * unit;
    const d0 = Number((this.model.derivative[0] ?? 0n) - this.a1);
    let t = (from + to) / 2;
    for (let step = 0; step < 4; step++) {
      let v = 0;
      let dv = 0;
      for (let k = d.length - 1; k >= 1; k--) {
        dv = dv * t + v;
        v = v * t + (d[k] as number);
      }
      dv = dv * t + v;
      v = v * t + d0;
      const next = t - v / dv;
      if (!Number.isFinite(next)) break;
      t = next < from ? from : next > to ? to : next;
    }
    const up = Math.min(grid, 44);
    const at = BigInt(Math.round(t * 2 ** up)) << BigInt(grid - up);
    return at < t0 ? t0 : at > t1 ? t1 : at;
  }

  /** No sign of e'' is known: take what e' says, or halve. */
  private halve(t0: bigint, e0: bigint, t1: bigint, e1: bigint, slopeRadius: bigint, left: number): void {
    const { model } = this;
    const g = BigInt(model.grid);
    const tm = (t0 + t1) >> 1n;
    const em = this.value(tm);
    const dm = abs(this.slope(tm)) + slopeRadius + BigInt(model.derivative.length + 1);
    const w = t1 - tm;
    const bend = ((2n * model.curve * w) >> g) + 1n;
    this.witness(tm, em);
    const ends = max(max(abs(e0), abs(e1)), abs(em));
    if (dm - 2n * (slopeRadius + BigInt(model.derivative.length + 1)) > bend) {
      this.raise(ends);
      return;
    }
    const whole = abs(em) + (((dm + (bend >> 1n) + 1n) * w) >> g) + 1n;
    if (whole + this.slack <= this.goal || left === 0 || w <= 1n || this.slack >= this.goal) {
      this.raise(whole);
      return;
    }
    this.halve(t0, e0, tm, em, slopeRadius, left - 1);
    this.halve(tm, em, t1, e1, slopeRadius, left - 1);
  }
}
