// Sparse layers on long numbers. Every unit of a tile has a window [lo, hi) of limbs outside of which all its inputs hold
// zeros; a unit that is zero for all inputs of the tile has none. A row's sum runs over spans of limbs between which the set
// of terms at work does not change; a term that is out of its window costs nothing. Limbs as in lanes.ts, radix R.
//
//   unit table, 16 bytes a unit: [address of limb 0, lo, hi, -]
//
// Where a row was zero for the whole tile before it, its sign is first looked for in its top limb: with T the sum there and
// P the sum of the positive weights, T + P <= 0 proves the sum negative.
import { BIAS_BYTES, LIST_ENTRY_BYTES, ROW_HEADER_BYTES, UNIT_ENTRY_BYTES, VECTOR_BYTES, WIDE_TERM_BYTES } from "./layout";

/** Table entries for units that all hold `limbs` limbs. */
export function openWindows(table: usize, x: usize, xs: usize, units: i32, limbs: i32): void {
  for (let i = 0; i < units; i++) {
    store<usize>(table, x);
    store<i32>(table, 0, 4);
    store<i32>(table, limbs, 8);
    table += UNIT_ENTRY_BYTES;
    x += xs;
  }
}

/** Units that are zero for the whole tile, `bytes` bytes each, have no window. */
export function leaveZeros(table: usize, units: i32, bytes: usize): void {
  for (let i = 0; i < units; i++) {
    const at = load<usize>(table);
    let any: u64 = 0;
    for (let b: usize = 0; b < bytes && any == 0; b += 8) any = load<u64>(at + b);
    if (any == 0) store<i32>(table, 0, 8);
    table += UNIT_ENTRY_BYTES;
  }
}

/** Writes the zeros outside the windows, so that every unit holds `limbs` limbs. */
export function closeWindows(table: usize, units: i32, limbs: i32, step: usize): void {
  for (let i = 0; i < units; i++) {
    const at = load<usize>(table);
    const lo = load<i32>(table, 4);
    const hi = load<i32>(table, 8);
    if (lo > 0) memory.fill(at, 0, <usize>lo * step);
    if (hi < limbs) memory.fill(at + <usize>hi * step, 0, <usize>(limbs - hi) * step);
    table += UNIT_ENTRY_BYTES;
  }
}

/** The most limbs that a unit uses, at least 1. */
export function widestWindow(table: usize, units: i32): i32 {
  let most = 1;
  for (let i = 0; i < units; i++) {
    most = max(most, load<i32>(table, 8));
    table += UNIT_ENTRY_BYTES;
  }
  return most;
}

/**
 * One layer. `list` has room for the longest row's terms, twice; `hints` one byte a row, of any content. `growth` is 1 where the
 * weights of a row sum to less than a limb; `widest` limbs come in. `signed`: inputs may be negative. With `last` every row gets `lout` limbs, the top
 * one with the sign.
 */
export function windowRows(vectors: i32, from: usize, to: usize, y: usize, ys: usize, program: usize, rows: i32, widest: i32, lout: i32, radix: i32, growth: i32, last: bool, signed: bool, list: usize, hints: usize): void {
  const step = <usize>vectors * VECTOR_BYTES;
  for (let i = 0; i < rows; i++) {
    const terms = load<i32>(program);
    let bias = program + ROW_HEADER_BYTES;
    const biasEnd = bias + load<u32>(program, 4) * BIAS_BYTES;
    program = biasEnd + terms * WIDE_TERM_BYTES;
    // The terms whose units are not zero: [address of limb 0, weight, lo, hi], offsets applied.
    let live = list;
    let lo = i32.MAX_VALUE;
    let hi = 0;
    let plus = 0;
    for (let p = biasEnd; p < program; p += WIDE_TERM_BYTES) {
      const unit = from + load<usize>(p) * UNIT_ENTRY_BYTES;
      const offset = load<i32>(p, 4);
      const a = load<i32>(unit, 4);
      // Windows may hold zeros on top; no product that is not zero lies beyond the limbs of the sum.
      const b = min(load<i32>(unit, 8), lout - offset);
      if (a >= b) continue;
      const w = load<i32>(p, 8);
      store<usize>(live, load<usize>(unit) - <usize>offset * step);
      store<i32>(live, w, 4);
      store<i32>(live, a + offset, 8);
      store<i32>(live, b + offset, 12);
      lo = min(lo, a + offset);
      hi = max(hi, b + offset);
      plus += max(w, 0);
      live += LIST_ENTRY_BYTES;
    }
    const entry = to + <usize>i * UNIT_ENTRY_BYTES;
    store<usize>(entry, y);
    const topBias = bias < biasEnd ? load<i32>(biasEnd - BIAS_BYTES) : -1;
    if (bias < biasEnd) lo = min(lo, load<i32>(bias));
    if (!last) {
      let dead = live == list && bias == biasEnd;
      if (!dead && !signed && load<u8>(hints + i) != 0 && topBias < hi) {
        dead = provedNegative(list, live, hi - 1, step, plus + 1, topBias == hi - 1 ? load<i32>(biasEnd - 4) : 0);
      }
      if (dead) {
        store<i64>(entry, 0, 4);
        store<u8>(hints + i, 1);
        y += ys;
        continue;
      }
    }
    hi = max(hi, topBias + 1);
    const carry = live;
    zeroCarry(step, carry);
    if (last) {
      lo = min(lo, hi);
      memory.fill(y, 0, <usize>lo * step);
    } else if (lo < NEAR_LIMBS) {
      // A window near the lowest limb begins there: windows that are alike make one span.
      for (; lo > 0; lo--) zeroCarry(step, y + <usize>(lo - 1) * step);
    }
    let s = lo;
    while (s < hi) {
      if (bias < biasEnd && load<i32>(bias) == s) {
        addCarry(step, carry, load<i32>(bias, 4));
        bias += BIAS_BYTES;
      }
      // The span ends where a term comes or goes, or at the next bias digit.
      let e = bias < biasEnd ? load<i32>(bias) : hi;
      let active = carry + step;
      const first = active;
      for (let p = list; p < live; p += LIST_ENTRY_BYTES) {
        const a = load<i32>(p, 8);
        const b = load<i32>(p, 12);
        if (a > s) e = min(e, a);
        else if (b > s) {
          e = min(e, b);
          store<usize>(active, load<usize>(p) + <usize>s * step);
          store<i32>(active, load<i32>(p, 4), 4);
          active += 8;
        }
      }
      span(vectors, first, <i32>(active - first) >> 3, carry, y + <usize>s * step, e - s, radix);
      s = e;
    }
    if (last) {
      if (s < lout - 1) span(vectors, carry, 0, carry, y + <usize>s * step, lout - 1 - s, radix);
      // The top limb keeps what would be carried out of it.
      if (s < lout) copyVectors(step, carry, y + <usize>(lout - 1) * step);
      else addShifted(step, carry, radix, y + <usize>(lout - 1) * step);
    } else {
      if (growth > 1) {
        // Large weights leave more than a limb to carry.
        while (longCarry(step, carry, radix)) {
          span(vectors, carry, 0, carry, y + <usize>hi * step, 1, radix);
          hi++;
        }
      }
      const state = finish(step, carry, y + <usize>lo * step, y + <usize>hi * step);
      if (state == ALL_NEGATIVE) lo = hi = 0;
      else {
        if (state == CARRIED) hi++;
        while (hi > lo && allZero(step, y + <usize>(hi - 1) * step)) hi--;
        if (lo >= NEAR_LIMBS) while (lo < hi && allZero(step, y + <usize>lo * step)) lo++;
        // Likewise near the highest limb of the units that came in.
        if (hi > lo && hi + NEAR_LIMBS > widest) for (; hi < widest; hi++) zeroCarry(step, y + <usize>hi * step);
      }
      store<i32>(entry, lo, 4);
      store<i32>(entry, hi, 8);
      store<u8>(hints + i, lo == hi ? 1 : 0);
    }
    y += ys;
  }
}

/** Windows that end within so many limbs of each other are made alike. */
const NEAR_LIMBS = 3;
/** What finish() saw: a carry that is one more limb, none, or no sum above zero. */
const DONE = 0;
const CARRIED = 1;
const ALL_NEGATIVE = 2;

/** Whether the limb `at` of the listed terms proves the sum negative for every input; `plus` bounds what lies below. */
function provedNegative(list: usize, live: usize, at: i32, step: usize, plus: i32, bias: i32): bool {
  const end = <usize>(at + 1) * step;
  if (ASC_FEATURE_SIMD) {
    const limit = i32x4.splat(-plus);
    for (let v = <usize>at * step; v < end; v += VECTOR_BYTES) {
      let t = i32x4.splat(bias);
      for (let p = list; p < live; p += LIST_ENTRY_BYTES) {
        if (load<i32>(p, 12) > at) t = i32x4.add(t, i32x4.mul(v128.load(load<usize>(p) + v), v128.load32_splat(p, 4)));
      }
      if (v128.any_true(i32x4.gt_s(t, limit))) return false;
    }
  } else {
    for (let v = <usize>at * step; v < end; v += 4) {
      let t = bias;
      for (let p = list; p < live; p += LIST_ENTRY_BYTES) {
        if (load<i32>(p, 12) > at) t += load<i32>(load<usize>(p) + v) * load<i32>(p, 4);
      }
      if (t > -plus) return false;
    }
  }
  return true;
}

// (memory.fill and memory.copy leave the module: for a few vectors plain stores are quicker.)
// @ts-ignore: decorator
@inline
function zeroCarry(step: usize, carry: usize): void {
  if (ASC_FEATURE_SIMD) for (let at: usize = 0; at < step; at += 16) v128.store(carry + at, i32x4.splat(0));
  else for (let at: usize = 0; at < step; at += 8) store<u64>(carry + at, 0);
}

function copyVectors(step: usize, from: usize, to: usize): void {
  for (let at: usize = 0; at < step; at += 8) store<u64>(to + at, load<u64>(from + at));
}

function addShifted(step: usize, carry: usize, radix: i32, to: usize): void {
  for (let at: usize = 0; at < step; at += 4) {
    store<i32>(to + at, load<i32>(to + at) + (load<i32>(carry + at) << radix));
  }
}

function addCarry(step: usize, carry: usize, digit: i32): void {
  for (let at: usize = 0; at < step; at += 4) store<i32>(carry + at, load<i32>(carry + at) + digit);
}

/** `limbs` limbs of a sum of `count` terms [address, weight], carried on from and to `carry`. */
function span(vectors: i32, terms: usize, count: i32, carry: usize, q: usize, limbs: i32, radix: i32): void {
  const step = <usize>vectors * VECTOR_BYTES;
  if (ASC_FEATURE_SIMD) {
    if ((vectors & 3) != 0) {
      spanAny(step, terms, count, carry, q, limbs, radix);
      return;
    }
    for (let group: usize = 0; group < step; group += 64) {
      if (count == 1) span4(1, terms, count, carry + group, q + group, step, group, limbs, radix);
      else if (count == 2) span4(2, terms, count, carry + group, q + group, step, group, limbs, radix);
      else if (count == 3) span4(3, terms, count, carry + group, q + group, step, group, limbs, radix);
      else if (count == 4) span4(4, terms, count, carry + group, q + group, step, group, limbs, radix);
      else span4(0, terms, count, carry + group, q + group, step, group, limbs, radix);
    }
  } else {
    const mask = (1 << radix) - 1;
    for (let lane: usize = 0; lane < step; lane += 4) {
      let at = lane;
      let c = load<i32>(carry + at);
      for (let l = 0; l < limbs; l++) {
        for (let k = 0; k < count; k++) {
          const p = terms + (<usize>k << 3);
          c += load<i32>(load<usize>(p) + at) * load<i32>(p, 4);
        }
        store<i32>(q + at, c & mask);
        c >>= radix;
        at += step;
      }
      store<i32>(carry + lane, c);
    }
  }
}

function spanAny(step: usize, terms: usize, count: i32, carry: usize, q: usize, limbs: i32, radix: i32): void {
  const mask = i32x4.splat((1 << radix) - 1);
  const end = terms + (<usize>count << 3);
  for (let v: usize = 0; v < step; v += VECTOR_BYTES) {
    let c = v128.load(carry + v);
    let at = v;
    for (let l = 0; l < limbs; l++) {
      for (let p = terms; p < end; p += 8) c = i32x4.add(c, i32x4.mul(v128.load(load<usize>(p) + at), v128.load32_splat(p, 4)));
      v128.store(q + at, v128.and(c, mask));
      c = i32x4.shr_s(c, radix);
      at += step;
    }
    v128.store(carry + v, c);
  }
}

// Tiles of 4 vectors, compiled once for each K: K terms with their pointers in registers; K = 0: any number, from the list.
// @ts-ignore: decorator
@inline
function span4(K: i32, terms: usize, count: i32, carry: usize, q: usize, step: usize, group: usize, limbs: i32, radix: i32): void {
  const mask = i32x4.splat((1 << radix) - 1);
  const end = q + <usize>limbs * step;
  let c0 = v128.load(carry), c1 = v128.load(carry, 16), c2 = v128.load(carry, 32), c3 = v128.load(carry, 48);
  let p0: usize = 0, p1: usize = 0, p2: usize = 0, p3: usize = 0;
  let w0 = mask, w1 = mask, w2 = mask, w3 = mask;
  if (K > 0) { p0 = load<usize>(terms) + group; w0 = v128.load32_splat(terms, 4); }
  if (K > 1) { p1 = load<usize>(terms, 8) + group; w1 = v128.load32_splat(terms, 12); }
  if (K > 2) { p2 = load<usize>(terms, 16) + group; w2 = v128.load32_splat(terms, 20); }
  if (K > 3) { p3 = load<usize>(terms, 24) + group; w3 = v128.load32_splat(terms, 28); }
  const last = terms + (<usize>count << 3);
  let at = group;
  while (q < end) {
    if (K > 0) {
      c0 = i32x4.add(c0, i32x4.mul(v128.load(p0), w0));
      c1 = i32x4.add(c1, i32x4.mul(v128.load(p0, 16), w0));
      c2 = i32x4.add(c2, i32x4.mul(v128.load(p0, 32), w0));
      c3 = i32x4.add(c3, i32x4.mul(v128.load(p0, 48), w0));
      p0 += step;
    }
    if (K > 1) {
      c0 = i32x4.add(c0, i32x4.mul(v128.load(p1), w1));
      c1 = i32x4.add(c1, i32x4.mul(v128.load(p1, 16), w1));
      c2 = i32x4.add(c2, i32x4.mul(v128.load(p1, 32), w1));
      c3 = i32x4.add(c3, i32x4.mul(v128.load(p1, 48), w1));
      p1 += step;
    }
    if (K > 2) {
      c0 = i32x4.add(c0, i32x4.mul(v128.load(p2), w2));
      c1 = i32x4.add(c1, i32x4.mul(v128.load(p2, 16), w2));
      c2 = i32x4.add(c2, i32x4.mul(v128.load(p2, 32), w2));
      c3 = i32x4.add(c3, i32x4.mul(v128.load(p2, 48), w2));
      p2 += step;
    }
    if (K > 3) {
      c0 = i32x4.add(c0, i32x4.mul(v128.load(p3), w3));
      c1 = i32x4.add(c1, i32x4.mul(v128.load(p3, 16), w3));
      c2 = i32x4.add(c2, i32x4.mul(v128.load(p3, 32), w3));
      c3 = i32x4.add(c3, i32x4.mul(v128.load(p3, 48), w3));
      p3 += step;
    }
    if (K == 0) {
      for (let p = terms; p < last; p += 8) {
        const s = load<usize>(p) + at;
        const w = v128.load32_splat(p, 4);
        c0 = i32x4.add(c0, i32x4.mul(v128.load(s), w));
        c1 = i32x4.add(c1, i32x4.mul(v128.load(s, 16), w));
        c2 = i32x4.add(c2, i32x4.mul(v128.load(s, 32), w));
        c3 = i32x4.add(c3, i32x4.mul(v128.load(s, 48), w));
      }
      at += step;
    }
    v128.store(q, v128.and(c0, mask));
    v128.store(q, v128.and(c1, mask), 16);
    v128.store(q, v128.and(c2, mask), 32);
    v128.store(q, v128.and(c3, mask), 48);
    c0 = i32x4.shr_s(c0, radix);
    c1 = i32x4.shr_s(c1, radix);
    c2 = i32x4.shr_s(c2, radix);
    c3 = i32x4.shr_s(c3, radix);
    q += step;
  }
  v128.store(carry, c0);
  v128.store(carry, c1, 16);
  v128.store(carry, c2, 32);
  v128.store(carry, c3, 48);
}

/** Whether a carry takes more than one limb. */
function longCarry(step: usize, carry: usize, radix: i32): bool {
  let most = 0;
  for (let at: usize = 0; at < step; at += 4) most = max(most, load<i32>(carry + at));
  return most >> radix > 0;
}

/**
 * Relu: clears the lanes with a negative carry in the limbs from y up to `end`; stores the carry as one more limb where it is
 * not zero.
 */
function finish(step: usize, carry: usize, y: usize, end: usize): i32 {
  if (ASC_FEATURE_SIMD) {
    let all = i32x4.splat(-1);
    let some = i32x4.splat(0);
    let more = i32x4.splat(0);
    for (let v: usize = 0; v < step; v += VECTOR_BYTES) {
      const c = v128.load(carry + v);
      const negative = i32x4.shr_s(c, 31);
      all = v128.and(all, negative);
      some = v128.or(some, negative);
      more = v128.or(more, v128.andnot(c, negative));
    }
    if (i32x4.all_true(all)) return ALL_NEGATIVE;
    if (v128.any_true(some)) {
      for (let v: usize = 0; v < step; v += VECTOR_BYTES) {
        const c = v128.load(carry + v);
        const negative = i32x4.shr_s(c, 31);
        if (v128.any_true(negative)) {
          for (let p = y + v; p < end; p += step) v128.store(p, v128.andnot(v128.load(p), negative));
          v128.store(carry + v, v128.andnot(c, negative));
        }
      }
    }
    if (!v128.any_true(more)) return DONE;
  } else {
    let most = i32.MIN_VALUE;
    for (let at: usize = 0; at < step; at += 4) most = max(most, load<i32>(carry + at));
    if (most < 0) return ALL_NEGATIVE;
    for (let at: usize = 0; at < step; at += 4) {
      if (load<i32>(carry + at) < 0) {
        for (let p = y + at; p < end; p += step) store<i32>(p, 0);
        store<i32>(carry + at, 0);
      }
    }
    if (most == 0) return DONE;
  }
  copyVectors(step, carry, end);
  return CARRIED;
}

function allZero(step: usize, p: usize): bool {
  if (ASC_FEATURE_SIMD) {
    let any = v128.load(p);
    for (let v: usize = VECTOR_BYTES; v < step; v += VECTOR_BYTES) any = v128.or(any, v128.load(p + v));
    return !v128.any_true(any);
  } else {
    let any: u64 = 0;
    for (let at: usize = 0; at < step; at += 8) any |= load<u64>(p + at);
    return any == 0;
  }
}
