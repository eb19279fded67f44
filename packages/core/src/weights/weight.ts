import { isPlainRecord, isTensor } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Site } from "../sites/site.ts";

/**
 * A tensor that a model computes with and keeps, under its name: `fc1.kernel`, `blocks.0.attn.q.weight`. Patterns pick
 * weights as they pick sites. One that several parts share is one weight, and its other names are `aliases`.
 */
export interface Weight extends Site {
  readonly kind: "weight";
  readonly shape: readonly number[];
  /** *Borrowed*: it is the model's. */
  readonly tensor: Tensor;
}

/** Weights as they are found, each tensor once: its first name is its path. */
export class WeightList {
  readonly #found = new Map<Tensor, { readonly segments: readonly string[]; readonly aliases: string[] }>();

  /** Adds a tensor; one that is disposed, or of texts, is none. */
  add(segments: readonly string[], tensor: Tensor): void {
    if (tensor.isDisposed || tensor.dtype === "string") return;
    const known = this.#found.get(tensor);
    if (known === undefined) this.#found.set(tensor, { segments, aliases: [] });
    else if (known.segments.join(".") !== segments.join(".")) known.aliases.push(segments.join("."));
  }

  /** Adds the tensors in a record, in lists and in records inside of it. */
  addAll(above: readonly string[], holder: object, seen: Set<object> = new Set()): void {
    if (seen.has(holder)) return;
    seen.add(holder);
    for (const [key, value] of Object.entries(holder) as [string, unknown][]) {
      const segments = [...above, ...segmentsIn(key)];
      if (isTensor(value)) this.add(segments, value);
      else if (Array.isArray(value) || isPlainRecord(value)) this.addAll(segments, value as object, seen);
    }
  }

  get weights(): readonly Weight[] {
    return [...this.#found].map(([tensor, { segments, aliases }]) => ({
      path: segments.join("."),
      segments,
      kind: "weight",
      type: tensor.constructor.name,
      shape: tensor.shape,
      tensor,
      ...(aliases.length > 0 && { aliases }),
    }));
  }
}

/** Names contain slashes and dots: both separate segments, and empty ones count for nothing. */
export function segmentsIn(name: string): readonly string[] {
  return name.split(/[./]/).filter((segment) => segment !== "");
}
