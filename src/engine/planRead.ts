/** Reading a plan back without believing it: everything the core relies on is checked before the core sees it. */
import {
  BIAS_BYTES,
  DENSE_TILES,
  KERNEL_DENSE,
  KERNEL_INT32,
  KERNEL_LIMB32,
  KERNEL_WINDOW,
  LAYER_AT_BIAS,
  LAYER_AT_BIAS_COUNT,
  LAYER_AT_BIAS_LIMBS,
  LAYER_AT_BIAS_START,
  LAYER_AT_BLOCKS,
  LAYER_AT_DIGITS,
  LAYER_AT_GROWTH,
  LAYER_AT_HINTS,
  LAYER_AT_INPUTS,
  LAYER_AT_KERNEL,
  LAYER_AT_LIMBS_IN,
  LAYER_AT_LIMBS_OUT,
  LAYER_AT_LIMBS_SUM,
  LAYER_AT_OUTPUTS,
  LAYER_AT_PAIRS,
  LAYER_AT_ROWS,
  LAYER_AT_ROWS_BYTES,
  LAYER_AT_STORAGE,
  LAYER_BYTES,
  PLAN_AT_BASE,
  PLAN_AT_BUFFER_BYTES,
  PLAN_AT_BYTES,
  PLAN_AT_CHECK,
  PLAN_AT_HINT_BYTES,
  PLAN_AT_INPUT_LIMBS,
  PLAN_AT_INPUT_SCALE,
  PLAN_AT_INPUTS,
  PLAN_AT_KIND,
  PLAN_AT_LAYERS,
  PLAN_AT_LIST_BYTES,
  PLAN_AT_MAGIC,
  PLAN_AT_NOTE,
  PLAN_AT_NOTE_BYTES,
  PLAN_AT_OUTPUT_LIMBS,
  PLAN_AT_OUTPUT_WORDS,
  PLAN_AT_OUTPUTS,
  PLAN_AT_PANEL_BYTES,
  PLAN_AT_RADIX,
  PLAN_AT_TABLE_BYTES,
  PLAN_AT_TILE_VECTORS,
  PLAN_AT_VERSION,
  PLAN_DENSE,
  PLAN_HEADER_BYTES,
  PLAN_MAGIC,
  PLAN_MIXED,
  PLAN_SPARSE,
  PLAN_VERSION,
  ROW_HEADER_BYTES,
  STORAGE_BITS,
  STORAGE_INT8,
  STORAGE_INT16,
  TERM_BYTES,
  UNIT_ENTRY_BYTES,
  WIDE_TERM_BYTES,
} from '../../assembly/layout.ts';
import { Interval, refuse, wholeNumber } from '../exact/index.ts';
import { LIMITS } from '../net/index.ts';
import { Plan } from './plan.ts';
import { blockBytes, checksum, MAX_PLAN_BYTES } from './planSize.ts';

/** The plan that these bytes are. Throws InputError where they are damaged, or no plan. */
export function readPlan(buffer: ArrayBuffer): Plan {
  return new Plan(buffer, check(buffer));
}

/** The domain of a plan, once every field is what the core may rely on. */
function check(buffer: ArrayBuffer): readonly Interval[] {
  const bytes = buffer.byteLength;
  if (bytes < PLAN_HEADER_BYTES || bytes % 4 !== 0 || bytes > MAX_PLAN_BYTES) {
    refuse('plan', `${PLAN_HEADER_BYTES} to ${MAX_PLAN_BYTES} bytes, a multiple of 4`, bytes);
  }
  const words = new Int32Array(buffer);
  const word = (at: number): number => words[at >> 2] as number;
  const within = (what: string, at: number, lo: number, hi: number): number => {
    return wholeNumber(`plan ${what}`, word(at), lo, hi);
  };
  if (word(PLAN_AT_MAGIC) !== PLAN_MAGIC) refuse('plan', 'a plan', 'other bytes');
  if (word(PLAN_AT_VERSION) !== PLAN_VERSION) refuse('plan', `version ${PLAN_VERSION}`, word(PLAN_AT_VERSION));
  if (word(PLAN_AT_BYTES) !== bytes) refuse('plan', `${word(PLAN_AT_BYTES)} bytes`, bytes);
  if (word(PLAN_AT_CHECK) !== checksum(words)) refuse('plan', 'an undamaged plan', 'a wrong checksum');
  const inputs = within('inputs', PLAN_AT_INPUTS, 1, LIMITS.width);
  const outputs = within('outputs', PLAN_AT_OUTPUTS, 1, LIMITS.width);
  const layers = within('layers', PLAN_AT_LAYERS, 1, Math.floor((bytes - PLAN_HEADER_BYTES) / LAYER_BYTES));
  const radix = within('radix', PLAN_AT_RADIX, 1, 28);
  const base = within('base', PLAN_AT_BASE, 1, 15);
  const kind = within('kind', PLAN_AT_KIND, PLAN_SPARSE, PLAN_MIXED);
  within('input scale', PLAN_AT_INPUT_SCALE, 0, LIMITS.scale);
  within('input limbs', PLAN_AT_INPUT_LIMBS, 1, LIMITS.scale);
  const vectors = within(
    'tile',
    PLAN_AT_TILE_VECTORS,
    kind === PLAN_SPARSE ? 1 : 2,
    kind === PLAN_DENSE ? 2 * DENSE_TILES : 16,
  );
  if (![1, 2, 4, 8, 2 * DENSE_TILES].includes(vectors)) refuse('plan tile', '1, 2, 4, 8 or 16 vectors', vectors);
  const panel = within('panel', PLAN_AT_PANEL_BYTES, 0, MAX_PLAN_BYTES);
  within('unit table', PLAN_AT_TABLE_BYTES, 0, MAX_PLAN_BYTES);
  within('list', PLAN_AT_LIST_BYTES, 0, MAX_PLAN_BYTES);
  const hints = within('hints', PLAN_AT_HINT_BYTES, 0, MAX_PLAN_BYTES);
  let units = inputs;
  let limbs = 0;
  for (let l = 0; l < layers; l++) {
    const at = PLAN_HEADER_BYTES + l * LAYER_BYTES;
    const name = `layer ${l + 1}`;
    const kernel = within(`${name} kernel`, at + LAYER_AT_KERNEL, KERNEL_INT32, KERNEL_WINDOW);
    if (kind !== PLAN_MIXED && (kernel === KERNEL_DENSE) !== (kind === PLAN_DENSE))
      refuse(`plan ${name}`, 'a kernel of the plan', kernel);
    if (word(at + LAYER_AT_INPUTS) !== units) refuse(`plan ${name}`, `${units} inputs`, word(at + LAYER_AT_INPUTS));
    const limbsIn = within(`${name} limbs in`, at + LAYER_AT_LIMBS_IN, 1, LIMITS.scale);
    if (l === 0 && limbsIn !== word(PLAN_AT_INPUT_LIMBS)) refuse(`plan ${name} limbs in`, 'the input limbs', limbsIn);
    const sums = within(`${name} limbs of sums`, at + LAYER_AT_LIMBS_SUM, 1, LIMITS.scale);
    limbs = within(`${name} limbs out`, at + LAYER_AT_LIMBS_OUT, 1, sums);
    if (kernel === KERNEL_INT32 && (limbsIn !== 1 || sums !== 1)) refuse(`plan ${name}`, 'one limb', sums);
    within(`${name} growth`, at + LAYER_AT_GROWTH, 0, LIMITS.scale);
    within(`${name} bias limbs`, at + LAYER_AT_BIAS_LIMBS, 0, LIMITS.scale);
    const rows = within(`${name} outputs`, at + LAYER_AT_OUTPUTS, 1, LIMITS.width);
    const start = within(`${name} rows`, at + LAYER_AT_ROWS, PLAN_HEADER_BYTES, bytes);
    const length = within(`${name} row bytes`, at + LAYER_AT_ROWS_BYTES, 0, bytes - start);
    if (start % 4 !== 0) refuse(`plan ${name}`, 'rows on whole words', start);
    if (kernel === KERNEL_DENSE) {
      const digits = within(`${name} digits`, at + LAYER_AT_DIGITS, 1, LIMITS.mantissaBits);
      const storage = within(`${name} storage`, at + LAYER_AT_STORAGE, STORAGE_INT16, STORAGE_INT8);
      const pairs = within(`${name} pairs`, at + LAYER_AT_PAIRS, 2 * Math.ceil(units / 4), 2 * Math.ceil(units / 4));
      const blocks = within(`${name} blocks`, at + LAYER_AT_BLOCKS, Math.ceil(rows / 4), Math.ceil(rows / 4));
      const groups = Math.ceil(blocks / 4);
      const size = groups * digits * pairs * (storage === STORAGE_INT8 ? 32 : 64);
      if (length !== size) refuse(`plan ${name}`, `${size} bytes of weights`, length);
      if (16 * digits * pairs > panel) refuse('plan panel', `${16 * digits * pairs} bytes`, panel);
      within(`${name} bias start`, at + LAYER_AT_BIAS_START, 0, LIMITS.scale);
      const count = within(`${name} bias digits`, at + LAYER_AT_BIAS_COUNT, 0, LIMITS.scale);
      within(`${name} biases`, at + LAYER_AT_BIAS, PLAN_HEADER_BYTES, bytes - 64 * count * groups);
    } else {
      if (length % 4 !== 0) refuse(`plan ${name}`, 'whole words of rows', length);
      const program = words.subarray(start >> 2, (start + length) >> 2);
      const storage = within(`${name} storage`, at + LAYER_AT_STORAGE, STORAGE_INT16, STORAGE_BITS);
      if (storage === STORAGE_INT8 || (storage === STORAGE_BITS && kernel !== KERNEL_LIMB32))
        refuse(`plan ${name}`, 'a storage of its kernel', storage);
      const terms =
        storage === STORAGE_BITS
          ? checkPlanes(`plan ${name}`, program, rows, units)
          : checkRows(`plan ${name}`, program, rows, kernel, units);

      if (kernel === KERNEL_WINDOW || kernel === KERNEL_LIMB32) {
        within('unit table', PLAN_AT_TABLE_BYTES, UNIT_ENTRY_BYTES * Math.max(units, rows), MAX_PLAN_BYTES);
        within('list', PLAN_AT_LIST_BYTES, 24 * terms + 512, MAX_PLAN_BYTES);
        within(`${name} hints`, at + LAYER_AT_HINTS, 0, kernel === KERNEL_WINDOW ? hints - rows : hints);
      }
    }
    units = rows;
  }
  if (units !== outputs) refuse('plan', `${outputs} outputs`, units);
  if (limbs !== word(PLAN_AT_OUTPUT_LIMBS)) refuse('plan output limbs', `${limbs}`, word(PLAN_AT_OUTPUT_LIMBS));
  const bits = Math.max(31, limbs * Math.max(radix, base));
  within('output words', PLAN_AT_OUTPUT_WORDS, 1, Math.ceil((bits + 1) / 32));
  const room = blockBytes(words, vectors);
  within('buffer', PLAN_AT_BUFFER_BYTES, room, Math.max(room, MAX_PLAN_BYTES));
  const note = within('note', PLAN_AT_NOTE, PLAN_HEADER_BYTES, bytes);
  const noteBytes = within('note bytes', PLAN_AT_NOTE_BYTES, 0, bytes - note);
  return readNote(new Uint8Array(buffer, note, noteBytes), inputs);
}

/** Returns the most terms of a row. */
function checkRows(where: string, words: Int32Array, rows: number, kernel: number, units: number): number {
  const size = (kernel === KERNEL_INT32 || kernel === KERNEL_LIMB32 ? TERM_BYTES : WIDE_TERM_BYTES) >> 2;
  let at = 0;
  let most = 0;
  for (let i = 0; i < rows; i++) {
    const terms = words[at] as number;
    const digits = words[at + 1] as number;
    const first = at + (ROW_HEADER_BYTES >> 2);
    const start = first + (BIAS_BYTES >> 2) * digits;
    const end = start + size * terms;
    if (!(terms >= 0 && digits >= 0 && end <= words.length))
      refuse(where, 'whole row programs', `a cut at row ${i + 1}`);
    checkDigits(where, words, first, start);
    for (let k = start, before = 0; k < end; k += size) {
      if ((words[k] as number) >>> 0 >= units) refuse(where, `units below ${units}`, words[k]);
      if (size === 2) continue;
      if ((words[k + 1] as number) < before) refuse(where, 'rising limb offsets', words[k + 1]);
      before = words[k + 1] as number;
    }
    most = Math.max(most, terms);
    at = end;
  }
  if (at !== words.length) refuse(where, `${at} words of row programs`, words.length);
  return most;
}

/** As {@link checkRows} for bit planes. */
function checkPlanes(where: string, words: Int32Array, rows: number, units: number): number {
  const each = Math.ceil(units / 32);
  const beyond = units % 32 === 0 ? 0 : -1 << (units % 32);
  let at = 0;
  let most = 0;
  for (let i = 0; i < rows; i++) {
    const [planes, digits] = [words[at] as number, words[at + 1] as number];
    if (!(planes >= 0 && planes <= 2)) refuse(where, 'at most two planes', planes);
    const start = at + (ROW_HEADER_BYTES + BIAS_BYTES * digits) / 4;
    const end = start + planes * each;
    if (!(digits >= 0 && end <= words.length)) refuse(where, 'whole row programs', `a cut at row ${i + 1}`);
    checkDigits(where, words, at + (ROW_HEADER_BYTES >> 2), start);
    let terms = 0;
    for (let k = start; k < end; k++) {
      const last = (k - start) % each === each - 1;
      if (last && ((words[k] as number) & beyond) !== 0) refuse(where, `units below ${units}`, words[k]);
      for (let w = words[k] as number; w !== 0; w &= w - 1) terms++;
    }
    most = Math.max(most, terms);
    at = end;
  }
  if (at !== words.length) refuse(where, `${at} words of row programs`, words.length);
  return most;
}

function checkDigits(where: string, words: Int32Array, first: number, end: number): void {
  for (let k = first, before = -1; k < end; k += BIAS_BYTES >> 2) {
    if ((words[k] as number) <= before) refuse(where, 'bias digits in increasing order', words[k]);
    before = words[k] as number;
  }
}

function readNote(bytes: Uint8Array, inputs: number): readonly Interval[] {
  let note: { domain?: unknown };
  try {
    note = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    refuse('plan note', 'JSON', 'other text');
  }
  const pairs = note?.domain;
  if (!Array.isArray(pairs) || (pairs.length !== 1 && pairs.length !== inputs)) {
    refuse('plan domain', `${inputs} pairs`, pairs);
  }
  const each = pairs.map((p: unknown) => {
    if (!Array.isArray(p) || typeof p[0] !== 'string' || typeof p[1] !== 'string') refuse('plan domain', 'a pair', p);
    return Interval.of(p[0], p[1]);
  });
  return each.length === inputs ? each : new Array<Interval>(inputs).fill(each[0] as Interval);
}
