/** How many numbers are kept. */
const SIZE = 1024;

/** The last 1,024 numbers of a series, in a ring that is allocated at the first one. */
export class Recent {
  #values: Float64Array | undefined = undefined;
  #next = 0;
  #count = 0;

  add(value: number): void {
    this.#values ??= new Float64Array(SIZE);
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % SIZE;
    this.#count = Math.min(SIZE, this.#count + 1);
  }

  /** The average and the maximum; undefined if there are no numbers. */
  figures(): { readonly average: number; readonly most: number } | undefined {
    const values = this.#values?.subarray(0, this.#count);
    if (!values) return undefined;
    return {
      average: values.reduce((sum, value) => sum + value, 0) / values.length,
      most: Math.max(...values),
    };
  }
}
