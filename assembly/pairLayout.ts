// What the core and the library agree on about a pair of networks (see deviation.ts): byte offsets and counts only.
// Compiled by AssemblyScript into the core and by TypeScript into the library.

// ---- header: i32 words at byte offsets from the pair's start; addresses are absolute
export const PAIR_AT_INPUTS = 0;
export const PAIR_AT_DEPTH = 4;
/** Most noises of f, and of the difference, that are kept apart. */
export const PAIR_AT_NOISES = 8;
/** Address of the layer table. */
export const PAIR_AT_LAYERS = 12;
/** Units in hand: i32 columns shared by f and the difference, and the difference's own. */
export const PAIR_AT_XF = 16;
export const PAIR_AT_XD = 20;
export const PAIR_AT_XE = 24;
/** i64 a unit: what is in no column. */
export const PAIR_AT_REST_F = 28;
export const PAIR_AT_REST_D = 32;
/** Pre-activations: i64 columns, and what is in none. */
export const PAIR_AT_ZF = 36;
export const PAIR_AT_ZD = 40;
export const PAIR_AT_ZE = 44;
export const PAIR_AT_ZREST_F = 48;
export const PAIR_AT_ZREST_D = 52;
/** What a relu does to a unit, NODE_BYTES each. */
export const PAIR_AT_NODES = 56;
/** Shares of the inputs in each noise: i32, inputs a noise. */
export const PAIR_AT_SHARES_F = 60;
export const PAIR_AT_SHARES_D = 64;
/** Live connections of one row: LIVE_BYTES each, for f's columns and for the difference's. */
export const PAIR_AT_LIVE_F = 68;
export const PAIR_AT_LIVE_D = 72;
/** i64 an input. */
export const PAIR_AT_BLAME = 76;
/** Backward substitution: i64 a unit or input (padded to 4), LIVE_ROW_BYTES a unit. */
export const PAIR_AT_BACK_P = 80;
export const PAIR_AT_BACK_LIVE = 84;
export const PAIR_HEADER_BYTES = 88;

// ---- layer table
export const PAIR_LAYER_AT_INPUTS = 0;
export const PAIR_LAYER_AT_OUTPUTS = 4;
export const PAIR_LAYER_AT_ROWS = 8;
export const PAIR_LAYER_AT_COLUMNS = 12;
/** Matrices of f, g and g - f: values, scale, loose. */
export const PAIR_LAYER_AT_F = 16;
export const PAIR_LAYER_AT_G = 28;
export const PAIR_LAYER_AT_D = 40;
/** Biases of f and of the difference: values (i64), scale, loose. */
export const PAIR_LAYER_AT_BIAS_F = 52;
export const PAIR_LAYER_AT_BIAS_D = 64;
/** Biases of g. */
export const PAIR_LAYER_AT_BIAS_G = 76;
/** What the pre-activations of f, and of g, are known to be. */
export const PAIR_LAYER_AT_KNOWN_F = 88;
export const PAIR_LAYER_AT_KNOWN_G = 108;
export const PAIR_LAYER_BYTES = 128;
/** For units that may be active: address, how many, scale, and (i64) their sum at most. */
export const KNOWN_AT_RANGES = 0;
export const KNOWN_AT_LIVE = 4;
export const KNOWN_AT_SCALE = 8;
export const KNOWN_AT_REACH = 12;
/** i64 ends, unit, and the slope of the line through both ends of relu, 2^20 where z >= 0. */
export const RANGE_AT_LO = 0;
export const RANGE_AT_HI = 8;
export const RANGE_AT_UNIT = 16;
export const RANGE_AT_SLOPE = 20;
export const RANGE_BYTES = 24;
export const PART_AT_VALUES = 0;
export const PART_AT_SCALE = 4;
export const PART_AT_LOOSE = 8;

/** The scale of numbers that are all zero. */
export const PAIR_ZERO_SCALE = 1 << 28;

// ---- nodes: what a relu does to one unit
/** Slope of f's line, 2^20 for active, 0 for inactive. */
export const NODE_AT_SLOPE = 0;
/** Halves of the difference that stay; 3: the line through g's triangle less f's line. */
export const NODE_AT_KEEP = 4;
/** Index of f's new noise and of the difference's, or -1. */
export const NODE_AT_NOISE_F = 8;
export const NODE_AT_NOISE_D = 12;
/** i64: half height of f's line, shift of the difference, half height of the difference. */
export const NODE_AT_HEIGHT_F = 16;
export const NODE_AT_SHIFT_D = 24;
export const NODE_AT_HEIGHT_D = 32;
/** i32: whether anything of f, and of the difference, is left. */
export const NODE_AT_LIVE_F = 40;
export const NODE_AT_LIVE_D = 44;
/** For the line through g's triangle: its slope, and (i64) how the difference moves with f's new noise. */
export const NODE_AT_SLOPE_G = 48;
export const NODE_AT_SHARED = 56;
export const NODE_BYTES = 64;

/** [byte offset of the unit's columns is index * stride] index, weight of f or g, weight of g - f. */
export const LIVE_BYTES = 12;

/** A row in backward substitution: its coefficient, the address of its weights, and where it starts and ends. */
export const LIVE_ROW_AT_COEFFICIENT = 0;
export const LIVE_ROW_AT_VALUES = 4;
export const LIVE_ROW_AT_START = 8;
export const LIVE_ROW_AT_END = 12;
export const LIVE_ROW_BYTES = 16;

// ---- answer: header, then i32 centre and radius of f, of the difference (outputs each), slopes (outputs x inputs)
export const ANSWER_AT_SCALE_F = 0;
export const ANSWER_AT_SCALE_D = 4;
export const ANSWER_AT_UNSETTLED = 8;
export const ANSWER_AT_VALUES = 16;
