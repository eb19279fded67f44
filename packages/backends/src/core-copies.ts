import { twoCores } from "./errors.ts";
import type { BackendWarning } from "./events.ts";

/** A loaded copy of tfjs-core. */
export interface CoreCopy {
  readonly version: string;
  readonly where: string;
}

/**
 * A warning for each further copy of tfjs-core in this process. Copies of one version share their engine and work, at the
 * cost of the space.
 *
 * @throws BackendError `BACKEND_TWO_CORES` where they are of several versions: one's kernels would run in the other's engine.
 */
export function checkCores(copies: readonly CoreCopy[]): BackendWarning[] {
  const names = copies.map(({ version, where }) => `${version} in ${where}`);
  if (new Set(copies.map(({ version }) => version)).size > 1) throw twoCores(names);
  const message = `@tensorflow/tfjs-core is loaded ${copies.length} times: ${names.join(", ")}`;
  return copies.length < 2 ? [] : [{ code: "CORES_REPEATED", message }];
}
