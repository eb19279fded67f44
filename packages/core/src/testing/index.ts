import "@hookdict/tensordict"; // defines Symbol.dispose first

export { CheckError } from "@hookdict/tensordict";
export type { PreparableFactory } from "./conformance/bench.ts";
export { contextConformance } from "./conformance/conformance.ts";
export type { ConformanceCase, ConformanceOptions } from "./conformance/conformance.ts";
export type { ConformanceSubject } from "./conformance/subject.ts";
export { expectClose } from "./expect-close.ts";
export type { ExpectCloseOptions, NestedNumbers, Numbers } from "./expect-close.ts";
export { leakFree, leakFreeAsync } from "./leak-free.ts";
export { seededValues } from "./seeded.ts";
export { tinyFunction } from "./tiny-function.ts";
export type { TinyFunction } from "./tiny-function.ts";
export { tinyGraph } from "./tiny-graph.ts";
export { tinyLayers } from "./tiny-layers.ts";
export { TinyModule, tinyTokens } from "./tiny-module.ts";
export type { TinyOptions } from "./tiny-weights.ts";
