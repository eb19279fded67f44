import { type HookSpec, Interventions } from "@hookdict/contexts";
import { MultiHookManager } from "@hookdict/core";
import type { Transformer } from "@hookdict/models";
import { add, concat, mul, slice, sub, tensor, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { TensorDict } from "@hookdict/tensordict";
import type { Deed } from "../messages.ts";

/** What deeds need besides the model. */
export interface Ground {
  /** Heads of a layer. */
  readonly heads: number;
  /** Captures of the clean run: what patches come from. Borrowed. */
  readonly source: TensorDict;
  /** Vectors of steering deeds, by their place in the list. Borrowed. */
  readonly vectors: ReadonlyMap<Deed, Tensor>;
}

/** Deeds in force. Disposing it takes their hooks away. */
export interface Performed extends Disposable {
  /** What specs capture, of the last run. Borrowed. */
  readonly captures: () => readonly TensorDict[];
}

/** Hooks for all deeds that are on, in their order. **Ownership:** returns owned. */
export function perform(model: Transformer, deeds: readonly Deed[], ground: Ground): Performed {
  const parts: Disposable[] = [];
  const captures: (() => TensorDict)[] = [];
  const end = (): void => {
    for (const part of parts.splice(0).reverse()) part[Symbol.dispose]();
  };
  try {
    for (const deed of deeds.filter(({ off }) => off !== true)) {
      if (deed.kind === "spec") {
        const hooked = new Interventions(deed.spec).prepare(model);
        parts.push(hooked);
        captures.push(() => hooked.cache);
      } else {
        const manager = new MultiHookManager(model, { name: "explorer" });
        parts.push(manager);
        register(manager, deed, ground);
      }
    }
  } catch (error) {
    end();
    throw error;
  }
  return { captures: () => captures.map((cache) => cache()), [Symbol.dispose]: end };
}

/** A spec as it was typed, if the model has what it names. @throws Error in words where it is none, or does nothing here. */
export function specOf(model: Transformer, text: string): HookSpec {
  const interventions = Interventions.parse(text);
  const { spec } = interventions;
  const all = [...(spec.captures ?? []), ...(spec.interventions ?? [])];
  const backward = all.find(({ direction }) => direction?.startsWith("bwd"));
  if (all.length === 0) throw new Error("The spec neither captures nor changes anything.");
  if (backward !== undefined)
    throw new Error(
      `The spec is for the direction ${JSON.stringify(backward.direction)} at ${backward.at}: runs here go forward.`,
    );
  interventions.validate(model);
  return spec;
}

function register(
  manager: MultiHookManager,
  deed: Exclude<Deed, { readonly kind: "spec" }>,
  { source, vectors, heads }: Ground,
): void {
  if (deed.kind === "scaleHead") {
    if (deed.head >= heads)
      throw new Error(
        `There is no head ${deed.layer}.${deed.head}: a layer's heads go from 0 to ${heads - 1}.`,
      );
    manager.register(`blocks.${deed.layer}.attn.hook_z`, "fwd", (z: Tensor) =>
      tidy(() => {
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
