/** What is still open in a search, the worst part first: a binary heap. */
export class WorstFirst<T> {
  private readonly heap: T[] = [];

  constructor(
    /** Whether x comes before y. */
    private readonly worse: (x: T, y: T) => boolean,
  ) {}

  get size(): number {
    return this.heap.length;
  }
  get first(): T | undefined {
    return this.heap[0];
  }
  /** Every part, in no order. */
  get all(): readonly T[] {
    return this.heap;
  }

  push(item: T): void {
    const { heap, worse } = this;
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
    const { heap, worse } = this;
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
