/**
 * The constructions that `fit` can choose from. A method proposes networks; `fit` counts their bytes and has them proved. A
 * construction joins by one line in METHODS.
 */
import { interpolateWithin } from '../construct/interpolate-search.ts';
import { intrinsicMethod } from './fit-intrinsic.ts';
import type { FitMethod } from './fit-job.ts';
import { cachedMethod, taylorMethod } from './fit-quantised.ts';

const interpolation: FitMethod = {
  name: 'interpolate',
  about: 'piecewise-linear interpolation, few lines of short numbers (depth 2)',
  propose: ({ domain, ...job }) =>
    interpolateWithin({ ...job, domain: domain.file, inner: domain.inner }).map(({ network, size, lines, fewest }) => ({
      network,
      bytes: size,
      details: { lines, fewest },
    })),
};

export const METHODS: readonly FitMethod[] = [interpolation, taylorMethod, cachedMethod, intrinsicMethod];
