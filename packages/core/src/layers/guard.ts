import { scalar, type Tensor } from "@tensorflow/tfjs-core";

/** Computes one batch: loss and metrics from inputs and targets. */
export type BatchFunction = (data: unknown) => readonly Tensor[];

/**
 * Training and evaluation over batches keep tensors between batches that TensorFlow.js frees only at their regular end:
 * the order of the samples, sums of losses, the history. So a batch that fails does not throw: it notes the error, asks
 * the loop to end, and gives NaN from then on. When the loop has ended, {@link Guard.close} throws the error.
 */
export class Guard {
  readonly #model: object;
  readonly #onFailure: () => void;
  #failure: { readonly error: unknown } | undefined;

  /** @param onFailure called at the first error, to end the loop */
  constructor(model: object, onFailure: () => void = () => undefined) {
    this.#model = model;
    this.#onFailure = onFailure;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** `batch`, which notes its first error in place of throwing it. */
  wrap(batch: BatchFunction): BatchFunction {
    return (data) => {
      if (this.hasFailed) return this.#nothing();
      try {
        return batch(data);
      } catch (error) {
        return this.#fail(error);
      }
    };
  }

  /** {@link Guard.wrap} for what is waited for. */
  async attempt(batches: () => Promise<readonly Tensor[]>): Promise<readonly Tensor[]> {
    if (this.hasFailed) return this.#nothing();
    try {
      return await batches();
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** The user's callbacks, which are called no more after a failure. */
  gate(callbacks: unknown): unknown {
    if (Array.isArray(callbacks)) return callbacks.map((callback: unknown) => this.gate(callback));
    if (typeof callbacks !== "object" || callbacks === null) return callbacks;
    return new Proxy(callbacks, {
      get: (target, name): unknown => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...args: readonly unknown[]): unknown =>
          this.hasFailed ? undefined : Reflect.apply(value, target, args);
      },
    });
  }

  /** @throws the error of the batch that failed */
  close(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #fail(error: unknown): readonly Tensor[] {
    this.#failure = { error };
    this.#onFailure();
    return this.#nothing();
  }

  /** As many numbers as the model reports. */
  #nothing(): readonly Tensor[] {
    const names = Reflect.get(this.#model, "metricsNames") as readonly unknown[]; // the loss first
    return names.map(() => scalar(Number.NaN));
  }
}
