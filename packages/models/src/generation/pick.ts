/** How the next token is chosen. */
export interface Pick {
  readonly name: string;
  /**
   * The next token of a row.
   *
   * @param logits After every step, `[dVocab]`.
   * @param random Numbers from 0 up to, not including, 1, the same for the same seed.
   */
  pick(logits: Float32Array, random: () => number): number;
}
