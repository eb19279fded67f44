/**
 * The median of more numbers than are kept, none below 0: counted by the upper half of their float32 bits, then, of the middle alone, by the
 * lower half. Bits of such floats are in the order of the floats.
 */
export class Ranked {
  readonly #float: Float32Array = new Float32Array(1);
  readonly #bits: Uint32Array = new Uint32Array(this.#float.buffer);
  readonly #upper: Uint32Array = new Uint32Array(2 ** 16);
  /** The two in the middle, which are one of an odd count. */
  readonly #middle: readonly [Middle, Middle];
  #isNarrowed = false;

  constructor(count: number) {
    this.#middle = [new Middle(Math.ceil(count / 2) - 1), new Middle(Math.floor(count / 2))];
  }

  /** Takes in some of the numbers: all of them once, and, after `narrow`, all of them once more. */
  see(values: Float64Array): void {
    for (const value of values) {
      this.#float[0] = value;
      const bits = this.#bits[0] ?? 0;
      const upper = bits >>> 16;
      if (!this.#isNarrowed) this.#upper[upper] = (this.#upper[upper] ?? 0) + 1;
      else for (const one of this.#middle) one.see(upper, bits & 0xffff);
    }
  }

  /** Whether all numbers must be seen again. */
  narrow(): boolean {
    const isFirst = !this.#isNarrowed;
    if (isFirst) for (const one of this.#middle) one.narrow(this.#upper);
    this.#isNarrowed = true;
    return isFirst;
  }

  /** The mean of the two numbers in the middle. */
  get median(): number {
    const [low, high] = this.#middle.map((one) => {
      this.#bits[0] = one.bits;
      return this.#float[0] ?? 0;
    });
    return ((low ?? 0) + (high ?? 0)) / 2;
  }
}

/** A number of a certain rank, found by halves of its bits. */
class Middle {
  readonly #lower: Uint32Array = new Uint32Array(2 ** 16);
  #rank: number;
  #upper = 0;

  constructor(rank: number) {
    this.#rank = rank;
  }

  narrow(counts: Uint32Array): void {
    [this.#upper, this.#rank] = placeOf(counts, this.#rank);
  }

  see(upper: number, lower: number): void {
    if (upper === this.#upper) this.#lower[lower] = (this.#lower[lower] ?? 0) + 1;
  }

  get bits(): number {
    return this.#upper * 2 ** 16 + placeOf(this.#lower, this.#rank)[0];
  }
}

/** Which count holds a rank, and the rank that is left within it. */
function placeOf(counts: Uint32Array, rank: number): readonly [number, number] {
  let left = rank;
  for (let at = 0; at < counts.length; at++) {
    if (left < (counts[at] ?? 0)) return [at, left];
    left -= counts[at] ?? 0;
  }
  return [counts.length - 1, 0];
}
