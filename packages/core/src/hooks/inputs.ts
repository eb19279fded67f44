import { checkArgument } from "@hookdict/tensordict";

const BRAND: unique symbol = Symbol.for("@hookdict/kwargs");

/** Keyword inputs of a call: the last argument of `module.call(x, kwargs({ mask }))`. */
export type Kwargs<T extends object = Readonly<Record<string, unknown>>> = Readonly<T> & {
  readonly [BRAND]: true;
};

/**
 * Marks a record as keyword inputs, so that hooks tell it from a positional input that happens to be a record.
 *
 * @example
 * kwargs({ causal: true }).causal; // => true
 */
export function kwargs<T extends object>(values: T): Kwargs<T> {
  checkArgument("kwargs", "values", values, "a record");
  return Object.freeze({ ...values, [BRAND]: true as const });
}

export function isKwargs(value: unknown): value is Kwargs {
  return typeof value === "object" && value !== null && BRAND in value;
}

/** The positional inputs as hooks see them: the value itself when there is one, the tuple otherwise. */
export function packInputs(inputs: readonly unknown[]): unknown {
  return inputs.length === 1 ? inputs[0] : inputs;
}

export function unpackInputs(value: unknown, count: number): readonly unknown[] {
  return count === 1 ? [value] : (value as readonly unknown[]); // a tuple of that length: `conforms` has checked it
}
