import { isTensor } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { inputsInvalid } from "./errors.ts";

/** The model's arguments, taken apart into named tensors. */
export interface Arguments {
  /** `"input"` for one tensor, `"input.0"`, `"input.1"`, ... for several, their own names for a record. */
  readonly names: readonly string[];
  readonly tensors: readonly Tensor[];
  /** Size of the first axis, which all share. */
  readonly batch: number;
  /** Arguments of the model from tensors in the order of the names. */
  pack(tensors: readonly Tensor[]): readonly unknown[];
}

/** Takes the model's arguments apart: tensors, or one record of tensors. @throws UsageError `ATTRIBUTION_INPUTS` */
export function argumentsOf(args: readonly unknown[]): Arguments {
  const [first] = args;
  if (args.length === 1 && isRecord(first)) {
    const names = Object.keys(first);
    const tensors = names.map((name) => first[name]);
    return checked(names, tensors, (given) => [
      Object.fromEntries(names.map((name, i) => [name, given[i]] as const)),
    ]);
  }
  const names = args.length === 1 ? ["input"] : args.map((_, i) => `input.${i}`);
  return checked(names, args, (given) => given);
}

function checked(
  names: readonly string[],
  values: readonly unknown[],
  pack: (tensors: readonly Tensor[]) => readonly unknown[],
): Arguments {
  const tensors: Tensor[] = [];
  for (const [i, value] of values.entries()) {
    if (!isTensor(value) || value.rank === 0) throw inputsInvalid(names[i] ?? "input", value);
    tensors.push(value);
  }
  const batch = tensors[0]?.shape[0];
  if (batch === undefined || tensors.some(({ shape }) => shape[0] !== batch))
    throw inputsInvalid(names.join(", "), tensors.map(({ shape }) => `[${shape.join(", ")}]`).join(" and "));
  return { names, tensors, batch, pack };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
