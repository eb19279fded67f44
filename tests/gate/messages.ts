/** What became of one file on one backend. */
export interface FileReport {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What no single test accounts for; each counts as a failure. */
  readonly problems: readonly string[];
  /** What uvu and the tests wrote. */
  readonly output: string;
  readonly durationMs: number;
}

/** What a worker tells the gate. */
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "test"; readonly name: string }
  | { readonly type: "file"; readonly report: FileReport };

/** What the gate tells a worker. */
export type ToWorker = { readonly type: "file"; readonly file: string } | { readonly type: "stop" };
