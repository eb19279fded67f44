import { MultiHookManager } from "@hookdict/core";
import type { Transformer } from "@hookdict/models";
import { add, concat, mul, slice, sub, tensor, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { TensorDict } from "@hookdict/tensordict";
import type { Deed } from "../messages.ts";

/** What deeds need besides the model. */
export interface Ground {
  /** Captures of the clean run: what patches come from. Borrowed. */
  readonly source: TensorDict;
  /** Vectors of steering deeds, by their place in the list. Borrowed. */
  readonly vectors: ReadonlyMap<Deed, Tensor>;
}

/** Hooks for all deeds that are on. **Ownership:** returns owned; disposing it takes them away. */
export function perform(model: Transformer, deeds: readonly Deed[], ground: Ground): MultiHookManager {
  const manager = new MultiHookManager(model, { name: "explorer" });
  try {
    for (const deed of deeds) if (deed.off !== true) register(manager, deed, ground);
    return manager;
  } catch (error) {
    manager[Symbol.dispose]();
    throw error;
  }
}

function register(manager: MultiHookManager, deed: Deed, { source, vectors }: Ground): void {
  if (deed.kind === "scaleHead") {
    manager.register(`blocks.${deed.layer}.attn.hook_z`, "fwd", (z: Tensor) =>
      tidy(() => {
        const heads = z.shape[2] ?? 0;
        const factors = Array.from({ length: heads }, (_, head) => (head === deed.head ? deed.factor : 1));
        return mul(z, tensor(factors, [1, 1, heads, 1]));
      }),
    );
    return;
  }
  const path = `blocks.${deed.layer}.hook_resid_pre`;
  if (deed.kind === "patch") {
    manager.register(path, "fwd", (resid: Tensor) =>
      tidy(() => patched(resid, source.get<Tensor>(["fwd", path]), deed.position)),
    );
    return;
  }
  const vector = vectors.get(deed);
  if (vector !== undefined)
    manager.register(path, "fwd", (resid: Tensor) => tidy(() => add(resid, mul(vector, deed.factor))));
}

/** The value with one position taken from another run; as it is where there is no such position. */
function patched(resid: Tensor, clean: Tensor, position: number): Tensor {
  const [batch = 1, count = 0, width = 0] = resid.shape;
  if (position >= count || position >= (clean.shape[1] ?? 0)) return resid.clone();
  const part = (from: Tensor, start: number, size: number): Tensor =>
    slice(from, [0, start, 0], [batch, size, width]);
  const parts = [
    part(resid, 0, position),
    part(clean, position, 1),
    part(resid, position + 1, count - position - 1),
  ];
  return concat(
    parts.filter(({ size }) => size > 0),
    1,
  );
}

/** The difference of two prompts' residual streams at their last positions, before a layer: a direction to steer in. **Ownership:** returns owned. */
export function difference(plus: Tensor, minus: Tensor): Tensor {
  return tidy(() => {
    const last = (from: Tensor): Tensor =>
      slice(from, [0, (from.shape[1] ?? 1) - 1, 0], [1, 1, from.shape[2] ?? 0]);
    return sub(last(plus), last(minus));
  });
}
