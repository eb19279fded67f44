/** What a process needs to compute items, as plain data: where the harvest, its recipe and its data set are. */
export interface RunnerSettings {
  /** SHA-256 of the plan: a child opens the store's, and must find the same. */
  readonly id: string;
  /** What `openStore` opens. */
  readonly store: string;
  readonly recipe: string;
  readonly data: string;
  /** Refuse to compute on another backend than the first that began. */
  readonly oneBackend: boolean;
}

/** How an item ended. */
export interface ItemOutcome {
  readonly item: number;
  /** Whether this run committed it; else somebody had, before or meanwhile. */
  readonly isOurs: boolean;
  /** Of its shard. */
  readonly bytes: number;
}
