/**
 * Paired timing: in every round each candidate runs for a few milliseconds, in turning order, under tinybench; a ratio is
 * formed within a round, and the median over the rounds is reported. A busy neighbour slows both sides of a pair.
 */
import { Bench } from 'tinybench';

/** One candidate: `run` does `batch` evaluations once; programs that time themselves say the nanoseconds of one run. */
export interface Candidate {
  readonly name: string;
  readonly run?: () => unknown;
  readonly isAsync?: boolean;
  readonly said?: () => number | Promise<number>;
  /** Whether its results were compared with ours and are equal; undefined where it computes something else. */
  readonly checkedEqual: boolean;
  /** How much more work our candidate does in one run (when a slow peer runs on a part of the batch). */
  readonly share?: number;
}

/** A line of the report; times are for one run over the whole batch. */
export interface Row {
  readonly suite: string;
  readonly case: string;
  readonly batch: number;
  readonly peer: string;
  /** Median over the rounds of peer time / our time: above 1, ours is faster. */
  readonly peerOverOurs: number;
  readonly oursNs: number;
  readonly peerNs: number;
  readonly checkedEqual: boolean;
  /** Other figures of the case. */
  readonly [extra: string]: string | number | boolean;
}

export interface Setting {
  readonly rounds: number;
  /** Milliseconds a candidate takes in one round, where one run is shorter. */
  readonly slice: number;
}

export const QUICK: Setting = { rounds: 5, slice: 5 };
export const FULL: Setting = { rounds: 11, slice: 10 };
/** To see that everything runs and agrees. */
export const SMOKE: Setting = { rounds: 1, slice: 1 };

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
};

/** Times our candidate against each peer. */
export async function compare(
  place: { readonly suite: string; readonly case: string; readonly batch: number },
  ours: Candidate,
  peers: readonly Candidate[],
  setting: Setting,
): Promise<Row[]> {
  const all = [ours, ...peers];
  const timers = [];
  for (const c of all) timers.push(await timer(c, setting));
  const times: number[][] = all.map(() => []);
  for (let round = 0; round < setting.rounds; round++) {
    for (let k = 0; k < all.length; k++) {
      const i = (k + round) % all.length;
      (times[i] as number[]).push(await (timers[i] as () => Promise<number>)());
    }
  }
  const mine = times[0] as number[];
  return peers.map((peer, k) => {
    const theirs = (times[k + 1] as number[]).map((t) => t * (peer.share ?? 1));
    return {
      ...place,
      peer: peer.name,
      peerOverOurs: Number(median(theirs.map((t, r) => t / (mine[r] as number))).toPrecision(4)),
      oursNs: Math.round(median(mine)),
      peerNs: Math.round(median(theirs)),
      checkedEqual: peer.checkedEqual && ours.checkedEqual,
    };
  });
}

/** Nanoseconds of one run, measured once a call. */
async function timer(c: Candidate, setting: Setting): Promise<() => Promise<number>> {
  const { said, run } = c;
  if (said) return async () => said();
  if (!run) throw new Error(`${c.name}: nothing to time`);
  // Warm up until the optimising compiler is through, then see how many runs make a sample long enough to time.
  const started = performance.now();
  let runs = 0;
  while (runs < 2 || (performance.now() - started < setting.rounds * 12 && runs < 1e6)) {
    const r = run();
    if (c.isAsync) await r;
    runs++;
  }
  const each = (performance.now() - started) / runs;
  const repeat = Math.max(1, Math.min(10_000, Math.round(0.2 / each)));
  const body = c.isAsync
    ? async () => {
        for (let k = 0; k < repeat; k++) await run();
      }
    : () => {
        for (let k = 0; k < repeat; k++) run();
      };
  return async () => {
    const bench = new Bench({ time: setting.slice, iterations: 1, warmup: false });
    bench.add(c.name, body);
    await bench.run();
    const result = bench.tasks[0]?.result;
    if (result?.state !== 'completed') throw new Error(`${c.name}: ${JSON.stringify(result)}`);
    return (result.latency.p50 * 1e6) / repeat;
  };
}
