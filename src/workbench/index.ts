/** Joins the rooms below: what needs two of them at once. */

export * from './advice.ts';
export * from './compare.ts';
export * from './findBits.ts';
export * from './fit.ts';
export { type CubeOptions, type CubeResult, fitCube } from './fit-cube.ts';
export { type FitIntrinsicOptions, fitIntrinsic } from './fit-intrinsic.ts';
export type { DescribedReport, FitJob, FitMethod, Proposal, QuantisedOptions } from './fit-job.ts';
export { METHODS } from './fit-methods.ts';
export { cachedOptions, detailsOf, taylorOptions } from './fit-quantised.ts';
export * from './fitIntervals.ts';
export * from './intervals.ts';
export { certifyIntrinsic, type IntrinsicCertificateOptions } from './intrinsic.ts';
export {
  decoderIn,
  type IntrinsicFacts,
  type IntrinsicResult,
  intrinsicFacts,
  intrinsicFile,
  retarget,
} from './intrinsicFile.ts';
export { type IntrinsicStep, type IntrinsicStudy, intrinsicStudy } from './intrinsicStudy.ts';
export * from './observe.ts';
export * from './quantised.ts';
export * from './rateRun.ts';
export * from './regimes.ts';
