import type { FunctionModel } from "./function-model.ts";

/** Marks function models, whatever copy of this package they come from. */
export const FUNCTION_MODEL: unique symbol = Symbol.for("@hookdict/function-model");

export function isFunctionModel(value: unknown): value is FunctionModel {
  return typeof value === "object" && value !== null && FUNCTION_MODEL in value;
}
