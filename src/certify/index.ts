/** Errors and deviations, proved. */

export { type ArgmaxCertificate, type ArgmaxOptions, certifyArgmax } from './argmax.ts';
export {
  certifyDeviation,
  type DeviationCertificate,
  type DeviationOptions,
  type DeviationProgress,
  type OutputDeviation,
} from './deviation.ts';
export { certifyOnGrid, type GridCertificate, type GridOptions } from './grid.ts';
export type { DomainEnd, SupOptions, SupProgress } from './job.ts';
export { certifyLp, type LpCertificate, type LpOptions } from './lp.ts';
export { linearPieces, type Piece } from './pieces.ts';
export { type ProvedSup, proveSup, type SupProof } from './proof.ts';
export { exactPropagator } from './propagate.ts';
export { certifySup, type SupCertificate } from './supnorm.ts';
