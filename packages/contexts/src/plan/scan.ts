import { Binding, type Hookable, resolveTarget } from "@hookdict/core";
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
  const shapes: Record<string, SiteShapes[]> = Object.create(null) as Record<string, SiteShapes[]>; // any name is a path
  const target = resolveTarget(model);
  using binding = new Binding(target, "scan");
  binding.hook("**", "fwd", {
    kind: "observe",
    order: "post",
    run: (value, { site, inputs }) => {
      (shapes[site.path] ??= []).push({ inputs: shapesOf(inputs), outputs: shapesOf(value) });
    },
  });
  dispose(tensorsOf(target.call(args)));
  return shapes;
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
