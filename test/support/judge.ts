/** What holds of every fit, whatever the target: proved within epsilon, tight, true of the file, and never exceeded. */
import { expect } from 'vitest';
import { enclosing, Interval, Rational, type Target } from '../../src/exact/index.ts';
import { decodeNetwork } from '../../src/io/index.ts';
import { type FitResult, fit as fitTarget } from '../../src/workbench/index.ts';
import { type Judged, observed } from './twelve.ts';

/** The part of the domain that surely belongs to it. */
export function innerOf({ domain }: FitResult): Interval {
  const [a, b] = domain.map((end) => {
    if (end instanceof Interval) return end;
    return end instanceof Rational ? enclosing(end, 64) : Interval.of(end);
  });
  return Interval.of(a!.hi, b!.lo);
}

export function expectProved(result: FitResult, epsilon: string): void {
  const { certificate, network, file } = result;
  expect(result.status, certificate.missing).toBe('proved');
  const upper = Rational.fromDyadic(certificate.upper!);
  expect(upper.compare(Rational.parse(epsilon))).toBeLessThanOrEqual(0);
  const lower = Rational.fromDyadic(certificate.lower);
  expect(upper.mul(Rational.of(100n)).compare(lower.mul(Rational.of(101n)))).toBeLessThanOrEqual(0);
  const back = decodeNetwork(file);
  expect(back.network.equals(network)).toBe(true);
  expect(back.domain![0]!.encloses(innerOf(result))).toBe(true);
  expect(result.storage.fileBytes).toBe(file.length);
  expect(result.weights).toEqual({ a: network.integerBits, b: network.fractionalBits });
}

/** Fits at the three errors; `points` random inputs each. Returns what a report wants to know. */
export function judge({ target, epsilons }: Judged, points: number): { f: Target; results: FitResult[] } {
  const f = target();
  let before = 0;
  const results = epsilons.map((epsilon, i) => {
    const result = fitTarget(f, { epsilon });
    expectProved(result, epsilon);
    const seen = observed(result.network, f, innerOf(result), points, 7 + i);
    expect(seen.le(result.certificate.upper!)).toBe(true);
    const { lines, fewest } = result.details as { lines: number; fewest: number };
    expect(lines).toBeGreaterThanOrEqual(fewest);
    expect(fewest).toBeGreaterThanOrEqual(before);
    before = fewest;
    return result;
  });
  return { f, results };
}
