import type { Tensor } from "@tensorflow/tfjs-core";
import type { Progress, Work } from "../runs/work.ts";
import type { EdgeRuns } from "./edge-runs.ts";

/** What scorers are told. */
export interface ScorerOptions {
  /** Points of integrated gradients. Default 5. */
  readonly steps?: number;
  /**
   * Which points they are, of `m` steps from corrupt to clean: `"paper"` takes `k / m` for k = 1 to m (Hanna et al. 2024), `"code"`
   * k = 0 to m - 1, as the authors' code for edges does. Default `"paper"`.
   */
  readonly convention?: "paper" | "code";
  /** How many bytes exact patching may take, weights not counted. Default 512 MiB. */
  readonly memory?: number;
}

/** How many passes a scorer takes, those of the two prompts counted. */
export interface Passes {
  readonly forward: number;
  readonly backward: number;
}

/** A way to score what a circuit is made of: one small file each, listed in `SCORERS`. */
export interface Scorer {
  readonly name: string;
  /** What it scores: edges `[source, destination]`, or nodes `[source]`. */
  readonly of: "edges" | "nodes";
  readonly passes: (edges: number, options: ScorerOptions) => Passes;
  /** **Ownership:** *borrows* the runs; *returns owned*. */
  readonly score: (runs: EdgeRuns, options: ScorerOptions, progress: Progress) => Work<Tensor>;
}

/** The points of integrated gradients. */
export function integrationPoints({
  steps = 5,
  convention = "paper",
}: ScorerOptions): { readonly share: number }[] {
  const first = convention === "paper" ? 1 : 0;
  return Array.from({ length: steps }, (_, k) => ({ share: (k + first) / steps }));
}
