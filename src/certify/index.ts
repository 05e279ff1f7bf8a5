/** Errors and deviations, proved. */

export type { DomainEnd, SupOptions, SupProgress } from './job.ts';
export { linearPieces, type Piece } from './pieces.ts';
export { certifySup, type SupCertificate } from './supnorm.ts';
