/** Pictures: plain data in, SVG and CSV text out. */
export * from './approximation.ts';
export * from './chart.ts';
export { pictureCsv } from './csv.ts';
export * from './deviation.ts';
export * from './intrinsic.ts';
export * from './regimes.ts';
export type { Axis } from './scale.ts';
export { drawPicture } from './svg.ts';
