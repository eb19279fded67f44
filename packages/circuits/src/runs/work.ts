import type { Tensor } from "@tensorflow/tfjs-core";
import { workAborted } from "../errors.ts";

/** What is needed of an `AbortSignal`. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

/** Options of everything that takes many runs of a model. */
export interface WorkOptions {
  /** Called after each run. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Ends the work between two runs. */
  readonly signal?: AbortSignalLike;
}

/** Many runs: yields tensors whose values it needs, and is given them. */
export type Work<T> = Generator<Tensor, T, ArrayLike<number>>;

/** Does work at once. */
export function drive<T>(work: Work<T>): T {
  let step = work.next();
  while (step.done !== true) {
    let values: ArrayLike<number>;
    try {
      values = step.value.dataSync();
    } catch (error) {
      step = work.throw(error); // frees what it holds
      continue;
    }
    step = work.next(values);
  }
  return step.value;
}

/** Does work that lets other work in between its runs. */
export async function driveAsync<T>(work: Work<T>): Promise<T> {
  let step = work.next();
  while (step.done !== true) {
    let values: ArrayLike<number>;
    try {
      values = await step.value.data();
    } catch (error) {
      step = work.throw(error); // frees what it holds
      continue;
    }
    step = work.next(values);
  }
  return step.value;
}

/** Reads a tensor and disposes it. */
export function* taken(tensor: Tensor): Work<ArrayLike<number>> {
  try {
    return yield tensor;
  } finally {
    tensor.dispose();
  }
}

/** Counts runs, tells of them, and ends the work where its signal says so. */
export class Progress {
  readonly #options: WorkOptions;
  readonly #what: string;
  #total: number;
  done = 0;

  constructor(what: string, total: number, options: WorkOptions) {
    this.#what = what;
    this.#total = total;
    this.#options = options;
    this.check();
  }

  get total(): number {
    return this.#total;
  }

  /** How many runs there are, where that shows only when they are planned. */
  expect(total: number): void {
    this.#total = total;
  }

  /** @throws LifetimeError `CIRCUIT_ABORTED` */
  check(): void {
    const { signal } = this.#options;
    if (signal?.aborted === true) throw workAborted(this.#what, this.done, this.total, signal.reason);
  }

  /** One run more. @throws LifetimeError `CIRCUIT_ABORTED` */
  tick(): void {
    this.done++;
    this.#options.onProgress?.({ done: this.done, total: this.total });
    if (this.done < this.total) this.check();
  }
}
