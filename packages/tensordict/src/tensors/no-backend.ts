import { engine } from "@tensorflow/tfjs-core";
import { UsageError } from "../errors/base.ts";

/** Marks the engine, which all copies of tfjs-core and of this package share. */
const TOLD = Symbol.for("@hookdict/no-backend");

/** The part of the engine that looks for a backend: it throws where none is registered. */
interface Backends {
  readonly registryFactory: object;
  getSortedBackends?: () => readonly string[];
  [TOLD]?: true;
}

/**
 * Lets TensorFlow.js say what to do where no backend is registered, which is all that a newcomer's first tensor meets: its
 * own error is "No backend found in registry."
 */
export function explainNoBackend(): void {
  const backends = engine() as unknown as Backends; // declared private
  const { getSortedBackends: original } = backends;
  if (backends[TOLD] === true || original === undefined) return;
  backends[TOLD] = true;
  backends.getSortedBackends = function (this: Backends): readonly string[] {
    if (Object.keys(this.registryFactory).length === 0) throw backendMissing();
    return original.call(this);
  };
}

function backendMissing(): UsageError {
  return new UsageError({
    code: "BACKEND_MISSING",
    what: "No backend of TensorFlow.js is loaded, so there can be no tensor yet.",
    hint: 'Call await loadBackend() from @hookdict/backends first, or import "@tensorflow/tfjs".',
  });
}
