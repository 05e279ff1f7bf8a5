/**
 * dyadnet: a table of contents. Names are the field's; every one carries its shapes, units, domain, errors and source.
 * A program that only runs networks imports `dyadnet/run`; one that runs many jobs, `dyadnet/sweep`.
 */

/* What is proved of a network: `certifySup`, `certifyLp`, `certifyDeviation`, `certifyArgmax`; its pieces: `linearPieces`. */
export * from './certify/index.ts';
/* One theorem each, as a network: `square`, `multiply`, `weight`, `taylor`, `cached`, `lipschitz`, `bitExtraction`, `intrinsic`. */
export * from './construct/index.ts';
/* Running, exactly and fast, in WebAssembly: `Engine`, `EnginePool`. */
export * from './engine/index.ts';
/* Numbers and what is approximated: `Dyadic`, `Rational`, `Interval`; `expressionTarget`, `tableTarget`, `callbackTarget`. */
export * from './exact/expression.ts';
export * from './exact/index.ts';
/* Files: `encodeNetwork`, `decodeNetwork`, `readOnnx`, `writeOnnx`, `readNnet`, `readVnnlib`, `readTable`, `writeC`. */
export * from './io/index.ts';
/* What a network is and means: `Network`, `LayerBuilder`, `compose`, `parallel`, and exact evaluation. */
export * from './net/index.ts';
/* Pictures with their numbers: `drawPicture`, `approximationPicture`, `regimesPicture`, `pictureCsv`. */
export * from './plot/index.ts';
/* Cheaper weights, and how far the outputs move: `quantizeUniform`, `quantizeCodebook`, `depthPrecision`. */
export * from './quantize/index.ts';
/* What no network can do, and what a class costs: `lowerBounds`, `encodability`, `encodingSpeed`, `parameterLipschitz`. */
export * from './rates/index.ts';
/* From a problem to a network: `fit`, `fitCube`, `fitIntervals`; fewer bits within an error: `chooseBits`; another function in the same network: `retarget`. */
export * from './workbench/index.ts';
