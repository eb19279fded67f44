import type { Tensor } from "@tensorflow/tfjs-core";
import { patchMethod } from "../targets/patch.ts";
import type { GraphExecutor, RunContext } from "./graph-like.ts";

type Stacks = (
  nodes: unknown,
  stack: unknown,
  context: RunContext,
  tensors: Readonly<Record<string, readonly (Tensor | undefined)[]>>,
  ...others: unknown[]
) => Promise<unknown>[];

/**
 * What a run with control flow has made so far. tfjs-converter leaves it all behind when the run ends by an exception,
 * and no scope can be open while a run waits.
 */
export class Leftovers {
  readonly #tensors = new Set<Parameters<Stacks>[3]>();
  readonly #contexts = new Set<RunContext>();
  readonly #pending: Promise<unknown>[] = [];
  readonly #restores: readonly (() => void)[];
  readonly #root: GraphExecutor;

  constructor(root: GraphExecutor) {
    this.#root = root;
    this.#restores = [root, ...Object.values(root.functionExecutorMap)].map((executor) =>
      this.#watch(executor),
    );
  }

  /** Frees what was made, once what is still under way has ended. */
  async free(inputs: readonly Tensor[]): Promise<void> {
    await Promise.allSettled(this.#pending);
    const weights = Object.values(this.#root.weightMap).flat();
    const keep = new Set([...weights, ...inputs].map((tensor) => tensor.id));
    for (const tensor of [...this.#tensors].flatMap((map) => Object.values(map).flat())) {
      if (tensor !== undefined && !tensor.kept && !tensor.isDisposed && !keep.has(tensor.id))
        tensor.dispose();
    }
    for (const context of this.#contexts) context.dispose(keep);
  }

  /** The run has ended. */
  stop(): void {
    for (const restore of this.#restores) restore();
  }

  #watch(executor: GraphExecutor): () => void {
    const note = (tensors: Parameters<Stacks>[3], context: RunContext): void => {
      this.#tensors.add(tensors);
      this.#contexts.add(context);
    };
    const pending = this.#pending;
    const original = Reflect.get(executor, "processStack") as Stacks;
    const noting: Stacks = function (this: unknown, nodes, stack, context, tensors, ...others) {
      note(tensors, context);
      const promises = original.call(this, nodes, stack, context, tensors, ...others);
      pending.push(...promises);
      return promises;
    };
    return patchMethod(executor, "processStack", noting);
  }
}
