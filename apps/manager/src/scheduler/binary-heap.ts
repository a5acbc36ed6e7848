/** A binary min-heap (Williams 1964). */
export class BinaryHeap<T> {
  private readonly items: T[];

  /** Takes the items over and orders them in linear time (Floyd 1964). */
  constructor(
    items: T[],
    private readonly isBefore: (a: T, b: T) => boolean,
  ) {
    this.items = items;
    for (let i = (items.length >> 1) - 1; i >= 0; i--) this.sink(i);
  }

  get top(): T | undefined {
    return this.items[0];
  }

  /** Replaces the top, or removes it when there is no replacement. */
  replaceTop(replacement: T | undefined): void {
    const item = replacement ?? this.items.pop();
    if (item === undefined || this.items.length === 0) return;
    this.items[0] = item;
    this.sink(0);
  }

  private sink(start: number): void {
    const { items } = this;
    const item = items[start] as T;
    let hole = start;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.isBefore(items[child + 1] as T, items[child] as T)) child++;
      if (!this.isBefore(items[child] as T, item)) break;
      items[hole] = items[child] as T;
      hole = child;
    }
    items[hole] = item;
  }
}
