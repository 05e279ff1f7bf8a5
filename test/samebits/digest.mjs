/**
 * One SHA-256 over exact outputs. Plain JavaScript without imports: the same file runs in Node and is served to browsers.
 *
 * An output is a line: mantissa (odd, hexadecimal), exponent, and the two halves of its correctly rounded float64.
 * Lines pass in parts, each hash taking in the one before.
 */

/** @typedef {{ name: string, outputs: number, inputs: number, lo: number, hi: number, bits: number, rows: number }} Spec */

const PART = 500;

/** Rows first .. first + count of a network's inputs: seeded multiples of 2^-bits in [lo, hi). */
export function inputsOf({ inputs, lo, hi, bits }, first, count) {
  const batch = new Float64Array(count * inputs);
  for (let k = 0; k < batch.length; k++) {
    const at = first * inputs + k;
    const unit = mix(at, 1) / 2 ** 32 + mix(at, 2) / 2 ** 64;
    const steps = Math.floor(unit * (hi - lo) * 2 ** Math.min(bits, 52));
    batch[k] = lo + steps / 2 ** Math.min(bits, 52);
  }
  return batch;
}

function mix(at, salt) {
  let t = (Math.imul(at + 1, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b)) | 0;
  t = Math.imul(t ^ (t >>> 16), 0x7feb352d);
  t = Math.imul(t ^ (t >>> 15), 0x846ca68b);
  return (t ^ (t >>> 16)) >>> 0;
}

/**
 * @param {readonly Spec[]} specs
 * @param {(k: number) => Promise<(batch: Float64Array) => Promise<{ exact: (row: number, output: number) => { m: bigint, e: number | bigint }, rounded: (row: number, output: number) => number }>>} evaluator of network k
 * @returns {Promise<{ outputs: number, sha256: string, each: string[] }>} `each`: the chain after every network
 */
export async function digest(specs, evaluator) {
  let chain = new Uint8Array(32);
  let outputs = 0;
  const each = [];
  const float = new Float64Array(1);
  const halves = new Uint32Array(float.buffer);
  const encoder = new TextEncoder();
  for (let k = 0; k < specs.length; k++) {
    const spec = specs[k];
    const evaluate = await evaluator(k);
    for (let first = 0; first < spec.rows; first += PART) {
      const rows = Math.min(PART, spec.rows - first);
      const { exact, rounded } = await evaluate(inputsOf(spec, first, rows));
      const lines = [];
      for (let r = 0; r < rows; r++) {
        for (let o = 0; o < spec.outputs; o++) {
          const { m, e } = exact(r, o);
          float[0] = rounded(r, o);
          lines.push(`${m.toString(16)} ${e} ${halves[1].toString(16)} ${halves[0].toString(16)}\n`);
        }
      }
      const text = encoder.encode(lines.join(''));
      const all = new Uint8Array(32 + text.length);
      all.set(chain);
      all.set(text, 32);
      chain = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
      outputs += rows * spec.outputs;
    }
    each.push(hex(chain));
  }
  return { outputs, sha256: hex(chain), each };
}

function hex(bytes) {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/** The digest by the library's own runtime (`dyadnet/run`): 'simd', 'scalar', or 'pooled' on all threads. */
export async function digestBy(run, mode, specs, fileOf) {
  let threads = 1;
  const done = await digest(specs, async (k) => {
    const bytes = await fileOf(k);
    const { lo, hi } = specs[k];
    const domain = [lo, hi];
    if (mode === 'pooled') {
      const pool = await run.loadPool(bytes, { domain, threads: 2 });
      threads = pool.threads;
      return async (batch) => view(await pool.forwardExact(batch), await pool.forward(batch), specs[k].outputs);
    }
    const engine = await run.load(bytes, { domain, build: mode });
    return async (batch) => view(engine.forwardExact(batch), engine.forward(batch), specs[k].outputs);
  });
  return { mode, threads, ...done };
}

function view(exact, rounded, outputs) {
  return { exact: (r, o) => exact.at(r, o), rounded: (r, o) => rounded[r * outputs + o] };
}
