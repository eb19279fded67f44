const BRAND: unique symbol = Symbol.for("@hookdict/bypass");

/** What {@link bypass} returns. */
export interface Bypass {
  readonly [BRAND]: true;
  readonly output: unknown;
}

/**
 * What a `fwd_pre` hook returns so that its site does not run: `output` stands in for what it would have computed, and
 * the site's `fwd` hooks see it. Sites inside the site do not run either. The last such hook of a site counts.
 *
 * **Ownership:** as of any value that a hook returns.
 *
 * @example
 * const double = hookFunction((x: number) => 2 * x);
 * double.call(4); // => 8
 * bypass(5).output; // => 5
 */
export function bypass(output: unknown): Bypass {
  return Object.freeze({ [BRAND]: true as const, output });
}

export function isBypass(value: unknown): value is Bypass {
  return typeof value === "object" && value !== null && BRAND in value;
}
