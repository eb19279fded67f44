import { asyncKind } from "../targets/asynchronous.ts";
import { moduleAsync } from "./errors.ts";

/** The latest that passed: sites that are hooked together are mostly of one class. */
let latest: unknown;

/** Checks, before it has run, that a module's `forward` is an ordinary function. @throws UsageError `MODULE_ASYNC` */
export function checkForward(module: { readonly forward?: unknown }): void {
  const { forward } = module;
  if (forward === latest) return;
  const kind = asyncKind(forward);
  if (kind !== undefined) throw moduleAsync(module.constructor.name, kind);
  latest = forward;
}
