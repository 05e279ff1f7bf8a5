/** Slots without threads: the worker's loop runs here, and what the calling thread would do meanwhile is done from within it. */
import { expect, test } from 'vitest';
import { Slots } from '../../src/engine/slots.ts';

const shape = { slots: 2, rows: 4, inputs: 1, results: 1, exact: false, filled: true };
const two = (): Slots => {
  const slots = Slots.open(shape, undefined);
  slots.fill(0, 0, 2, Float64Array.of(1, 2));
  slots.fill(1, 2, 2, Float64Array.of(3, 4));
  return slots;
};
const double = (batch: Float64Array, out: Float64Array | Uint32Array): boolean => {
  batch.forEach((v, k) => {
    out[k] = 2 * v;
  });
  return true;
};

test('what a worker still writes to is busy when the run is closed; what nobody began is handed back', () => {
  const slots = two();
  let end: ReturnType<Slots['close']> | undefined;
  let begun = 0;
  slots.work(undefined, (batch, out) => {
    begun++;
    end = slots.close();
    return double(batch, out);
  });
  expect(begun).toBe(1);
  expect(end).toEqual({
    left: [
      { first: 0, rows: 2 },
      { first: 2, rows: 2 },
    ],
    busy: true,
  });
});

test('a closed run whose parts were all collected or not begun keeps nobody busy', () => {
  const slots = two();
  let done = 0;
  slots.work(undefined, (batch, out) => {
    // The second part ends the run: the first is collected before, the second after.
    if (++done === 2) {
      expect(slots.collect(1)).toBeUndefined();
      const first = slots.collect(0);
      expect([first?.first, Array.from(first?.results ?? [])]).toEqual([0, [2, 4]]);
      expect(slots.isFree(0)).toBe(true);
      slots.fill(0, 4, 1, Float64Array.of(5));
      expect(slots.takeBack(0)).toEqual({ first: 4, rows: 1 });
      expect(slots.takeBack(1)).toBeUndefined();
    }
    const fine = double(batch, out);
    if (done === 2) expect(slots.close().busy).toBe(true);
    return fine;
  });
  expect(slots.collect(1)?.results).toEqual(Float64Array.of(6, 8));
  expect(slots.close()).toEqual({ left: [], busy: false });
});

test('a worker that wakes late takes nothing of the next run, and rows that do not fit come back without results', () => {
  const old = two();
  old.close();
  const next = Slots.open(shape, old.memory);
  expect(next.memory).toBe(old.memory);
  expect(next.run).not.toBe(old.run);
  next.fill(0, 0, 1, Float64Array.of(7));
  old.work(undefined, () => {
    throw new Error('a part of another run');
  });
  expect(next.collect(0)).toBeUndefined();
  next.work(undefined, () => {
    next.close();
    return false;
  });
  expect(next.collect(0)).toEqual({ first: 0, rows: 1, results: undefined });
});
