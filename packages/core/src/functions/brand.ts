import type { FunctionNode } from "./place.ts";

/** Marks function models, whatever copy of this package they come from. */
export const FUNCTION_MODEL: unique symbol = Symbol.for("@hookdict/function-model");

export function isFunctionModel(value: unknown): value is FunctionNode {
  return typeof value === "object" && value !== null && FUNCTION_MODEL in value;
}
