import { type HookPoint, Module } from "@hookdict/core";
import { reshape, tensor2d, transpose, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { embedRows } from "../ops/rows.ts";
import type { RelativeBiasConfig } from "./config.ts";
import type { RunState } from "./run-state.ts";
import type { ModelWeights } from "./weights.ts";

/**
 * T5's bias of scores by the distance: a row of a table for each bucket of distances, int32 `[dest, src]` in,
 * `[dest, src, head]` out. All layers of a stack share it.
 *
 * @see Raffel et al., https://arxiv.org/abs/1910.10683
 */
export class RelativeBias extends Module {
  /** `[bucket, head]` */
  readonly weight: Tensor2D;
  readonly #config: RelativeBiasConfig;
  /** A point of the model's own, which sees the output. */
  readonly #point: HookPoint | undefined;

  /** **Ownership:** *borrows* the weights. */
  constructor(weights: ModelWeights, name: string, config: RelativeBiasConfig, point?: HookPoint) {
    super();
    this.weight = weights.get(name);
    this.#config = config;
    this.#point = point;
  }

  override get axes(): readonly string[] {
    return ["dest", "src", "head"];
  }

  override forward(buckets: Tensor2D): Tensor {
    return embedRows(this.weight, buckets);
  }

  /**
   * What is added to scores in a run, `[1, head, dest, src]`; rows are alike. **Ownership:** belongs to the run's scope.
   *
   * @param keys Position of every key, `[batch * src]`; those of the run's own tokens unless given.
   */
  of(run: RunState, keys: Int32Array = run.positions): Tensor {
    return run.once("relative bias", () => {
      const { pos, batch } = run;
      const src = keys.length / batch;
      const at = (all: Int32Array, i: number): number => all[i] ?? 0;
      const ids = Int32Array.from({ length: pos * src }, (_, i) =>
        bucketOf(this.#config, at(keys, i % src) - at(run.positions, Math.floor(i / src))),
      );
      const rows = (this as RelativeBias).call(tensor2d(ids, [pos, src], "int32"));
      const seen = this.#point?.call(rows) ?? rows;
      return reshape(transpose(seen, [2, 0, 1]), [1, -1, pos, src]);
    });
  }
}

/** Near distances have a bucket each, far ones share them logarithmically. */
function bucketOf({ buckets, maxDistance, isBidirectional }: RelativeBiasConfig, offset: number): number {
  const count = isBidirectional ? buckets / 2 : buckets;
  const begin = isBidirectional && offset > 0 ? count : 0;
  const distance = isBidirectional ? Math.abs(offset) : Math.max(0, -offset);
  const exact = Math.floor(count / 2);
  if (distance < exact) return begin + distance;
  const share = Math.fround(Math.fround(Math.log(distance / exact)) / Math.log(maxDistance / exact));
  return begin + Math.min(count - 1, exact + Math.floor(share * (count - exact)));
}
