import { checked } from "../checks/checked.ts";
import { type Fit, fit } from "../checks/fit.ts";
import { noPage } from "./errors.ts";

/** A function that is of use in pages alone. */
export function onPage<F extends (...args: never[]) => unknown>(
  owner: string,
  fn: F,
  fits: Readonly<Record<string, Fit>>,
): F {
  const there = (...args: never[]): unknown => {
    if (globalThis.customElements === undefined) throw noPage(owner);
    return fn(...args);
  };
  return checked(owner, there as F, fits);
}

/** Something that has these methods. */
export const hasMethods = (wanted: string, ...names: readonly string[]): Fit =>
  fit(
    wanted,
    (value) =>
      typeof value === "object" &&
      value !== null &&
      names.every((name) => typeof Reflect.get(value, name) === "function"),
  );
