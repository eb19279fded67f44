import { Tensor } from "@tensorflow/tfjs-core";
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

/** What `forward` gave; compilers turn async functions and generators into ordinary ones. @throws as above */
export function checkOutput(module: object, output: unknown): unknown {
  if (typeof output !== "object" || output === null || output instanceof Tensor) return output;
  if ("then" in output && typeof output.then === "function") {
    void Promise.resolve(output as PromiseLike<unknown>).catch(() => undefined); // reported below
    throw moduleAsync(module.constructor.name, "an async function");
  }
  if ("next" in output && typeof output.next === "function" && "return" in output)
    throw moduleAsync(module.constructor.name, "a generator");
  return output;
}
