import { Tensor } from "@tensorflow/tfjs-core";
import { opArgument, opShapes } from "./errors.ts";

/**
 * Refuses what is no tensor that can be computed with; `undefined` is one that may be left out.
 *
 * @throws UsageError `OP_ARGUMENT`.
 */
export function checkTensors(op: string, tensors: Readonly<Record<string, Tensor | undefined>>): void {
  for (const name in tensors) {
    const given: unknown = tensors[name];
    if (given === undefined) continue;
    if (!(given instanceof Tensor)) throw opArgument(op, name, "a float32 tensor", shown(given));
    if (given.isDisposed) throw opArgument(op, name, "one that is alive", "a tensor that was disposed");
    if (given.dtype !== "float32") throw opArgument(op, name, "float32", `a tensor of ${given.dtype}`);
  }
}

/**
 * As {@link checkTensors}, and refuses `undefined`, too.
 *
 * @throws UsageError `OP_ARGUMENT`.
 */
export function needTensors(op: string, tensors: Readonly<Record<string, Tensor>>): void {
  for (const name in tensors)
    if ((tensors[name] as unknown) === undefined) throw opArgument(op, name, "a float32 tensor", "nothing");
  checkTensors(op, tensors);
}

/** @throws UsageError `OP_ARGUMENT`. */
export function needNumber(op: string, name: string, value: unknown): void {
  if (typeof value !== "number" || !Number.isFinite(value))
    throw opArgument(op, name, "a finite number", shown(value));
}

/** @throws ShapeError `OP_SHAPES`. */
export function needShapes(
  op: string,
  tensors: Readonly<Record<string, Tensor>>,
  wanted: string,
  fit: boolean,
): void {
  if (fit) return;
  throw opShapes(
    op,
    Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape])),
    wanted,
  );
}

/** A value in a message, on one line. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
