/** What a model that generates keeps from run to run, so that it need compute each token once. */
export interface StepCache extends Disposable {
  /** How many columns are stored, padding counted. */
  readonly length: number;
  /** Whether a run over `pos` more tokens of each row may go on from what is stored. */
  canExtend(pos: number): boolean;
  /** Row `i` becomes what row `rows[i]` was. */
  select(rows: readonly number[]): void;
  /** Forgets everything. */
  clear(): void;
  dispose(): void;
}
