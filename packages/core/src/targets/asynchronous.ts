import { Tensor } from "@tensorflow/tfjs-core";

const FUNCTION: unknown = Object.getPrototypeOf(() => undefined);

/** What cannot be hooked: hooks run inside, and two runs that wait could not be told apart. */
const KINDS: Readonly<Record<string, string>> = {
  AsyncFunction: "an async function",
  GeneratorFunction: "a generator",
  AsyncGeneratorFunction: "an async generator",
};

/** Which kind of function does not give its result at once; `undefined` for ordinary ones. */
export function asyncKind(fn: unknown): string | undefined {
  if (typeof fn !== "function" || Object.getPrototypeOf(fn) === FUNCTION) return undefined;
  return KINDS[fn.constructor.name];
}

/** Whether a result is no value yet: compilers turn async functions and generators into ordinary ones. */
export function pendingKind(output: unknown): string | undefined {
  if (typeof output !== "object" || output === null || output instanceof Tensor) return undefined;
  if ("then" in output && typeof output.then === "function") {
    void Promise.resolve(output as PromiseLike<unknown>).catch(() => undefined); // refused by who asks
    return "an async function";
  }
  return "next" in output && typeof output.next === "function" && "return" in output
    ? "a generator"
    : undefined;
}
