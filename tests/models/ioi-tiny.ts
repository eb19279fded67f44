import { readFileSync } from "node:fs";
import { openSafetensors, type HostArray, type TensorStore } from "@hookdict/tensordict/io";
import type { GPT2 } from "@hookdict/models";
import { type Scalar, slice, sub, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** Folder of the small trained model and of TransformerLens's values for it. */
export const ioiTiny: URL = new URL("../../examples/ioi-patching/model/", import.meta.url);

/** One prompt pair of the reference. */
export interface ReferenceCase {
  readonly clean: string;
  readonly corrupt: string;
  readonly right: string;
  readonly wrong: string;
  readonly clean_ids: readonly number[];
  readonly corrupt_ids: readonly number[];
  readonly clean_metric: number;
  readonly corrupt_metric: number;
  /** Hook points in execution order. */
  readonly names: readonly string[];
}

/** The prompt pairs of the reference. */
export const referenceCases: readonly ReferenceCase[] = JSON.parse(
  readFileSync(new URL("reference.json", ioiTiny), "utf8"),
) as readonly ReferenceCase[];

/** TransformerLens's values: `0/fwd/<name>`, `0/bwd/<name>`, `0/patch/<what>`, `0/logits`. */
export function openReference(): Promise<TensorStore> {
  return openSafetensors(new URL("reference.safetensors", ioiTiny));
}

/**
 * What the reference allows: float32 sums in another order differ by this much at most.
 */
export const TOLERANCE = 2e-4;

/** The first element of `got` that is further from `want` than `tolerance`, absolute or relative; `undefined` if none. */
export function firstFarOff(
  got: HostArray,
  want: HostArray,
  tolerance: number = TOLERANCE,
): string | undefined {
  if (got.length !== want.length) return `${got.length} values instead of ${want.length}`;
  const index = got.findIndex((value, i) => !isClose(value, want[i] ?? NaN, tolerance));
  return index < 0 ? undefined : `element ${index} is ${got[index]} instead of ${want[index]}`;
}

function isClose(got: number, want: number, tolerance: number): boolean {
  return Object.is(got, want) || Math.abs(got - want) <= tolerance * Math.max(1, Math.abs(want));
}

/** Logit of the right token minus logit of the wrong one, at the last position. **Ownership:** *takes* the logits. */
export function metric(model: GPT2, logits: Tensor, { right, wrong }: ReferenceCase): Scalar {
  const value = tidy(() =>
    sub(lastLogit(logits, model.singleToken(right)), lastLogit(logits, model.singleToken(wrong))),
  );
  logits.dispose();
  return value as Scalar; // sums over all axes
}

function lastLogit(logits: Tensor, token: number): Tensor {
  const [, pos = 1] = logits.shape;
  return sum(slice(logits, [0, pos - 1, token], [1, 1, 1]));
}
