import { engine, registerBackend } from "@tensorflow/tfjs-core";
import type { Candidate } from "./candidate.ts";

/** How packages have registered their backends. */
const registrations = new Map<string, ReturnType<typeof engine>["registryFactory"][string]>();

/**
 * A package registers its backend when it is imported, and never again: once `removeBackend` has taken it away, it is
 * registered as before.
 */
export function registeredOnce(candidate: Candidate): Candidate {
  const { tfName } = candidate;
  return {
    ...candidate,
    load: async (options) => {
      const { registryFactory } = engine();
      const known = registrations.get(tfName);
      if (known !== undefined && !(tfName in registryFactory))
        registerBackend(tfName, known.factory, known.priority);
      const loaded = await candidate.load(options);
      const registered = registryFactory[tfName];
      if (registered !== undefined) registrations.set(tfName, registered);
      return loaded;
    },
  };
}
