/** When a row ends. */
export interface Stop {
  readonly name: string;
  /**
   * Whether the row ends with the token that was made last.
   *
   * @param made Tokens that were made, without the prompt's.
   */
  isEnd(made: readonly number[]): boolean;
}
