import { moduleAsync } from "./errors.ts";

const FUNCTION: unknown = Object.getPrototypeOf(() => undefined);

/** What cannot be hooked: hooks run inside of `forward`, and two runs that wait could not be told apart. */
const KINDS: Readonly<Record<string, string>> = {
  AsyncFunction: "an async function",
  GeneratorFunction: "a generator",
  AsyncGeneratorFunction: "an async generator",
};

/** The latest that passed: sites that are hooked together are mostly of one class. */
let latest: unknown;

/** Checks, before it has run, that a module's `forward` is an ordinary function. @throws UsageError `MODULE_ASYNC` */
export function checkForward(module: { readonly forward?: unknown }): void {
  const { forward } = module;
  if (forward === latest) return;
  if (typeof forward !== "function" || Object.getPrototypeOf(forward) === FUNCTION) {
    latest = forward;
    return;
  }
  const kind = KINDS[forward.constructor.name];
  if (kind !== undefined) throw moduleAsync(module.constructor.name, kind);
}
