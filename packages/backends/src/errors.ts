import { BackendError } from "./error.ts";

export function backendUnknown(name: string, known: readonly string[], from: string): BackendError {
  return new BackendError({
    code: "BACKEND_UNKNOWN",
    what: `${from} asks for the backend ${JSON.stringify(name)}, which does not exist.`,
    hint: `Choose one of ${known.join(", ")}.`,
    fields: { name, known, from },
  });
}

export function backendFailed(name: string, reason: string, from: string, cause: unknown): BackendError {
  return new BackendError({
    code: "BACKEND_FAILED",
    what: `${from} asks for the backend ${JSON.stringify(name)}, which could not be loaded: ${reason}.`,
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
