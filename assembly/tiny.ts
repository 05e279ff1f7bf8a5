// All networks with one input, width 2, depth 1..3 and weights of few levels, one after the other: for every target the least
// sup error, exactly. Network and targets are piecewise linear, so the sup is the largest error at the targets' knots k/n and the
// network's own kinks, rationals p/q with small q. Errors are whole numbers over `common` 2^(depth scale + heightScale), where
// `common` is a multiple of every q.
//
// Weights, in the order of the odometer (the last turns fastest), are a c of both units of the first layer, b b d of both of
// the second (depth 3), then the output's. Networks that differ by the order of a layer's units are looked at once.

const MAX_WEIGHTS = 13;
// Scratch: digits (i32), weights from byte 128 (i64), points from byte 256 as p, q, value (i64); n + 9 points at most.

// @ts-ignore: decorator
@inline
function w(at: usize, i: i32): i64 {
  return load<i64>(at + 128 + (<usize>i << 3));
}

// @ts-ignore: decorator
@inline
function relu(v: i64): i64 {
  return v > 0 ? v : 0;
}

/** The output at p/q, over q 2^(depth scale). */
function valueAt(at: usize, depth: i32, scale: i32, p: i64, q: i64): i64 {
  if (depth == 1) return w(at, 0) * p + w(at, 1) * q;
  const h1 = relu(w(at, 0) * p + w(at, 1) * q);
  const h2 = relu(w(at, 2) * p + w(at, 3) * q);
  if (depth == 2) return w(at, 4) * h1 + w(at, 5) * h2 + ((w(at, 6) * q) << scale);
  const g1 = relu(w(at, 4) * h1 + w(at, 5) * h2 + ((w(at, 6) * q) << scale));
  const g2 = relu(w(at, 7) * h1 + w(at, 8) * h2 + ((w(at, 9) * q) << scale));
  return w(at, 10) * g1 + w(at, 11) * g2 + ((w(at, 12) * q) << (2 * scale));
}

// @ts-ignore: decorator
@inline
function put(at: usize, points: i32, p: i64, q: i64): i32 {
  if (q < 0) {
    p = -p;
    q = -q;
  }
  // Kinks strictly inside (0, 1); the ends are knots of every target.
  if (q == 0 || p <= 0 || p >= q) return points;
  const to = at + 256 + <usize>points * 24;
  store<i64>(to, p);
  store<i64>(to + 8, q);
  return points + 1;
}

/** Kinks of all units; those of the second layer for every pair of states of the first, a superset of the real ones. */
function kinks(at: usize, depth: i32, scale: i32, points: i32): i32 {
  if (depth == 1) return points;
  points = put(at, points, -w(at, 1), w(at, 0));
  points = put(at, points, -w(at, 3), w(at, 2));
  if (depth == 2) return points;
  for (let unit = 0; unit < 2; unit++) {
    const b = 4 + 3 * unit;
    for (let state = 1; state < 4; state++) {
      const b1 = (state & 1) != 0 ? w(at, b) : 0;
      const b2 = (state & 2) != 0 ? w(at, b + 1) : 0;
      const slope = b1 * w(at, 0) + b2 * w(at, 2);
      const rest = b1 * w(at, 1) + b2 * w(at, 3) + (w(at, b + 2) << scale);
      points = put(at, points, -rest, slope);
    }
  }
  return points;
}

/** Whether the same network comes later with two units exchanged. */
function isCopy(at: usize, depth: i32): bool {
  if (depth == 1) return false;
  if (w(at, 0) > w(at, 2) || (w(at, 0) == w(at, 2) && w(at, 1) > w(at, 3))) return true;
  if (depth == 2) return false;
  if (w(at, 4) != w(at, 7)) return w(at, 4) > w(at, 7);
  if (w(at, 5) != w(at, 8)) return w(at, 5) > w(at, 8);
  return w(at, 6) > w(at, 9);
}

/**
 * Networks first .. first + count of the odometer. heights: targets x (n + 1) i32. best, which: one i64 a target, improved in
 * place. common: as above.
 */
export function searchRange(
  depth: i32,
  first: i64,
  count: i32,
  levels: usize,
  levelCount: i32,
  scale: i32,
  heights: usize,
  targets: i32,
  n: i32,
  heightScale: i32,
  common: i64,
  best: usize,
  which: usize,
  at: usize,
): void {
  const weights = depth == 1 ? 2 : depth == 2 ? 7 : MAX_WEIGHTS;
  let rest = first;
  for (let i = weights - 1; i >= 0; i--) {
    const digit = <i32>(rest % levelCount);
    rest /= levelCount;
    store<i32>(at + (<usize>i << 2), digit);
    store<i64>(at + 128 + (<usize>i << 3), load<i32>(levels + (<usize>digit << 2)));
  }
  const netShift = depth * scale;
  for (let k = 0; k <= n; k++) {
    const to = at + 256 + <usize>k * 24;
    store<i64>(to, k);
    store<i64>(to + 8, n);
  }
  for (let c = 0; c < count; c++) {
    if (!isCopy(at, depth)) {
      const points = kinks(at, depth, scale, n + 1);
      for (let i = 0; i < points; i++) {
        const to = at + 256 + <usize>i * 24;
        store<i64>(to + 16, valueAt(at, depth, scale, load<i64>(to), load<i64>(to + 8)) << heightScale);
      }
      for (let t = 0; t < targets; t++) {
        const height = heights + ((<usize>t * (n + 1)) << 2);
        const least = load<i64>(best + (<usize>t << 3));
        let most: i64 = 0;
        for (let i = 0; i < points; i++) {
          const to = at + 256 + <usize>i * 24;
          const p = load<i64>(to);
          const q = load<i64>(to + 8);
          let f: i64;
          if (i <= n) f = <i64>load<i32>(height + (<usize>i << 2)) * n;
          else {
            const k = (p * n) / q;
            const r = p * n - k * q;
            const left = height + (<usize>k << 2);
            f = <i64>load<i32>(left) * (q - r) + <i64>load<i32>(left + 4) * r;
          }
          let error = load<i64>(to + 16) - (f << netShift);
          if (error < 0) error = -error;
          error *= common / q;
          if (error > most) {
            most = error;
            if (most >= least) break;
          }
        }
        if (most < least) {
          store<i64>(best + (<usize>t << 3), most);
          store<i64>(which + (<usize>t << 3), first + c);
        }
      }
    }
    for (let i = weights - 1; i >= 0; i--) {
      let digit = load<i32>(at + (<usize>i << 2)) + 1;
      const wraps = digit == levelCount;
      if (wraps) digit = 0;
      store<i32>(at + (<usize>i << 2), digit);
      store<i64>(at + 128 + (<usize>i << 3), load<i32>(levels + (<usize>digit << 2)));
      if (!wraps) break;
    }
  }
}
