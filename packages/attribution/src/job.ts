import { keptClone } from "@hookdict/tensordict/tensors";
import { tidy, type Tensor } from "@tensorflow/tfjs-core";
import { siteNeverFired } from "./errors.ts";
import type { Arguments } from "./inputs.ts";
import type { AttributionContext } from "./method.ts";
import { sumOverCopies } from "./passes/collect.ts";
import type { Fold } from "./passes/pass.ts";
import { disposeRound, type Round, type RoundResult, type RoundStore } from "./passes/round.ts";
import { type Score, scoreFor, type Target } from "./target.ts";

/** How far an attribution is. */
export interface Progress {
  /** Runs of the model that are done. */
  readonly done: number;
  /** Runs in all, as far as they are known: a pass that turns out to be shared takes none. At the end it is `done`. */
  readonly total: number;
}

/** Options of one attribution. */
export interface AttributeOptions {
  /** What is explained; needed unless the output is one number per example. */
  readonly target?: Target;
  /** Several targets in place of one: results have an axis for them behind the batch, `[batch, target, ...]`. */
  readonly targets?: readonly Target[];
  /**
   * Sizes of the batch, with which the shapes of all inputs begin: `[]` for an example without one, `[n, m]` for several
   * axes. The model sees one batch axis; draws and target functions count its rows. Default the inputs' first axis, or
   * the batch size of a TensorDict.
   */
  readonly batchSize?: readonly number[];
  /** Rows (examples times steps or perturbations) that run at once. Default all. The result does not depend on it. */
  readonly internalBatchSize?: number;
  /** What was computed on the way and is wanted, too: `"gradients"`, `"values"`, ... */
  readonly keep?: readonly string[];
  /** Called after each run of the model. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Options of one attribution that waits. */
export interface AsyncAttributeOptions extends AttributeOptions {
  readonly signal?: AbortSignalLike;
}

/** What is needed of an `AbortSignal`. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

/** What methods that run together share: what is made of the same inputs, so that their passes are equal. */
export class Shared implements RoundStore {
  /** Whether nothing is run: values are no answers. */
  readonly isPlanned: boolean;
  readonly owned: Tensor[] = [];
  readonly #made = new Map<string, object>();
  readonly #inner = new Map<string, { readonly shared: Shared; users: number }>();
  readonly done: { round: Round; result: RoundResult }[] = [];

  constructor(isPlanned: boolean) {
    this.isPlanned = isPlanned;
  }

  own<T extends Tensor>(tensor: T): T {
    const kept = keptClone(tensor) as T; // a clone has its type
    this.owned.push(kept);
    return kept;
  }

  share<T extends object>(key: string, make: () => T): T {
    const known = this.#made.get(key) as T | undefined; // keys tell what it is
    if (known !== undefined) return known;
    const made = make();
    this.#made.set(key, made);
    return made;
  }

  /** What is shared for a while: until all who have asked for it have ended it. */
  inner(key: string): Shared {
    const known = this.#inner.get(key) ?? { shared: new Shared(this.isPlanned), users: 0 };
    known.users++;
    this.#inner.set(key, known);
    return known.shared;
  }

  endInner(key: string): void {
    const known = this.#inner.get(key);
    if (known === undefined || --known.users > 0) return;
    this.#inner.delete(key);
    known.shared.dispose();
  }

  dispose(): void {
    for (const { shared } of this.#inner.values()) shared.dispose();
    this.#inner.clear();
    for (const { result } of this.done.splice(0)) disposeRound(result);
    for (const tensor of this.owned.splice(0)) tensor.dispose();
  }
}

/** A method's work on copies of the batch; what is made on the way is freed when all that share it have ended. */
export interface CopiedJob {
  readonly job: Job;
  /** What keeps results of its passes. */
  readonly within: RoundStore;
  end(): void;
}

/** One method's work on one batch: what {@link AttributionMethod.compute} gets. */
export class Job {
  readonly args: Arguments;
  readonly score: Score;
  readonly context: AttributionContext;
  readonly options: AttributeOptions;
  readonly #shared: Shared;

  constructor(
    context: AttributionContext,
    args: Arguments,
    options: AttributeOptions,
    shared: Shared,
    score: Score,
  ) {
    this.context = context;
    this.args = args;
    this.options = options;
    this.score = score;
    if (this.score.site !== undefined) context.hear(this.score.site);
    this.#shared = shared;
  }

  /** The same work on copies of the batch, made of each input: targets count on over copies. */
  copied(what: string, copies: number, make: (value: Tensor, index: number) => Tensor): CopiedJob {
    const { args: own } = this;
    const key = `${this.#own} ${what}`;
    const within = this.#shared.inner(key);
    const tensors = own.tensors.map((value, i) =>
      within.share(`copies ${i}`, () => within.own(tidy(() => make(value, i)))),
    );
    const batch = copies * this.batch;
    const args: Arguments = {
      names: own.names,
      tensors,
      batch,
      batchSize: own.batchSize,
      copies: copies * (own.copies ?? 1),
      pack: (given, examples) => own.pack(given, examples),
    };
    return {
      job: new Job(this.context, args, this.options, within, this.score),
      within,
      end: () => this.#shared.endInner(key),
    };
  }

  /** Whether passes are only counted: what they give are zeros, of which nothing can be checked. */
  get isPlanned(): boolean {
    return this.#shared.isPlanned;
  }

  get batch(): number {
    return this.args.batch;
  }

  /** Names of the places to which the target is attributed: float inputs, or sites. */
  get places(): readonly string[] {
    return this.context.places ?? this.args.names.filter((_, i) => this.args.tensors[i]?.dtype === "float32");
  }

  get isAtInputs(): boolean {
    return this.context.places === undefined;
  }

  /** A checked target for this batch, whose site passes look at. */
  scoreFor(target: Target): Score {
    const score = scoreFor(target, this.batch);
    if (score.site !== undefined) this.context.hear(score.site);
    return score;
  }

  /** An input by its name. */
  input(name: string): Tensor {
    const tensor = this.args.tensors[this.args.names.indexOf(name)];
    if (tensor === undefined) throw siteNeverFired(name);
    return tensor;
  }

  /** Keeps a tensor beyond the step that made it, until the job is done. */
  own<T extends Tensor>(tensor: T): T {
    return this.#shared.own(tensor);
  }

  /** A tensor that the methods running together make once. Keys tell what it is made of. */
  memo(key: string, make: () => Tensor): Tensor {
    return this.#shared.share(key, () => this.#shared.own(tidy(make)));
  }

  /** {@link Job.memo} for what is no tensor. */
  share<T extends object>(key: string, make: () => T): T {
    return this.#shared.share(key, make);
  }

  /** {@link Job.memo} for what this method makes of these inputs, whatever the target. */
  once(what: string, make: () => Tensor): Tensor {
    return this.memo(`${this.#own} ${what}`, make);
  }

  /** {@link Job.once} for what is no tensor. */
  shareOwn<T extends object>(what: string, make: () => T): T {
    return this.share(`${this.#own} ${what}`, make);
  }

  get #own(): string {
    return `of ${this.context.method.id} ${this.args.tensors.map(({ id }) => id).join()}`;
  }

  /** Gradients as sums over copies of the batch with these weights, unless something is to be kept. */
  fold(weights: readonly number[]): Fold | undefined {
    if ((this.options.keep?.length ?? 0) > 0) return undefined;
    return this.share(`fold ${this.batch} ${weights.join()}`, () => sumOverCopies(weights, this.batch));
  }
}
