import { TensorDict, tensorsOf } from "@hookdict/tensordict";
import { Tensor } from "@tensorflow/tfjs-core";
import type { Leaves, Seen, ValueKind } from "./directions.ts";

/** A value of the given kind; what it holds belongs to the caller. */
export function build(kind: ValueKind, [a, b]: Leaves, tensorOf: (n: number) => Tensor): unknown {
  if (kind === "tensor") return tensorOf(a);
  if (kind === "tuple") return [tensorOf(a), tensorOf(b)];
  const record = { a: tensorOf(a), b: tensorOf(b) };
  return kind === "record" ? record : new TensorDict(record);
}

/** A value with numbers for tensors; a TensorDict as `{ TensorDict: ... }`. */
export function plain(value: unknown): unknown {
  if (value instanceof Tensor) return value.dataSync()[0];
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof TensorDict) return { TensorDict: plainEntries(value.entries()) };
  if (typeof value === "object" && value !== null) return plainEntries(Object.entries(value));
  return value;
}

function plainEntries(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
}

/** What `plain` gives for a value of that kind. */
export function expected(kind: ValueKind, seen: Seen): unknown {
  if ("inputs" in seen) return { inputs: expected(kind, seen.inputs), kwargs: seen.kwargs };
  const [a, b] = seen;
  if (kind === "tensor") return a;
  if (kind === "tuple") return [a, b];
  return kind === "record" ? { a, b } : { TensorDict: { a, b } };
}

/** The same for what a cache holds: tuples and records become TensorDicts. */
export function expectedCapture(kind: ValueKind, [a, b]: Leaves): unknown {
  if (kind === "tensor") return a;
  return { TensorDict: kind === "tuple" ? { 0: a, 1: b } : { a, b } };
}

/** A hook's `info` without what is undefined. */
export function plainInfo(info: object): Record<string, unknown> {
  const entries = ["inputs", "kwargs", "gradOutput"].map((name) => [name, Reflect.get(info, name)] as const);
  return Object.fromEntries(
    entries.filter(([, value]) => value !== undefined).map(([name, value]) => [name, plain(value)]),
  );
}

/** Frees what a value holds. */
export function free(value: unknown): void {
  if (value instanceof TensorDict) value.dispose();
  else for (const tensor of tensorsOf(value)) tensor.dispose();
}
