import { optionInvalid, optionsInvalid, optionUnknown } from "./errors.ts";
import type { LoadBackendOptions } from "./load-backend.ts";
import { checkWasmPath } from "./wasm/files.ts";

/** What each option of `loadBackend` must be, and whether a value is. */
const CHECKS: Readonly<Record<keyof LoadBackendOptions, readonly [string, (value: unknown) => boolean]>> = {
  backend: ["the name of a backend", isText],
  wasmPath: ["a folder, a map of files to URLs or bytes, or bytes", () => true], // checked below, more closely
  threads: ["a number", (value) => typeof value === "number"],
  onDeviceLost: ["a function", (value) => typeof value === "function"],
};

/**
 * The options as callers of plain JavaScript may give them, checked.
 *
 * @throws BackendError `BACKEND_OPTIONS`, `BACKEND_OPTION`.
 */
export function checkOptions(given: unknown): LoadBackendOptions {
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw optionsInvalid(given);
  for (const [name, value] of Object.entries(given)) {
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof LoadBackendOptions] : undefined;
    if (check === undefined) throw optionUnknown(name, Object.keys(CHECKS));
    const [wanted, accepts] = check;
    if (value !== undefined && !accepts(value)) throw optionInvalid(name, value, wanted);
  }
  const options = given as LoadBackendOptions; // checked just now
  checkWasmPath(options.wasmPath);
  return options;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
