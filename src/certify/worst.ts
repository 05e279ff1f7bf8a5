/** What is still open in a search, the part with the greatest bound first. */

export interface Open {
  /** Bound in units of the search; undefined where there is none yet, which is worse than any. */
  readonly upper: bigint | undefined;
}

const worse = (x: Open, y: Open): boolean =>
  x.upper === undefined ? y.upper !== undefined : y.upper !== undefined && x.upper > y.upper;

export class WorstFirst<T extends Open> {
  private readonly heap: T[] = [];

  get size(): number {
    return this.heap.length;
  }
  get first(): T | undefined {
    return this.heap[0];
  }

  push(item: T): void {
    const { heap } = this;
    let k = heap.length;
    heap.push(item);
    while (k > 0) {
      const up = (k - 1) >> 1;
      if (!worse(item, heap[up] as T)) break;
      heap[k] = heap[up] as T;
      k = up;
    }
    heap[k] = item;
  }

  pop(): T | undefined {
    const { heap } = this;
    const top = heap[0];
    const item = heap.pop();
    if (top === undefined || item === undefined || heap.length === 0) return top;
    let k = 0;
    for (;;) {
      let child = 2 * k + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && worse(heap[child + 1] as T, heap[child] as T)) child++;
      if (!worse(heap[child] as T, item)) break;
      heap[k] = heap[child] as T;
      k = child;
    }
    heap[k] = item;
    return top;
  }
}
