/** f * 2^k as a target, for classes that ask for derivatives of at most 1. */
import type { Dyadic, Interval, Target } from '../exact/index.ts';

/** The target x -> 2^k f(x); `f` itself for k = 0. */
export function scaledTarget(f: Target, k: number): Target {
  if (k === 0) return f;
  const scaled = (v: Interval | undefined): Interval | undefined => v?.scale(k);
  return Object.freeze({
    kind: f.kind,
    inputs: f.inputs,
    text: `2^${k} * (${f.text})`,
    restsOn: f.restsOn,
    enclose: (box: readonly Interval[], precision: number) => scaled(f.enclose(box, precision)),
    ...(f.lipschitz && {
      lipschitz: (box: readonly Interval[], precision: number): Dyadic | undefined =>
        f.lipschitz?.(box, precision)?.scale(k),
    }),
    estimate: (x: readonly number[]) => f.estimate(x) * 2 ** k,
  });
}

/** The same target; enclosures at points are computed once. */
export function rememberingPoints(f: Target): Target {
  const known = new Map<string, Interval>();
  return Object.freeze({
    kind: f.kind,
    inputs: f.inputs,
    text: f.text,
    restsOn: f.restsOn,
    enclose(box: readonly Interval[], precision: number): Interval | undefined {
      if (!box.every((side) => side.isPoint)) return f.enclose(box, precision);
      const key = `${precision}:${box.map((side) => side.lo).join()}`;
      const before = known.get(key);
      if (before) return before;
      const value = f.enclose(box, precision);
      if (value) known.set(key, value);
      return value;
    },
    estimate: (x: readonly number[]) => f.estimate(x),
  });
}
