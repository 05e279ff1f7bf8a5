// Sizes and offsets that both sides of the border share: this file is compiled by AssemblyScript into the core and
// by TypeScript into the library, so no number of the plan exists twice. Bare constants only; all are bytes or counts.

/** "DYPL", read as a little-endian word. */
export const PLAN_MAGIC = 0x4c505944;
/** Rises with every change of what follows. */
export const PLAN_VERSION = 2;

// ---- plan: header, layer table, row programs, note. Every word is an i32 at a byte offset from the plan's start.
export const PLAN_HEADER_BYTES = 96;
export const PLAN_AT_MAGIC = 0;
export const PLAN_AT_VERSION = 4;
/** Length of the whole plan. */
export const PLAN_AT_BYTES = 8;
/** FNV-1a over every byte after this word. */
export const PLAN_AT_CHECK = 12;
export const PLAN_AT_INPUTS = 16;
export const PLAN_AT_OUTPUTS = 20;
export const PLAN_AT_LAYERS = 24;
/** Limbs are digits to the base 2^radix. */
export const PLAN_AT_RADIX = 28;
/** Inputs are whole numbers times 2^-inputScale, outputs times 2^-outputScale. */
export const PLAN_AT_INPUT_SCALE = 32;
export const PLAN_AT_OUTPUT_SCALE = 36;
export const PLAN_AT_INPUT_LIMBS = 40;
export const PLAN_AT_OUTPUT_LIMBS = 44;
/** 32-bit words of one output mantissa in two's complement. */
export const PLAN_AT_OUTPUT_WORDS = 48;
/** Most vectors (of 4 inputs) that a tile takes. */
export const PLAN_AT_TILE_VECTORS = 52;
/** Bytes of each of the two activation buffers for the largest tile. */
export const PLAN_AT_BUFFER_BYTES = 56;
/** Offset and length of the note: UTF-8 JSON for the reader, never seen by the core. */
export const PLAN_AT_NOTE = 60;
export const PLAN_AT_NOTE_BYTES = 64;
/** Limbs of dense layers are digits to the base 2^base. */
export const PLAN_AT_BASE = 68;
/** Kinds of layers: PLAN_SPARSE, PLAN_DENSE or PLAN_MIXED. */
export const PLAN_AT_KIND = 72;
/** Bytes beside the two buffers for the weights of one block, by themselves and of 16 bits. */
export const PLAN_AT_PANEL_BYTES = 76;
/** Room for windows: one unit table, the list of a row's terms, one byte a row. */
export const PLAN_AT_TABLE_BYTES = 80;
export const PLAN_AT_LIST_BYTES = 84;
export const PLAN_AT_HINT_BYTES = 88;
export const PLAN_SPARSE = 0;
export const PLAN_DENSE = 1;
export const PLAN_MIXED = 2;
/** Tiles of 8 inputs that a plan of dense layers takes at once. */
export const DENSE_TILES = 8;
export const TILE = 8;
/** Up to so many inputs a plan of dense layers takes one by one. */
export const ONE_BY_ONE = 5;

// ---- one entry of the layer table
export const LAYER_BYTES = 84;
export const LAYER_AT_KERNEL = 0;
export const LAYER_AT_INPUTS = 4;
export const LAYER_AT_OUTPUTS = 8;
/** Most limbs of an activation that comes in, of a partial sum, and of a result. */
export const LAYER_AT_LIMBS_IN = 12;
export const LAYER_AT_LIMBS_SUM = 16;
export const LAYER_AT_LIMBS_OUT = 48;
/** Offset and length of the row program. */
export const LAYER_AT_ROWS = 20;
export const LAYER_AT_ROWS_BYTES = 24;
/** Limbs that hold every bias. */
export const LAYER_AT_BIAS_LIMBS = 28;
/** Inputs below 2^(radix k) and biases below it give results below 2^(radix (k + growth)). */
export const LAYER_AT_GROWTH = 32;
/** Binary digits of the largest magnitude any partial sum can reach (proved). */
export const LAYER_AT_BOUND_BITS = 36;
/** Fractional bits of the layer's results. */
export const LAYER_AT_SCALE = 40;
/** Binary digits of the largest weight. */
export const LAYER_AT_WEIGHT_BITS = 44;

// Dense layers only:
/** Offset of the bias digits: [block][digit][4 rows], whole groups. */
export const LAYER_AT_BIAS = 52;
/** First limb that a bias digit belongs to, and how many there are. */
export const LAYER_AT_BIAS_START = 56;
export const LAYER_AT_BIAS_COUNT = 60;
/** Pairs of inputs and blocks of 4 rows. */
export const LAYER_AT_PAIRS = 64;
export const LAYER_AT_BLOCKS = 68;
/** Digits of a weight. */
export const LAYER_AT_DIGITS = 72;
export const LAYER_AT_STORAGE = 76;
/** Weights [group of 16 rows][digit][pair][16 rows x (k, k+1)] of 16 or 8 bits. */
export const STORAGE_INT16 = 0;
export const STORAGE_INT8 = 1;
/** KERNEL_LIMB32 only: weights of 1 and -1 as bit planes. */
export const STORAGE_BITS = 2;
/** Windowed layers only: where the layer's hints begin. */
export const LAYER_AT_HINTS = 80;

// ---- kernels
/** One limb in, one limb out, sums in 32-bit lanes. */
export const KERNEL_INT32 = 0;
/** Limbs in 32-bit lanes, sums in 32-bit lanes. */
export const KERNEL_LIMB32 = 1;
/** Limbs in 32-bit lanes, sums in 64-bit lanes, weights of any length. */
export const KERNEL_LIMB64 = 2;
/** Products of 16-bit limbs in pairs, for layers with few zeros. */
export const KERNEL_DENSE = 3;
/** Limbs in windows, sums in 32-bit lanes: for long numbers. */
export const KERNEL_WINDOW = 4;

// ---- row programs: per row [terms, biasDigits], biasDigits x [limb, digit], then terms
export const ROW_HEADER_BYTES = 8;
export const BIAS_BYTES = 8;
// (STORAGE_BITS: [planes, biasDigits], bias digits, then one bit an input for the weights 1 and, with two planes, another for -1)
/** [unit, weight] for KERNEL_INT32 and KERNEL_LIMB32. */
export const TERM_BYTES = 8;
/** [unit, limb offset, digit] for the others; a long weight is several terms. */
export const WIDE_TERM_BYTES = 12;

// ---- activations: unit i, limb l, vector v at i * stride + (l * vectors + v) * VECTOR_BYTES
export const VECTOR_BYTES = 16;
export const LANES = 4;
/** Added to every unit's stride, so that units do not fall on the same cache lines. */
export const UNIT_PAD_BYTES = 64;

// ---- what scan() reports
export const SCAN_BYTES = 16;
/** Index of the first value refused. */
export const SCAN_AT_INDEX = 0;
/** Smallest s with every value a multiple of 2^-s. */
export const SCAN_AT_FRACTION = 4;
/** Smallest k with every |value| < 2^k. */
export const SCAN_AT_TOP = 8;
export const SCAN_FINE = 0;
export const SCAN_NOT_FINITE = 1;
export const SCAN_OUTSIDE = 2;

// ---- the forms of inputs and outputs that forward() reads and writes
export const FORM_FLOAT64 = 0;
/** Two's complement, 32-bit words, the lowest first. */
export const FORM_WORDS = 1;

// ---- windows (window.ts)
/** [address of limb 0, lo, hi, -]. */
export const UNIT_ENTRY_BYTES = 16;
/** [address of limb 0, weight, lo, hi]. */
export const LIST_ENTRY_BYTES = 16;
