export { HookingContext } from "./context.ts";
export { HookingContextWithCache, relativePath } from "./context-with-cache.ts";
export type { Calls, CaptureCallback, CaptureOptions } from "./context-with-cache.ts";
export { HookingContextFactory } from "./factory.ts";
export type { FactoryDescription, PrepareOptions } from "./factory.ts";
