import type { Transcoders } from "@hookdict/latent";
import {
  concat,
  gather,
  mean,
  mul,
  reshape,
  sub,
  sum,
  type Tensor,
  tensor1d,
  tidy,
} from "@tensorflow/tfjs-core";
import { notLinear } from "../errors.ts";
import type { Captures } from "../runs/hooked-run.ts";
import { type Progress, taken, type Work } from "../runs/work.ts";
import { LinearModel } from "./linear-model.ts";
import type { ActiveFeature, Sources } from "./sources.ts";
import { featureDirections, type LogitTarget, logitDirections } from "./targets.ts";

/** How far activations may be from the sum of what acts on them, as a part of the largest: what is linear is as near as float32. */
const MOST_GAP = 0.01;
/** After how many batches it is decided anew which features matter most. */
const BATCHES_BETWEEN = 4;

/** What a graph explains. */
interface Targets {
  readonly features: readonly ActiveFeature[];
  readonly logits: readonly LogitTarget[];
  readonly position: number;
}

/**
 * What all sources add to each target, a batch of targets by one backward pass.
 *
 * **Ownership:** *borrows* all; owns what it needs besides.
 */
export class Rows implements Disposable {
  readonly #linear: LinearModel;
  readonly #transcoders: Transcoders;
  readonly #sources: Sources;
  readonly #targets: Targets;
  readonly #without: Captures;
  /** By number: of features, then of logits. */
  readonly #rows = new Map<number, Float32Array>();
  readonly #biases = new Map<number, number>();
  readonly #logitActivations: number[] = [];

  constructor(linear: LinearModel, transcoders: Transcoders, sources: Sources, targets: Targets) {
    this.#linear = linear;
    this.#transcoders = transcoders;
    this.#sources = sources;
    this.#targets = targets;
    this.#without = linear.readWithoutSources();
  }

  /** How many passes so many features take, about: a batch is of one layer. */
  passes(count: number, batchSize: number): number {
    const { features, logits } = this.#targets;
    const logitPasses = Math.ceil(logits.length / batchSize);
    if (count < features.length) return logitPasses + Math.ceil(count / batchSize);
    const byLayer = Array.from({ length: this.#linear.layers }, () => 0);
    for (const { layer } of features) byLayer[layer] = (byLayer[layer] ?? 0) + 1;
    return logitPasses + byLayer.reduce((passes, own) => passes + Math.ceil(own / batchSize), 0);
  }

  /** Computes the rows of logits, and of so many features: which ones. @throws UsageError `ATTRIBUTION_NOT_LINEAR`; LifetimeError `CIRCUIT_ABORTED` */
  *compute(count: number, batchSize: number, progress: Progress): Work<number[]> {
    const { features, logits } = this.#targets;
    for (let at = 0; at < logits.length; at += batchSize) {
      const batch = logits.slice(at, at + batchSize).map((_, i) => at + i);
      yield* this.#logitRows(batch);
      progress.tick();
    }
    const chosen = new Set<number>();
    while (chosen.size < count) {
      const pending =
        count === features.length
          ? [...features.keys()]
          : this.#mostInfluential(chosen, Math.min(BATCHES_BETWEEN * batchSize, count - chosen.size));
      const batches = batchesByLayer(pending, features, batchSize);
      const later = count - chosen.size - pending.length;
      progress.expect(progress.done + batches.length + Math.ceil(later / batchSize));
      for (const batch of batches) {
        yield* this.#featureRows(batch);
        for (const each of batch) chosen.add(each);
        progress.tick();
      }
    }
    return [...chosen].sort((a, b) => a - b);
  }

  /** What no source adds to a target. */
  bias(target: number): number {
    return this.#biases.get(target) ?? 0;
  }

  logitActivation(logit: number): number {
    return this.#logitActivations[logit] ?? 0;
  }

  /** The rows of chosen features and of all logits, over the chosen features and all other sources. */
  weights(chosen: readonly number[]): Float32Array {
    const { features, logits } = this.#targets;
    const others = this.#sources.count - features.length;
    const width = chosen.length + others;
    const weights = new Float32Array((chosen.length + logits.length) * width);
    const targets = [...chosen, ...logits.map((_, at) => features.length + at)];
    targets.forEach((target, at) => {
      const row = this.#rows.get(target);
      if (row === undefined) return;
      chosen.forEach((from, place) => (weights[at * width + place] = row[from] ?? 0));
      weights.set(row.subarray(features.length), at * width + chosen.length);
    });
    return weights;
  }

  /** Features that have no row yet and that the logits depend on most, by the rows that there are. */
  #mostInfluential(done: ReadonlySet<number>, count: number): number[] {
    const { features, logits } = this.#targets;
    const found = new Float64Array(features.length);
    const spread = (target: number, own: number): void => {
      const row = this.#rows.get(target);
      const total = row?.reduce((sum_, value) => sum_ + Math.abs(value), 0) ?? 0;
      if (row === undefined || total === 0 || own === 0) return;
      for (let from = 0; from < found.length; from++)
        found[from] = (found[from] ?? 0) + (own * Math.abs(row[from] ?? 0)) / total;
    };
    logits.forEach(({ probability }, at) => spread(features.length + at, probability));
    // Features are in the order of layers: what acts on one is before it.
    for (let at = features.length - 1; at >= 0; at--) spread(at, found[at] ?? 0);
    return [...features.keys()]
      .filter((at) => !done.has(at))
      .sort((a, b) => (found[b] ?? 0) - (found[a] ?? 0))
      .slice(0, count);
  }

  *#featureRows(batch: readonly number[]): Work<void> {
    const own = batch.map((at) => this.#targets.features[at] as ActiveFeature); // numbers of features
    const layer = own[0]?.layer ?? 0;
    const positions = own.map(({ position }) => position);
    yield* this.#put(
      batch,
      layer,
      positions,
      () => featureDirections(this.#transcoders, own),
      (at) => own[at]?.activation ?? 0,
    );
  }

  *#logitRows(batch: readonly number[]): Work<void> {
    const { features, logits, position } = this.#targets;
    const { model, layers } = this.#linear;
    const own = batch.map((at) => logits[at] as LogitTarget); // numbers of logits
    const directions = (): Tensor => logitDirections(model, own);
    const activations = yield* taken(tidy(() => this.#logitsOf(own, directions())));
    for (const [i, at] of batch.entries()) this.#logitActivations[at] = activations[i] ?? 0;
    yield* this.#put(
      batch.map((at) => features.length + at),
      layers,
      batch.map(() => position),
      directions,
      (at) => activations[at] ?? 0,
    );
  }

  /** Logits above their mean, `[n]`. */
  #logitsOf(own: readonly LogitTarget[], directions: Tensor): Tensor {
    const { model, layers } = this.#linear;
    const read = sum(
      mul(
        readAt(
          this.#linear.read(layers),
          own.map(() => this.#targets.position),
        ),
        directions,
      ),
      -1,
    );
    const { bias } = model.unembed;
    if (bias === undefined) return read;
    const at = tensor1d(
      own.map(({ token }) => token),
      "int32",
    );
    return sub(read, sub(mean(bias), gather(bias, at)));
  }

  /** One backward pass: the rows of targets that are read at one point. */
  *#put(
    targets: readonly number[],
    point: number,
    positions: readonly number[],
    directionsOf: () => Tensor,
    activation: (at: number) => number,
  ): Work<void> {
    let columns: readonly number[] = [];
    const found = tidy(() => {
      const directions = directionsOf();
      const weights = this.#sources.weights(this.#linear.gradients(point, positions, directions));
      ({ columns } = weights);
      const without = LinearModel.at(this.#without, this.#linear, point);
      const change = sub(readAt(this.#linear.read(point), positions), readAt(without, positions));
      const acted = reshape(sum(mul(directions, change), -1), [-1, 1]);
      return concat([weights.values, acted], 1);
    });
    const values = yield* taken(found);
    const width = columns.length + 1;
    for (const [at, target] of targets.entries()) {
      const row = new Float32Array(this.#sources.count);
      columns.forEach((column, i) => (row[column] = (row[column] ?? 0) + (values[at * width + i] ?? 0)));
      const acted = values[at * width + width - 1] ?? 0;
      const total = row.reduce((sum_, value) => sum_ + value, 0);
      const size = row.reduce((sum_, value) => sum_ + Math.abs(value), Math.abs(acted));
      if (!(Math.abs(total - acted) <= MOST_GAP * Math.max(size, 1e-6)))
        throw notLinear(
          this.#linear.model.config.modelType,
          `its sources add up to ${total.toPrecision(4)} where they change a target by ${acted.toPrecision(4)}`,
        );
      this.#rows.set(target, row);
      this.#biases.set(target, activation(at) - acted);
    }
  }

  [Symbol.dispose](): void {
    this.#without[Symbol.dispose]();
  }
}

/** Rows `[n, width]` of a value `[1, pos, width]`. */
function readAt(value: Tensor, positions: readonly number[]): Tensor {
  const [, pos = 1, width = 1] = value.shape;
  return gather(reshape(value, [pos, width]), tensor1d([...positions], "int32"), 0);
}

function batchesByLayer(
  pending: readonly number[],
  features: readonly ActiveFeature[],
  size: number,
): (readonly number[])[] {
  const byLayer = new Map<number, number[]>();
  for (const at of pending) {
    const layer = features[at]?.layer ?? 0;
    byLayer.set(layer, [...(byLayer.get(layer) ?? []), at]);
  }
  return [...byLayer.values()].flatMap((own) =>
    Array.from({ length: Math.ceil(own.length / size) }, (_, i) => own.slice(i * size, (i + 1) * size)),
  );
}
