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
  return Object.freeze({ ...values, [BRAND]: true as const });
}

export function isKwargs(value: unknown): value is Kwargs {
  return typeof value === "object" && value !== null && BRAND in value;
}
