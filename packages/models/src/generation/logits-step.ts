/** One change of a row of logits before a token is picked. */
export interface LogitsStep {
  readonly name: string;
  /**
   * Changes the logits in place; -Infinity rules a token out. At least one token must stay.
   *
   * @param logits Of the next token, `[dVocab]`.
   * @param soFar Tokens of the row, the prompt's included.
   */
  apply(logits: Float32Array, soFar: readonly number[]): void;
}
