export { ActivationCaching } from "./activation-caching.ts";
export type { ActivationCachingClass, ActivationCachingOptions } from "./activation-caching.ts";
export { ActivationPatching } from "./activation-patching.ts";
export type { ActivationPatchingOptions, Patch } from "./activation-patching.ts";
export type { AxisIndices } from "./axes.ts";
