import { Binding, type Hookable, type HookTarget, resolveTarget } from "@hookdict/core";
import { tensorsOf } from "@hookdict/tensordict";
import { type DataType, dispose, util } from "@tensorflow/tfjs-core";

/** Shape and dtype of one tensor. */
export interface TensorShape {
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

/** The tensors that went into a site and came out of it, in one run of it. */
export interface SiteShapes {
  readonly inputs: readonly TensorShape[];
  readonly outputs: readonly TensorShape[];
}

/** What passed every site of a model in one run: by path, one entry for each time that the site ran. Plain data. */
export type Shapes = Readonly<Record<string, readonly SiteShapes[]>>;

/**
 * Runs the model once and tells what shapes pass its sites.
 *
 * **Ownership:** borrows the arguments; keeps no tensor.
 *
 * @throws UsageError `MODEL_NOT_HOOKABLE`; whatever the model throws.
 * @example no-run
 * scan(model, tokens)["blocks.0.hook_resid_pre"]; // => [{ inputs: [...], outputs: [{ shape: [1, 15, 128], dtype: "float32" }] }]
 */
export function scan<A extends readonly unknown[]>(model: Hookable<A>, ...args: A): Shapes {
  const { binding, target, shapes } = watch(model, "scan");
  using _end = binding;
  dispose(tensorsOf(target.call(args)));
  return shapes;
}

/**
 * {@link scan} for models that wait while they run. Other models take it as well.
 *
 * **Ownership:** borrows the arguments until it is done; keeps no tensor.
 *
 * @throws like `scan`, in the promise.
 */
export async function scanAsync<A extends readonly unknown[]>(
  model: Hookable<A>,
  ...args: A
): Promise<Shapes> {
  const { binding, target, shapes } = watch(model, "scanAsync");
  using _end = binding;
  dispose(tensorsOf(await target.callAsync(args)));
  return shapes;
}

function watch<A extends readonly unknown[]>(
  model: Hookable<A>,
  name: string,
): { readonly binding: Binding; readonly target: HookTarget<A>; readonly shapes: Shapes } {
  const shapes: Record<string, SiteShapes[]> = Object.create(null) as Record<string, SiteShapes[]>; // any name is a path
  const target = resolveTarget(model);
  const binding = new Binding(target, name);
  binding.hook("**", "fwd", {
    kind: "observe",
    order: "post",
    run: (value, { site, inputs }) => {
      (shapes[site.path] ??= []).push({ inputs: shapesOf(inputs), outputs: shapesOf(value) });
    },
  });
  return { binding, target, shapes };
}

function shapesOf(value: unknown): readonly TensorShape[] {
  return tensorsOf(value).map(({ shape, dtype }) => ({ shape: [...shape], dtype }));
}

/** Bytes of tensors' data; text counts as nothing. */
export function bytesOf(tensors: readonly TensorShape[]): number {
  return tensors.reduce(
    (bytes, { shape, dtype }) =>
      bytes + (dtype === "string" ? 0 : util.sizeFromShape([...shape]) * util.bytesPerElement(dtype)),
    0,
  );
}
