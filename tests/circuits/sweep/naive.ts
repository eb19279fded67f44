import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import type { Hookable } from "@hookdict/core";
import type { Metric, PatchTable } from "@hookdict/circuits";
import type { TensorDict } from "@hookdict/tensordict";
import { reshape, slice, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { takeOne } from "../../support/values.ts";

/** A model that a sweep can be made on. */
export type SweptModel = Hookable<[Tensor2D], Tensor>;

/** What one forward pass for each cell gives, for one prompt pair: the loop that sweeps are held to. */
export function naiveSweep(
  model: SweptModel,
  { clean, corrupt }: { readonly clean: Tensor2D; readonly corrupt: Tensor2D },
  { sites, axes, slice: fixed = {} }: PatchTable,
  metric: Metric,
): number[] {
  using source = cached(model, clean, sites);
  const paths = [...source.keys({ nested: true, leavesOnly: true })].map((key) => String(key[1]));
  const sitesOf = model.hookTarget().sites();
  const nameAt = (path: string, axis: string): string => {
    const own = sitesOf.find((site) => site.path === path)?.axes ?? [];
    return axis === "head" && !own.includes("head") ? "keyHead" : axis;
  };
  const sizes = axes.map((axis) => {
    if (axis === "layer") return paths.length;
    const path = paths[0] ?? "";
    const own = sitesOf.find((site) => site.path === path)?.axes ?? [];
    return source.get<Tensor>(["fwd", path]).shape[own.indexOf(nameAt(path, axis))] ?? 0;
  });
  const count = sizes.reduce((product, size) => product * size, 1);
  return Array.from({ length: count }, (_, cell) => {
    const index = indexOf(cell, sizes);
    const entries = axes.map((axis, i) => [axis, index[i] ?? 0] as const);
    const layer = entries.find(([axis]) => axis === "layer")?.[1];
    const patched = layer === undefined ? paths : [paths[layer] ?? ""];
    const chosen = [...entries.filter(([axis]) => axis !== "layer"), ...Object.entries(fixed)];
    const where = Object.fromEntries(chosen.map(([axis, i]) => [nameAt(patched[0] ?? "", axis), i]));
    using hooked = new ActivationPatching(patched, { source, slice: where }).prepare(model);
    return measure(hooked.call(corrupt), metric);
  });
}

/** A metric of one prompt's logits, which are disposed. */
export function measure(logits: Tensor, metric: Metric): number {
  const [, pos = 1, dVocab = 1] = logits.shape;
  const { position } = metric;
  const value = tidy(() => {
    const at = position === undefined ? 0 : position < 0 ? position + pos : position;
    const read =
      position === undefined ? logits : reshape(slice(logits, [0, at, 0], [1, 1, dVocab]), [1, dVocab]);
    return metric.of(read, [0]);
  });
  logits.dispose();
  return takeOne(value);
}

function cached(model: SweptModel, tokens: Tensor2D, sites: PatchTable["sites"]): TensorDict {
  using hooked = new ActivationCaching(sites).prepare(model);
  hooked.call(tokens).dispose();
  return hooked.takeCache();
}

function indexOf(cell: number, sizes: readonly number[]): number[] {
  let rest = cell;
  return [...sizes]
    .reverse()
    .map((size) => {
      const at = rest % size;
      rest = Math.floor(rest / size);
      return at;
    })
    .reverse();
}
