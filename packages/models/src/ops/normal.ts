const TABLE_SIZE = 1 << 16;

/**
 * Normal random numbers, quickly: drawn with replacement from a table of 65,536 normal values, one per step of a 32-bit
 * generator. Good for initial weights of large models (124 million in under a second), not for statistics.
 */
export class NormalSource {
  readonly #table: Float32Array;
  #state: number;

  constructor(seed: number) {
    // Never 0, which xorshift cannot leave; odd multiplier spreads nearby seeds.
    this.#state = (Math.imul(seed | 0, 0x9e3779b1) ^ 0x6d2b79f5) | 0 || 1;
    this.#table = Float32Array.from({ length: TABLE_SIZE }, () => this.#boxMuller());
  }

  /** Fills `target` with values of mean 0 and the given standard deviation. **Ownership:** *borrows* it. */
  fillArray(target: Float32Array, deviation: number): void {
    const table = this.#table;
    let state = this.#state;
    for (let i = 0; i < target.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      target[i] = (table[state >>> 16] ?? 0) * deviation;
    }
    this.#state = state;
  }

  #uniform(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  }

  #boxMuller(): number {
    return Math.sqrt(-2 * Math.log(this.#uniform())) * Math.cos(2 * Math.PI * this.#uniform());
  }
}
