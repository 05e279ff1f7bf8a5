/**
 * A picture as data: panels above each other, each with two axes and its marks; a caption that says what is proved, and the
 * command that made it. svg.ts draws it, csv.ts writes its numbers.
 */
import type { Axis } from './scale.ts';

/** x and y; a line breaks where either is no number (or cannot be shown on a logarithmic axis). */
export type Point = readonly [x: number, y: number];

interface Named {
  /** Shown in the legend. Marks of one name in one panel share an entry. */
  readonly name: string;
  /** 0..7 of the palette; by default the marks of a picture are counted through, the same name in the same colour. */
  readonly color?: number;
}

/** Points joined by lines. */
export interface LineMark extends Named {
  readonly kind: 'line';
  readonly points: readonly Point[];
  readonly dash?: boolean;
  /** A marker at every point as well. */
  readonly markers?: boolean;
}

/** Every value holds until the next x. */
export interface StepMark extends Named {
  readonly kind: 'step';
  readonly points: readonly Point[];
  readonly dash?: boolean;
}

/** Markers; their shape follows the colour, so that grey prints can be read. */
export interface ScatterMark extends Named {
  readonly kind: 'scatter';
  readonly points: readonly Point[];
}

/** Everything between two curves. */
export interface BandMark extends Named {
  readonly kind: 'band';
  readonly points: readonly (readonly [x: number, low: number, high: number])[];
}

/** A shaded stretch of the x axis, with its name inside instead of in the legend. */
export interface RegionMark extends Named {
  readonly kind: 'region';
  readonly from: number;
  readonly to: number;
}

/** A horizontal line across the panel, such as a bound. */
export interface LevelMark extends Named {
  readonly kind: 'level';
  readonly y: number;
  readonly dash?: boolean;
}

export type Mark = LineMark | StepMark | ScatterMark | BandMark | RegionMark | LevelMark;

export interface Panel {
  /** A short heading, for pictures with several panels. */
  readonly title?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: readonly Mark[];
  /** Pixels of the plotting area; 300 by default. */
  readonly height?: number;
}

export interface Picture {
  readonly title: string;
  readonly panels: readonly Panel[];
  /** What is proved, and what is only drawn. */
  readonly caption: string;
  /** What was typed to make the picture. */
  readonly command: string;
}

/** The numbers that a mark puts on its axes. */
export function* valuesOf(mark: Mark, axis: 'x' | 'y'): Generator<number> {
  switch (mark.kind) {
    case 'region':
      if (axis === 'x') yield* [mark.from, mark.to];
      return;
    case 'level':
      if (axis === 'y') yield mark.y;
      return;
    case 'band':
      for (const [x, low, high] of mark.points) {
        if (axis === 'x') yield x;
        else yield* [low, high];
      }
      return;
    default:
      for (const [x, y] of mark.points) yield axis === 'x' ? x : y;
  }
}
