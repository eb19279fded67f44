export { BackendError } from "./error.ts";
export { loadBackend } from "./load-backend.ts";
export type { LoadBackendOptions, LoadedBackend } from "./load-backend.ts";
