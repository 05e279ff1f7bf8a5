/**
 * Propagation of boxes through a pair of networks in the core: the same numbers as certify's BigInt propagation, much sooner.
 */
import {
  ANSWER_AT_SCALE_D,
  ANSWER_AT_SCALE_F,
  ANSWER_AT_UNSETTLED,
  ANSWER_AT_VALUES,
  KNOWN_AT_RANGES,
  LIVE_BYTES,
  LIVE_ROW_BYTES,
  NODE_BYTES,
  PAIR_AT_BACK_LIVE,
  PAIR_AT_BACK_P,
  PAIR_AT_BLAME,
  PAIR_AT_DEPTH,
  PAIR_AT_INPUTS,
  PAIR_AT_LAYERS,
  PAIR_AT_LIVE_D,
  PAIR_AT_LIVE_F,
  PAIR_AT_NODES,
  PAIR_AT_NOISES,
  PAIR_AT_REST_D,
  PAIR_AT_REST_F,
  PAIR_AT_SHARES_D,
  PAIR_AT_SHARES_F,
  PAIR_AT_XD,
  PAIR_AT_XE,
  PAIR_AT_XF,
  PAIR_AT_ZD,
  PAIR_AT_ZE,
  PAIR_AT_ZF,
  PAIR_AT_ZREST_D,
  PAIR_AT_ZREST_F,
  PAIR_HEADER_BYTES,
  PAIR_LAYER_AT_BIAS_D,
  PAIR_LAYER_AT_BIAS_F,
  PAIR_LAYER_AT_BIAS_G,
  PAIR_LAYER_AT_COLUMNS,
  PAIR_LAYER_AT_D,
  PAIR_LAYER_AT_F,
  PAIR_LAYER_AT_G,
  PAIR_LAYER_AT_INPUTS,
  PAIR_LAYER_AT_KNOWN_F,
  PAIR_LAYER_AT_KNOWN_G,
  PAIR_LAYER_AT_OUTPUTS,
  PAIR_LAYER_AT_ROWS,
  PAIR_LAYER_BYTES,
  PART_AT_LOOSE,
  PART_AT_SCALE,
  PART_AT_VALUES,
  RANGE_BYTES,
} from '../../assembly/pairLayout.ts';
import { MAX_NOISES, type NetworkPair, type Propagated, type Propagator } from '../net/index.ts';
import type { CoreBuild } from './runtime.ts';
import { tools } from './tools.ts';

export interface PairOptions {
  readonly build?: CoreBuild;
  /** Noises kept apart; by default MAX_NOISES, fewer where units are many. */
  readonly noises?: number;
}

/** Columns of all units together that the core may hold: 28 bytes each. */
const MAX_COLUMNS = 1 << 24;

/** A propagator of this pair in the core. Throws MemoryError where the core's memory does not hold the pair. */
export async function pairPropagator(pair: NetworkPair, options: PairOptions = {}): Promise<Propagator> {
  const running = await tools(options.build);
  const { inputs, outputs, layers } = pair;
  const units = layers.reduce((n, l) => Math.max(n, l.inputs, l.outputs), 0);
  const longest = layers.reduce((n, { rowStart }) => {
    for (let i = 0; i + 1 < rowStart.length; i++)
      n = Math.max(n, (rowStart[i + 1] as number) - (rowStart[i] as number));
    return n;
  }, 0);
  const room = Math.floor(MAX_COLUMNS / units) - inputs - 8;
  const noises = Math.max(0, Math.min(options.noises ?? MAX_NOISES, room));
  const shared = (inputs + 1 + noises + 3) & ~3;
  const own = (noises + 3) & ~3;

  // One block, cut into parts; offsets first, addresses when it has one.
  let bytes = 0;
  const part = (size: number): number => {
    const at = bytes;
    bytes += (size + 15) & ~15;
    return at;
  };
  const header = part(PAIR_HEADER_BYTES);
  const table = part(layers.length * PAIR_LAYER_BYTES);
  const scratch: readonly (readonly [number, number])[] = [
    [PAIR_AT_XF, part(units * shared * 4)],
    [PAIR_AT_XD, part(units * shared * 4)],
    [PAIR_AT_XE, part(units * own * 4)],
    [PAIR_AT_REST_F, part(units * 8)],
    [PAIR_AT_REST_D, part(units * 8)],
    [PAIR_AT_ZF, part(units * shared * 8)],
    [PAIR_AT_ZD, part(units * shared * 8)],
    [PAIR_AT_ZE, part(units * own * 8)],
    [PAIR_AT_ZREST_F, part(units * 8)],
    [PAIR_AT_ZREST_D, part(units * 8)],
    [PAIR_AT_NODES, part(units * NODE_BYTES)],
    [PAIR_AT_SHARES_F, part(noises * inputs * 4)],
    [PAIR_AT_SHARES_D, part(noises * inputs * 4)],
    [PAIR_AT_LIVE_F, part(longest * LIVE_BYTES)],
    [PAIR_AT_LIVE_D, part(longest * LIVE_BYTES)],
    [PAIR_AT_BLAME, part(inputs * 8)],
    [PAIR_AT_BACK_P, part(((units + 3) & ~3) * 8)],
    [PAIR_AT_BACK_LIVE, part(units * LIVE_ROW_BYTES)],
  ];
  const places = layers.map((l) => ({
    rows: part(l.rowStart.byteLength),
    columns: part(l.column.byteLength),
    f: part(l.f.values.byteLength),
    g: part(l.g.values.byteLength),
    d: part(l.d.values.byteLength),
    biasF: part(l.biasF.values.byteLength),
    biasD: part(l.biasD.values.byteLength),
    biasG: part(l.biasG.values.byteLength),
    rangesF: part(l.outputs * RANGE_BYTES),
    rangesG: part(l.outputs * RANGE_BYTES),
  }));
  const box = part(4 + 8 * inputs + 4);
  const answer = part(ANSWER_AT_VALUES + 4 * outputs * (4 + inputs));

  const at = running.take(bytes);
  const word = (offset: number, value: number): void => {
    running.i32[(at + offset) >> 2] = value;
  };
  const copy = (offset: number, source: Int32Array | Uint32Array | BigInt64Array): number => {
    running.u8.set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength), at + offset);
    return at + offset;
  };
  word(header + PAIR_AT_INPUTS, inputs);
  word(header + PAIR_AT_DEPTH, layers.length);
  word(header + PAIR_AT_NOISES, noises);
  word(header + PAIR_AT_LAYERS, at + table);
  for (const [field, offset] of scratch) word(header + field, at + offset);
  layers.forEach((layer, l) => {
    const entry = table + l * PAIR_LAYER_BYTES;
    const place = places[l] as (typeof places)[number];
    word(entry + PAIR_LAYER_AT_INPUTS, layer.inputs);
    word(entry + PAIR_LAYER_AT_OUTPUTS, layer.outputs);
    word(entry + PAIR_LAYER_AT_KNOWN_F + KNOWN_AT_RANGES, at + place.rangesF);
    word(entry + PAIR_LAYER_AT_KNOWN_G + KNOWN_AT_RANGES, at + place.rangesG);
    word(entry + PAIR_LAYER_AT_ROWS, copy(place.rows, layer.rowStart));
    word(entry + PAIR_LAYER_AT_COLUMNS, copy(place.columns, layer.column));
    for (const [field, offset, numbers] of [
      [PAIR_LAYER_AT_F, place.f, layer.f],
      [PAIR_LAYER_AT_G, place.g, layer.g],
      [PAIR_LAYER_AT_D, place.d, layer.d],
      [PAIR_LAYER_AT_BIAS_F, place.biasF, layer.biasF],
      [PAIR_LAYER_AT_BIAS_G, place.biasG, layer.biasG],
      [PAIR_LAYER_AT_BIAS_D, place.biasD, layer.biasD],
    ] as const) {
      word(entry + field + PART_AT_VALUES, copy(offset, numbers.values));
      word(entry + field + PART_AT_SCALE, numbers.scale);
      word(entry + field + PART_AT_LOOSE, numbers.loose);
    }
  });
  const blameAt = at + (scratch.find(([field]) => field === PAIR_AT_BLAME) as readonly [number, number])[1];

  const result = {
    f: { scale: 0, centre: new Float64Array(outputs), radius: new Float64Array(outputs) },
    d: { scale: 0, centre: new Float64Array(outputs), radius: new Float64Array(outputs) },
    slopes: new Float64Array(outputs * inputs),
    blame: new Float64Array(inputs),
    unsettled: 0,
  };
  const propagate = ({ scale, centre, radius }: Parameters<Propagator>[0]): Propagated => {
    const write = running.i32;
    let p = (at + box) >> 2;
    write[p++] = scale;
    for (let i = 0; i < inputs; i++) {
      write[p++] = centre[i] as number;
      write[p++] = radius[i] as number;
    }
    running.calls.propagate(at + header, at + box, at + answer);
    const i32 = running.i32;
    const base = (at + answer) >> 2;
    result.f.scale = i32[base + (ANSWER_AT_SCALE_F >> 2)] as number;
    result.d.scale = i32[base + (ANSWER_AT_SCALE_D >> 2)] as number;
    result.unsettled = i32[base + (ANSWER_AT_UNSETTLED >> 2)] as number;
    let q = base + (ANSWER_AT_VALUES >> 2);
    for (const numbers of [result.f.centre, result.f.radius, result.d.centre, result.d.radius, result.slopes]) {
      for (let i = 0; i < numbers.length; i++) numbers[i] = i32[q++] as number;
    }
    for (let i = 0; i < inputs; i++) {
      const b = (blameAt + 8 * i) >> 2;
      result.blame[i] = (i32[b + 1] as number) * 2 ** 32 + ((i32[b] as number) >>> 0);
    }
    return result;
  };
  return Object.assign(propagate, { free: () => running.give(at, bytes) });
}
