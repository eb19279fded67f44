import { BackendError } from "./error.ts";

export function backendUnknown(name: string, known: readonly string[], from: string): BackendError {
  return new BackendError({
    code: "BACKEND_UNKNOWN",
    what: `${from} asks for the backend ${JSON.stringify(name)}, which does not exist.`,
    hint: `Choose one of ${known.join(", ")}.`,
    fields: { name, known, from },
  });
}

export function threadsInvalid(got: string, from: string, most: number): BackendError {
  return new BackendError({
    code: "THREADS_INVALID",
    what: `${from} asks for ${got} threads.`,
    hint: `Give a whole number from 1 to ${most}, or none to have one per processor.`,
    fields: { got, from, most },
  });
}

export function backendFailed(name: string, reason: string, from: string, cause: unknown): BackendError {
  return new BackendError({
    code: "BACKEND_FAILED",
    what: `${from} asks for the backend ${JSON.stringify(name)}, which could not be loaded: ${reason.replace(/\.$/, "")}.`,
    hint: "Install what it needs, or ask for none to get the best one that works here.",
    fields: { name, reason, from },
    cause,
  });
}

export function noBackend(tried: readonly string[]): BackendError {
  return new BackendError({
    code: "BACKEND_NONE",
    what: `No TensorFlow.js backend could be loaded: ${tried.join("; ")}.`,
    hint: "Reinstall @hookdict/backends: it brings the wasm and cpu backends.",
    fields: { tried },
  });
}

export function twoCores(copies: readonly string[]): BackendError {
  return new BackendError({
    code: "BACKEND_TWO_CORES",
    what: `Copies of @tensorflow/tfjs-core of several versions are loaded: ${copies.join(", ")}.`,
    hint: "Install one version for all, with npm dedupe or an override in package.json.",
    fields: { copies },
  });
}

export function optionsInvalid(got: unknown): BackendError {
  const hint =
    typeof got === "string"
      ? `Give the name as an option: loadBackend({ backend: ${JSON.stringify(got)} }).`
      : 'Give an object such as { backend: "wasm" }, or nothing.';
  return new BackendError({
    code: "BACKEND_OPTIONS",
    what: `loadBackend takes an object of options, not ${shown(got)}.`,
    hint,
    fields: { got },
  });
}

export function optionUnknown(name: string, known: readonly string[]): BackendError {
  return new BackendError({
    code: "BACKEND_OPTION",
    what: `loadBackend has no option ${JSON.stringify(name)}.`,
    hint: `Its options are ${known.join(", ")}.`,
    fields: { name, known },
  });
}

export function optionInvalid(name: string, got: unknown, wanted: string): BackendError {
  return new BackendError({
    code: "BACKEND_OPTION",
    what: `loadBackend was given ${shown(got)} as ${name}.`,
    hint: `Give ${wanted}, or leave it out.`,
    fields: { name, got },
  });
}

/** A value in a message, on one line. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "bigint" ? `${value}n` : String(value);
}
