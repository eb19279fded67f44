import { CANDIDATES } from "./candidates.ts";

/**
 * What backends are called when `loadBackend` is asked for one, in the order in which it tries them.
 *
 * @example
 * BACKEND_NAMES.at(-1); // => "cpu"
 */
export const BACKEND_NAMES: readonly string[] = Object.freeze(CANDIDATES.map(({ name }) => name));
