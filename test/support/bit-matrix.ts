/**
 * The bit-matrix network of sigma-delta signs (theory, 2.2-2.3) for tests of what a file costs: K cells of m steps,
 * h = 1/(K m), slopes +-1. Depth 6, exact on all of [0,1]; every 1-Lipschitz f has signs with |f - net| <= h.
 */
import { LayerBuilder, Network, type Term } from '../../src/net/index.ts';

/** sign(k, i): whether step i of cell k goes up. K and m are powers of two, K even; g(0) = `start` * h. */
export function bitMatrixNetwork(K: number, m: number, sign: (k: number, i: number) => boolean, start = 0): Network {
  const h = 1 / (K * m);
  // 1: ramps H_j = relu(K x - (j - 2) / 2), j = 0 .. 2K + 6; R_k = relu(K x - k) is H_(2k+2).
  const ramps = 2 * K + 7;
  const first = new LayerBuilder(1);
  for (let j = 0; j < ramps; j++) first.unit(1 - j / 2, [0, K]);
  const R = (k: number): number => 2 * k + 2;
  // 2: tents, the zig-zags u of both parities, the gates D, the interpolant I + 1 of g at the cell ends.
  const second = new LayerBuilder(ramps);
  for (let parity = 0; parity < 2; parity++) {
    for (let k = parity; k < K; k += 2) second.unit(0, [R(k - 1), 1], [R(k), -1], [R(k + 1), -1], [R(k + 2), 1]);
  }
  const zigzag: number[] = [];
  const gate: number[] = [];
  for (let parity = 0; parity < 2; parity++) {
    const u: Term[] = [[R(parity), m]];
    for (let k = parity + 1; k <= K; k++) u.push([R(k), (k - parity) % 2 === 1 ? -2 * m : 2 * m]);
    if (parity === 1) u.unshift([R(-1), 0]);
    zigzag.push(second.row(0, u));
  }
  for (let parity = 0; parity < 2; parity++) {
    const d: Term[] = [];
    for (let k = parity; k < K; k += 2) d.push([R(k), 2 / K], [R(k) + 1, -4 / K], [R(k + 1), 2 / K]);
    gate.push(second.row(0, d));
  }
  const slope = (k: number): number => {
    let s = 0;
    for (let i = 0; i < m; i++) s += sign(k, i) ? 1 : -1;
    return s;
  };
  const interpolant: Term[] = [];
  for (let k = 0, before = 0; k < K; k++) {
    const s = slope(k);
    interpolant.push([R(k), (s - before) * h]);
    before = s;
  }
  const I = second.row(1 + start * h, interpolant);
  // 3: per parity the m rows of bits q_i and the ramps relu(u - i); then u / m, D, I carried.
  const third = new LayerBuilder(second.size);
  const bits: number[] = [];
  const steps: number[] = [];
  for (let parity = 0; parity < 2; parity++) {
    bits.push(third.size);
    for (let i = 0; i < m; i++) {
      const row: Term[] = [];
      for (let k = parity; k < K; k += 2) if (sign(k, i)) row.push([(parity * K) / 2 + (k >> 1), 1]);
      third.row(0, row);
    }
  }
  for (let parity = 0; parity < 2; parity++) {
    steps.push(third.size);
    for (let i = 0; i <= m; i++) third.unit(-i, [zigzag[parity]!, 1]);
  }
  const along = zigzag.map((u) => third.unit(0, [u, 1 / m]));
  const D3 = gate.map((d) => third.unit(0, [d, 1]));
  const I3 = third.unit(0, [I, 1]);
  // 4: bit times step, bit times u / m.
  const fourth = new LayerBuilder(third.size);
  const fine: number[] = [];
  const coarse: number[] = [];
  for (let parity = 0; parity < 2; parity++) {
    fine.push(fourth.size);
    for (let i = 0; i < m; i++) {
      fourth.unit(-1, [bits[parity]! + i, 1], [steps[parity]! + i, 1], [steps[parity]! + i + 1, -1]);
    }
    coarse.push(fourth.size);
    for (let i = 0; i < m; i++) fourth.unit(-1, [bits[parity]! + i, 1], [along[parity]!, 1]);
  }
  const D4 = D3.map((d) => fourth.unit(0, [d, 1]));
  const I4 = fourth.unit(0, [I3, 1]);
  // 5: relu(r + D) and relu(r - D), r = 2h sum(fine) - 2h sum(coarse).
  const fifth = new LayerBuilder(fourth.size);
  const clips: [number, number][] = [];
  for (let parity = 0; parity < 2; parity++) {
    const r: Term[] = [];
    for (let i = 0; i < m; i++) r.push([fine[parity]! + i, 2 * h]);
    for (let i = 0; i < m; i++) r.push([coarse[parity]! + i, -2 * h]);
    clips.push([fifth.row(0, [...r, [D4[parity]!, 1]]), fifth.row(0, [...r, [D4[parity]!, -1]])]);
  }
  const D5 = D4.map((d) => fifth.unit(0, [d, 1]));
  const I5 = fifth.unit(0, [I4, 1]);
  // 6: I - 1 + the two clipped parts.
  const last = new LayerBuilder(fifth.size);
  last.row(-1, [
    [I5, 1],
    ...clips.flatMap(([up, down], parity): Term[] => [
      [up, 1],
      [down, -1],
      [D5[parity]!, -1],
    ]),
  ]);
  return new Network([first.build(), second.build(), third.build(), fourth.build(), fifth.build(), last.build()]);
}
