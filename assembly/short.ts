// Sparse layers on numbers of up to three limbs, which all units of a layer hold alike. Rows of up to four terms at work run
// with everything in registers; a unit that is zero for the whole tile is at work in no row.
//
//   unit table as in window.ts: hi = 0 where the unit is zero, otherwise the limbs it holds
import { BIAS_BYTES, LIST_ENTRY_BYTES, ROW_HEADER_BYTES, UNIT_ENTRY_BYTES, VECTOR_BYTES } from "./layout";
import { limb32Row } from "./lanes";

/**
 * One layer (SIMD builds). `list` has room for a row's terms; a term's weight is its last word. With `bits` rows are bit planes of so
 * many units: what is set in the first is added, in the second subtracted. With `last` there is no relu and the top limb keeps the sign.
 */
export function shortRows(vectors: i32, from: usize, to: usize, y: usize, ys: usize, program: usize, rows: i32, lin: i32, lout: i32, radix: i32, last: bool, list: usize, termBytes: i32, bits: i32): void {
  const step = <usize>vectors * VECTOR_BYTES;
  for (let i = 0; i < rows; i++) {
    const digits = program + ROW_HEADER_BYTES;
    const terms = digits + load<u32>(program, 4) * BIAS_BYTES;
    let end = terms;
    let live = list;
    let mid: usize = 0;
    if (bits != 0) {
      for (let k = load<i32>(program); k > 0; k--) {
        for (let u = 0; u < bits; u += 32, end += 4) {
          for (let m = load<u32>(end); m != 0; m &= m - 1) live = listed(from + <usize>(u + <i32>ctz(m)) * UNIT_ENTRY_BYTES, live);
        }
        if (mid == 0) mid = live;
      }
    } else {
      end += load<u32>(program) * termBytes;
      for (let p = terms; p < end; p += termBytes) {
        store<i32>(live, load<i32>(p + termBytes - 4), 4);
        live = listed(from + load<usize>(p) * UNIT_ENTRY_BYTES, live);
      }
    }
    const count = bits != 0 ? 5 : <i32>(live - list) >> 3;
    let b0 = 0, b1 = 0, b2 = 0, b3 = 0;
    for (let p = digits; p < terms; p += BIAS_BYTES) {
      const l = load<i32>(p);
      const d = load<i32>(p, 4);
      if (l == 0) b0 = d;
      else if (l == 1) b1 = d;
      else if (l == 2) b2 = d;
      else b3 = d;
    }
    let any: bool;
    if (count <= 4 && lin <= 3 && lout <= lin + 1) {
      // Missing terms read the first unit's limbs times 0.
      while (live < list + 32) {
        store<usize>(live, load<usize>(from));
        store<i32>(live, 0, 4);
        live += 8;
      }
      const more = lout > lin;
      if (count <= 2) {
        if (lin == 1) any = shortRow(2, 1, list, y, step, radix, b0, b1, b2, b3, more, last);
        else if (lin == 2) any = shortRow(2, 2, list, y, step, radix, b0, b1, b2, b3, more, last);
        else any = shortRow(2, 3, list, y, step, radix, b0, b1, b2, b3, more, last);
      } else if (lin == 1) any = shortRow(4, 1, list, y, step, radix, b0, b1, b2, b3, more, last);
      else if (lin == 2) any = shortRow(4, 2, list, y, step, radix, b0, b1, b2, b3, more, last);
      else any = shortRow(4, 3, list, y, step, radix, b0, b1, b2, b3, more, last);
    } else {
      any = limb32Row(list, mid, live, digits, terms, y, step, lin, lout, radix, last);
    }
    const entry = to + <usize>i * UNIT_ENTRY_BYTES;
    store<usize>(entry, y);
    store<i32>(entry, 0, 4);
    store<i32>(entry, any ? lout : 0, 8);
    y += ys;
    program = end;
  }
}

/** Lists the unit of a table entry, unless it is zero for the whole tile. */
// @ts-ignore: decorator
@inline
function listed(unit: usize, live: usize): usize {
  store<usize>(live, load<usize>(unit));
  return load<i32>(unit, 8) != 0 ? live + 8 : live;
}

/** K terms, L limbs; with `more` the carry is one more limb. True where not every sum is negative. */
// @ts-ignore: decorator
@inline
function shortRow(K: i32, L: i32, terms: usize, y: usize, step: usize, radix: i32, b0: i32, b1: i32, b2: i32, b3: i32, more: bool, last: bool): bool {
  const mask = i32x4.splat((1 << radix) - 1);
  const end = y + step;
  const s2 = step << 1;
  let p0 = load<usize>(terms), p1 = load<usize>(terms, 8), p2 = load<usize>(terms, 16), p3 = load<usize>(terms, 24);
  const w0 = v128.load32_splat(terms, 4), w1 = v128.load32_splat(terms, 12), w2 = v128.load32_splat(terms, 20), w3 = v128.load32_splat(terms, 28);
  const v0 = i32x4.splat(b0), v1 = i32x4.splat(b1), v2 = i32x4.splat(b2), v3 = i32x4.splat(b3);
  const whole = i32x4.splat(last ? -1 : 0), relu = v128.not(whole);
  let any = i32x4.splat(0);
  while (y < end) {
    const a0 = i32x4.add(sum(K, p0, p1, p2, p3, w0, w1, w2, w3, 0), v0);
    let a1 = a0, a2 = a0;
    let top = i32x4.add(i32x4.shr_s(a0, radix), v1);
    if (L > 1) {
      a1 = i32x4.add(sum(K, p0, p1, p2, p3, w0, w1, w2, w3, step), top);
      top = i32x4.add(i32x4.shr_s(a1, radix), v2);
    }
    if (L > 2) {
      a2 = i32x4.add(sum(K, p0, p1, p2, p3, w0, w1, w2, w3, s2), top);
      top = i32x4.add(i32x4.shr_s(a2, radix), v3);
    }
    const keep = v128.andnot(mask, v128.and(i32x4.shr_s(top, 31), relu));
    const keepTop = v128.or(keep, whole);
    v128.store(y, v128.and(a0, L == 1 && !more ? keepTop : keep));
    if (L > 1) v128.store(y + step, v128.and(a1, L == 2 && !more ? keepTop : keep));
    if (L > 2) v128.store(y + s2, v128.and(a2, !more ? keepTop : keep));
    if (more) v128.store(y + <usize>L * step, v128.and(top, keepTop));
    any = v128.or(any, keep);
    p0 += 16; p1 += 16; p2 += 16; p3 += 16;
    y += 16;
  }
  return v128.any_true(any);
}

// @ts-ignore: decorator
@inline
function sum(K: i32, p0: usize, p1: usize, p2: usize, p3: usize, w0: v128, w1: v128, w2: v128, w3: v128, at: usize): v128 {
  const a = i32x4.add(i32x4.mul(v128.load(p0 + at), w0), i32x4.mul(v128.load(p1 + at), w1));
  if (K == 2) return a;
  return i32x4.add(a, i32x4.add(i32x4.mul(v128.load(p2 + at), w2), i32x4.mul(v128.load(p3 + at), w3)));
}
