import type { ReadPositions } from "@hookdict/core";
import { keptClone, leaveToScope } from "@hookdict/tensordict/tensors";
import { mapTensors } from "@hookdict/tensordict";
import { concat, keep, slice, type Tensor } from "@tensorflow/tfjs-core";
import { siteNeverFired } from "../errors.ts";
import type { Score } from "../target.ts";
import { columnOf, outputAt, readPositions } from "./read-positions.ts";
import type { ByPlace } from "./pass.ts";

/** A score that is made in a run, of some of its rows. */
export interface WantedScore {
  readonly score: Score;
  /** Its rows in the run. */
  readonly from: number;
  readonly count: number;
  /** Whether the run has no other rows. */
  readonly isWhole: boolean;
  /** Which rows of the pass these are. */
  readonly rows: readonly number[];
}

/** What a context's hooks look at while a piece of a pass runs: what to keep and what to put in place. */
export class Listening {
  /** Whether the pass is the method's own: its rules act. */
  readonly isOwn: boolean;
  readonly replace: ByPlace;
  /** Which example of the batch, or of a copy of it, each row of the run is of. */
  readonly examples: readonly number[];
  readonly wantedValues: readonly string[];
  /** Places whose gradients are wanted, by anybody. */
  readonly wantedGradients: readonly string[];
  readonly scores: readonly WantedScore[];
  readonly values: Record<string, Tensor> = {};
  readonly gradients: Record<string, Tensor> = {};
  /** Keys of the places that have run. */
  readonly fired: Set<string>;
  /** Scores made at sites, by their place in {@link Listening.scores}. */
  readonly #atSites = new Map<number, Tensor>();

  constructor(
    of: Pick<Listening, "isOwn" | "replace" | "examples" | "wantedValues" | "wantedGradients" | "scores">,
    inputs: readonly string[],
  ) {
    this.isOwn = of.isOwn;
    this.replace = of.replace;
    this.examples = of.examples;
    this.wantedValues = of.wantedValues;
    this.wantedGradients = of.wantedGradients;
    this.scores = of.scores;
    this.fired = new Set(inputs);
  }

  /** A value passes a site. **Ownership:** borrows. */
  see(key: string, value: Tensor): void {
    this.fired.add(key);
    if (this.wantedValues.includes(key)) this.values[key] ??= keptClone(value);
  }

  /** What a site gives, after everybody's hooks and behind its tap: scores begin here. **Ownership:** borrows. */
  explain(key: string, value: Tensor): void {
    for (const [i, wanted] of this.scores.entries()) {
      if (wanted.score.site !== key || this.#atSites.has(i)) continue;
      const score = scoreOfRows(wanted, value);
      // Kept: the module that runs here may have a scope of its own. A gradient needs the very tensor.
      this.#atSites.set(i, this.wantedGradients.length > 0 ? keep(score) : keptClone(score));
    }
  }

  seeGradient(key: string, gradient: Tensor): void {
    if (this.wantedGradients.includes(key)) this.gradients[key] ??= keptClone(gradient);
  }

  /** The positions of the output that the scores are made of; `undefined` where they need more. */
  get positions(): ReadPositions | undefined {
    return readPositions(this.scores);
  }

  /**
   * The scores, once the model has run. **Ownership:** borrows; returns tensors of the active scope or of this.
   *
   * @param alone {@link Listening.positions}, where the output is that alone.
   */
  scoresOf(output: unknown, alone: ReadPositions | undefined): readonly Tensor[] {
    return this.scores.map((wanted, i) => {
      const { site, position } = wanted.score;
      if (site === undefined)
        return scoreOfRows(wanted, output, (part) =>
          position === undefined
            ? part
            : outputAt(part, wanted, alone === undefined ? undefined : columnOf(this.scores, wanted, alone)),
        );
      const found = this.#atSites.get(i);
      if (found === undefined) throw siteNeverFired(site);
      return found;
    });
  }

  /** Frees scores that sites have made. */
  disposeScores(): void {
    for (const score of this.#atSites.values()) score.dispose();
    this.#atSites.clear();
  }

  /** Frees everything. */
  dispose(): void {
    this.disposeScores();
    for (const tensor of [...Object.values(this.values), ...Object.values(this.gradients)]) tensor.dispose();
  }
}

function scoreOfRows(
  { score, from, count, rows, isWhole }: WantedScore,
  value: unknown,
  read: (part: unknown) => unknown = (part) => part,
): Tensor {
  if (isWhole) return score.of(read(value), rows);
  const part = mapTensors(value, (tensor) => (tensor.rank > 0 ? slice(tensor, from, count) : tensor));
  leaveToScope(part); // a TensorDict would keep its own
  return score.of(read(part), rows);
}

/** Scores one after the other. */
export function joinScores(scores: readonly Tensor[]): Tensor {
  const [first] = scores as [Tensor]; // at least one
  return scores.length === 1 ? first : concat([...scores], 0);
}
