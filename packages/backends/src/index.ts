export { BackendError } from "./error.ts";
export { BACKEND_NAMES } from "./names.ts";
export { backendEvents } from "./events.ts";
export type { BackendEventMap, BackendWarning } from "./events.ts";
export { loadBackend } from "./load-backend.ts";
export type { LoadBackendOptions, LoadedBackend } from "./load-backend.ts";
export type { WasmFileName, WasmFiles, WasmLocation } from "./wasm/files.ts";
