import { stateTensor } from "../../state-tensor.ts";
import { checkOptionNames, counted, TensorDict, showAsText } from "@hookdict/tensordict";
import {
  add,
  clone,
  exp,
  expandDims,
  fill,
  grads,
  greater,
  keep,
  mean,
  mul,
  randomNormal,
  reshape,
  scalar,
  stack,
  sum,
  type Tensor,
  tensor1d,
  tidy,
  transpose,
  zeros,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { SparseDictionary } from "../dictionary.ts";
import { trainerDisposed, trainingDiverged, trainingState } from "../errors.ts";
import { eachBatch } from "../each-batch.ts";
import {
  type DictionaryTrainerOptions,
  type FitOptions,
  readTrainerOptions,
  type TrainerOptions,
  type TrainingStep,
} from "./options.ts";
import { kept, mapped, NAMES, needBatch, unitRows, type Weights } from "./weights.ts";
import { adamStep } from "./adam.ts";
import { begunAnew } from "./revive.ts";
import { lossOf, type TrainedWeights, type TrainingKind } from "./steps.ts";

/**
 * Trains a sparse dictionary by gradient steps (Adam) on batches of values `[n, dIn]`: top-k or jump-ReLU, decoder rows of length 1, and
 * features that die begin anew (Bricken et al. 2023). **Ownership:** owns its weights until it is disposed.
 *
 * @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID`, `OPTIONS_INVALID`
 * @example
 * using trainer = new DictionaryTrainer({ dIn: 2, dSae: 2, activation: "topK", k: 1 });
 * const found = await trainer.step(tensor2d([[1, 0], [0, 1]]));
 * [found.step, found.l0 <= 1]; // => [1, true]
 */
export class DictionaryTrainer {
  readonly options: TrainerOptions;
  readonly #kind: TrainingKind;
  #weights: Weights;
  #first: Record<string, Tensor>;
  #second: Record<string, Tensor>;
  /** Steps since each feature was there. */
  #idle: Int32Array;
  #steps = 0;
  #isDisposed = false;
  constructor(options: DictionaryTrainerOptions) {
    const read = readTrainerOptions(options);
    const { dIn, dSae, seed } = read.options;
    this.options = read.options;
    this.#kind = read.kind;
    const made = tidy(() => {
      const rows = unitRows(randomNormal([dSae, dIn], 0, 1, "float32", 2 * seed + 1)); // 0 would be no seed
      return {
        wEnc: transpose(rows),
        wDec: clone(rows),
        bEnc: zeros([dSae]),
        bDec: zeros([dIn]),
        logThreshold: fill([dSae], Math.log(0.05)),
      };
    });
    this.#weights = kept(made);
    this.#first = kept(tidy(() => mapped(this.#weights, (one) => zerosLike(one))));
    this.#second = kept(tidy(() => mapped(this.#weights, (one) => zerosLike(one))));
    this.#idle = new Int32Array(dSae);
  }

  /** How many steps it has made. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * One step on a batch `[n, ..., dIn]`, float32. **Ownership:** borrows.
   *
   * @throws ShapeError `ROWS_INVALID`; UsageError `TRAINING_DIVERGED`; LifetimeError `TRAINER_DISPOSED`: nothing has changed then
   */
  async step(batch: Tensor): Promise<TrainingStep> {
    this.#assertLive("step");
    const { dIn } = this.options;
    needBatch(batch, dIn);
    const x = tidy(() => keep(reshape(batch, [-1, dIn])));
    try {
      const found = await this.#changes(x);
      this.#descend(found.changes);
      for (const one of [...found.changes, found.start]) one.dispose();
      const { counts, ...rest } = found;
      let total = 0;
      counts.forEach((count, at) => {
        total += count;
        this.#idle[at] = count > 0 ? 0 : (this.#idle[at] ?? 0) + 1;
      });
      const revived = await this.#revive(x);
      return { step: this.#steps, loss: rest.loss, mse: rest.mse, l0: total / (x.shape[0] ?? 1), revived };
    } finally {
      x.dispose();
    }
  }

  /** What a batch changes, and what it was like; the first one begins with its mean as `bDec`. **Ownership:** *returns owned*. */
  async #changes(x: Tensor): Promise<{
    readonly loss: number;
    readonly mse: number;
    readonly counts: readonly number[];
    readonly changes: readonly Tensor[];
    readonly start: Tensor;
  }> {
    const { k = 1, bandwidth, coefficient } = this.options;
    const seen: Tensor[] = [];
    const start = tidy(() => keep(this.#steps === 0 ? mean(x, 0) : clone(this.#weights.bDec)));
    const changes = tidy(() => {
      const gradient = grads((...given: Tensor[]) => {
        const weights = Object.fromEntries(
          NAMES.map((name, at) => [name, given[at]]),
        ) as unknown as TrainedWeights; // in order
        const { loss, mse, features } = lossOf(this.#kind, x, weights, { k, bandwidth, coefficient });
        seen.push(keep(stack([loss, mse])), keep(sum(greater(features, 0), 0)));
        // Every weight takes part, also where the kind does without thresholds.
        return add(loss, mul(sum(weights.logThreshold), 0));
      });
      return gradient(NAMES.map((name) => (name === "bDec" ? start : this.#weights[name])));
    });
    const [[loss = 0, mse = 0] = [], counts = []] = await Promise.all(
      seen.map(async (one) => [...(await one.data())]),
    );
    for (const one of seen) one.dispose();
    if (Number.isFinite(loss)) {
      if (this.#steps === 0) this.#replace("bDec", clone(start));
      return { loss, mse, counts, changes, start };
    }
    for (const one of [...changes, start]) one.dispose();
    throw trainingDiverged(this.#steps + 1, loss);
  }

  /**
   * Steps on batches as they come, from a list, a stream or `reader.batches(n)` of a `TensorDictReader`, whose TensorDicts are freed as they
   * are used up. **Ownership:** borrows batches that are tensors; takes batches that are TensorDicts.
   *
   * @throws UsageError `STREAM_BATCH`, `ARGUMENT_INVALID`; what `step` throws
   */
  async fit(
    batches: Iterable<Tensor | TensorDict> | AsyncIterable<Tensor | TensorDict>,
    options: FitOptions = {},
  ): Promise<this> {
    checkOptionNames("fit", options, ["x", "onProgress", "signal"]);
    const { x, onProgress, signal } = options;
    await eachBatch("DictionaryTrainer.fit", batches, x === undefined ? {} : { x }, async (values) => {
      if (signal?.aborted === true) return false;
      const found = await this.step(values);
      onProgress?.(found);
      return true;
    });
    return this;
  }

  /** The dictionary as it is now. **Ownership:** returns owned. @throws LifetimeError `TRAINER_DISPOSED` */
  dictionary(): SparseDictionary {
    this.#assertLive("dictionary");
    const { dIn, dSae, activation, k, site } = this.options;
    const { wEnc, wDec, bEnc, bDec, logThreshold } = this.#weights;
    return new SparseDictionary(
      {
        activation,
        dIn,
        dSae,
        centresInput: true,
        ...(k !== undefined && { k }),
        ...(site !== undefined && { site }),
      },
      {
        ...mapped({ wEnc, wDec, bEnc, bDec }, (one) => clone(one)),
        ...(activation === "jumpRelu" && { threshold: exp(logThreshold) }),
      },
    );
  }

  /** Everything that a trainer of the same options needs to go on from here. **Ownership:** returns owned. @throws LifetimeError `TRAINER_DISPOSED` */
  state(): TensorDict {
    this.#assertLive("state");
    return new TensorDict({
      weights: mapped(this.#weights, (one) => clone(one)),
      first: mapped(this.#first, (one) => clone(one)),
      second: mapped(this.#second, (one) => clone(one)),
      idle: tensor1d(this.#idle, "int32"),
      steps: scalar(this.#steps, "int32"),
    });
  }

  /** Goes on from a state. **Ownership:** borrows. @throws ShapeError `TRAINING_STATE`, LifetimeError `TRAINER_DISPOSED`: nothing has changed then */
  restore(state: TensorDict): this {
    this.#assertLive("restore");
    const read = (part: string, like: Record<string, Tensor>): Record<string, Tensor> =>
      mapped(like, (one, name) => {
        const found = stateTensor("DictionaryTrainer", state, [part, name]);
        if (found?.shape.join() !== one.shape.join())
          throw trainingState(`${part}.${name}`, one.shape, found?.shape);
        return found;
      });
    const parts = [read("weights", this.#weights), read("first", this.#first), read("second", this.#second)];
    const idle = stateTensor("DictionaryTrainer", state, "idle");
    const steps = stateTensor("DictionaryTrainer", state, "steps");
    if (idle?.size !== this.#idle.length || steps?.size !== 1)
      throw trainingState("idle", [this.#idle.length], idle?.shape);
    const [weights, first, second] = parts.map((part) => kept(mapped(part, (one) => clone(one))));
    this.#free();
    this.#weights = weights as Weights;
    this.#first = first as Record<string, Tensor>;
    this.#second = second as Record<string, Tensor>;
    this.#idle = Int32Array.from(idle.dataSync());
    this.#steps = steps.dataSync()[0] ?? 0;
    return this;
  }

  /** Frees the weights; twice is nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#free();
  }

  #assertLive(action: string): void {
    if (this.#isDisposed) throw trainerDisposed(action);
  }

  #free(): void {
    for (const part of [this.#weights, this.#first, this.#second])
      for (const one of Object.values(part)) one.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Adam, then decoder rows of length 1. */
  #descend(changes: readonly Tensor[]): void {
    this.#steps++;
    const { learningRate } = this.options;
    NAMES.forEach((name, at) => {
      const change = changes[at] as Tensor; // one for each
      const [first, second, value] = adamStep(
        [this.#first[name] as Tensor, this.#second[name] as Tensor, this.#weights[name]],
        change,
        { step: this.#steps, learningRate, isUnit: name === "wDec" },
      );
      for (const [part, made] of [
        [this.#first, first],
        [this.#second, second],
        [this.#weights, value],
      ] as const) {
        (part as Record<string, Tensor>)[name]?.dispose();
        (part as Record<string, Tensor>)[name] = keep(made);
      }
    });
  }

  /** Features that have died begin anew as what is left of the rows that are reconstructed worst. */
  async #revive(x: Tensor): Promise<number> {
    const { deadAfter } = this.options;
    const dead = [...this.#idle.keys()].filter((at) => deadAfter > 0 && (this.#idle[at] ?? 0) >= deadAfter);
    if (dead.length === 0) return 0;
    const made = await begunAnew(this.#kind, x, this.#weights, dead, this.options);
    const { chosen, isNew, wEnc, wDec, bEnc } = made;
    this.#replace("wEnc", wEnc);
    this.#replace("wDec", wDec);
    this.#replace("bEnc", bEnc);
    for (const part of [this.#first, this.#second])
      for (const name of ["wEnc", "wDec", "bEnc"] as const) {
        const old = part[name] as Tensor;
        part[name] = keep(tidy(() => mul(old, name === "wDec" ? expandDims(isNew, 1) : isNew)));
        old.dispose();
      }
    isNew.dispose();
    for (const feature of chosen) this.#idle[feature] = 0;
    return chosen.length;
  }

  #replace(name: (typeof NAMES)[number], value: Tensor): void {
    this.#weights[name].dispose();
    this.#weights[name] = keep(value);
  }
}

showAsText(DictionaryTrainer, ({ steps }) => `DictionaryTrainer after ${counted(steps, "step")}`);
