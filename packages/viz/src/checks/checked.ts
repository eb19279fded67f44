import { dataUnfit, optionUnfit } from "./errors.ts";
import { fields, type Fit } from "./fit.ts";

/** Refuses a value that does not fit, with the part that does not. @throws ViewError `VIEW_DATA` */
export function check(owner: string, value: unknown, fit: Fit, name = ""): void {
  const misfit = fit(value, name);
  if (misfit !== undefined) throw dataUnfit(owner, misfit);
}

/** Refuses options, or a part of them, that do not fit. @throws ViewError `VIEW_OPTION` */
export function checkOptions(shape: Readonly<Record<string, Fit>>, options: unknown): void {
  const misfit = fields(shape)(options, "");
  if (misfit !== undefined) throw optionUnfit(misfit);
}

/**
 * The same function, which refuses arguments that do not fit: for what others are given, while pictures are drawn with the
 * function itself. One that takes its arguments apart can be given none at all.
 *
 * @param fits The names of the arguments, and what each should be.
 */
export function checked<F extends (...args: never[]) => unknown>(
  owner: string,
  fn: F,
  fits: Readonly<Record<string, Fit>>,
): F {
  const list = Object.entries(fits);
  const whole = (...args: readonly unknown[]): unknown => {
    list.forEach(([name, fit], i) => check(owner, args[i], fit, name));
    return fn(...(args as Parameters<F>)); // looked at
  };
  return Object.assign(whole, fn) as F; // with what it has besides
}
