/** What the page and its worker say to each other: plain data that can be copied between threads. */

export type Source =
  | { readonly kind: 'expression'; readonly text: string }
  | { readonly kind: 'table'; readonly name: string; readonly bytes: Uint8Array; readonly swap: boolean }
  /** A network's file; `f` is what it is compared with, empty for what the file itself names. */
  | { readonly kind: 'network'; readonly name: string; readonly bytes: Uint8Array; readonly f: string };

export type Budget =
  /** A bound on sup |f - net|, as typed; `bits`: weights in Q(a, bits). */
  | { readonly kind: 'epsilon'; readonly value: string; readonly bits?: number }
  /** Bytes of the file. */
  | { readonly kind: 'bytes'; readonly value: number }
  /** Width <= W, depth <= L, weights in Q(0, b). */
  | { readonly kind: 'class'; readonly width: number; readonly depth: number; readonly bits: number };

export interface Problem {
  readonly source: Source;
  readonly budget: Budget;
  /** `a,b` as typed; empty for the source's own domain, else [0, 1]. */
  readonly domain: string;
}

/** A quick answer, or the best one; where the budget leaves no choice they are the same. */
export type Stage = 'draft' | 'full';

/** Curves over a part of the domain, float64, for drawing only. */
export interface Curves {
  readonly lo: number;
  readonly hi: number;
  readonly x: Float64Array;
  readonly net: Float64Array;
  /** Absent where there is no target. */
  readonly f?: Float64Array;
  readonly error?: Float64Array;
  /** Where pieces meet inside (lo, hi). */
  readonly knots: Float64Array;
  /** Whether there are more pieces than were looked at. */
  readonly more: boolean;
  /** The first pieces, exactly. */
  readonly pieces: readonly PieceText[];
}

/** A linear piece, exact texts. */
export interface PieceText {
  readonly from: string;
  readonly to: string;
  readonly slope: string;
  readonly intercept: string;
}

export interface LayerFacts {
  readonly inputs: number;
  readonly outputs: number;
  /** Non-zero weights, and non-zero biases. */
  readonly weights: number;
  readonly biases: number;
}

/** Weights and biases that are not zero, by value; or by sign and size where there are too many values. */
export interface Histogram {
  readonly binned: boolean;
  readonly bars: readonly { readonly label: string; readonly count: number }[];
}

/** Lower bounds for the class of the network's width and depth, log2, at b = first, first + 1, ... */
export interface RegimeFacts {
  readonly width: number;
  readonly depth: number;
  readonly first: number;
  readonly precision: Float64Array;
  readonly memory: Float64Array;
  readonly vc: Float64Array;
  /** The first b of the proper and of the over-quantised regime. */
  readonly proper: number;
  readonly over: number;
  /** The network's own b, and its certified error relative to the class (domain length times Lipschitz constant). */
  readonly bits: number;
  readonly error?: number;
  readonly regime: 'under' | 'proper' | 'over';
  /** The class's unit: domain length times the proved Lipschitz constant; absent where there is none. */
  readonly unit?: number;
}

/** A certificate in numbers and in exact texts. */
export interface Bound {
  readonly status: 'proved' | 'refuted' | 'undecided';
  /** Rounded up; absent where f is not shown to be bounded. */
  readonly upper?: number;
  readonly upperText?: string;
  readonly upperExact?: string;
  readonly lower: number;
  readonly lowerExact: string;
  readonly witness: number;
  readonly witnessExact: string;
  readonly missing?: string;
  readonly restsOn: readonly string[];
}

export interface Answer {
  /** How people call f, or the file. */
  readonly title: string;
  /** What the network is compared with. */
  readonly f?: string;
  /** Absent where there is nothing to compare the network with. */
  readonly bound?: Bound;
  readonly method: string;
  /** What else is worth knowing, one sentence each. */
  readonly notes: readonly string[];
  /** Axis names with their units, where the source states them. */
  readonly axes: { readonly x: string; readonly y: string };
  readonly inputs: number;
  readonly outputs: number;
  readonly depth: number;
  readonly width: number;
  readonly connectivity: number;
  readonly alphabetSize: number;
  readonly integerBits: number;
  readonly fractionalBits: number;
  readonly denseBits: number;
  readonly nonZeroBits: number;
  readonly kappa?: number;
  readonly layers: readonly LayerFacts[];
  readonly histogram: Histogram;
  readonly regime?: RegimeFacts;
  /** Where the curves are drawn: the hull of the domain. */
  readonly domain?: readonly [number, number];
  readonly domainText: string;
  readonly file: Uint8Array;
  /** Whether a full search may find a better one. */
  readonly draft: boolean;
  /** What the file is compared with, for the worker that draws. */
  readonly compared?: Source;
  readonly curves?: Curves;
  readonly seconds: number;
}

export interface Progress {
  readonly text: string;
  /** 0..1, where it is known. */
  readonly part?: number;
}

/** Exact values at one point. */
export interface PointValue {
  readonly x: string;
  readonly net: string;
  readonly netNumber: number;
  readonly f?: string;
  readonly error?: string;
}

export interface Download {
  readonly bytes: Uint8Array;
  /** What the writer says of it, one sentence each. */
  readonly notes: readonly string[];
}

export type DownloadFormat = 'onnx' | 'c';

export type Request =
  | { readonly kind: 'solve'; readonly problem: Problem; readonly stage: Stage }
  /** The network whose curves are asked for from now on. */
  | { readonly kind: 'open'; readonly file: Uint8Array; readonly compared?: Source }
  | { readonly kind: 'curves'; readonly lo: number; readonly hi: number; readonly points: number }
  | { readonly kind: 'point'; readonly x: string }
  | {
      readonly kind: 'download';
      readonly format: DownloadFormat;
      readonly name: string;
      /** Resolution of the converter that reads the input, for C. */
      readonly adcBits: number;
    };

export type Reply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'opened' }
  | { readonly kind: 'curves'; readonly curves: Curves }
  | { readonly kind: 'point'; readonly point: PointValue }
  | { readonly kind: 'download'; readonly download: Download }
  /** `input`: the user's own, one sentence. */
  | { readonly kind: 'failed'; readonly sentence: string; readonly input: boolean };
