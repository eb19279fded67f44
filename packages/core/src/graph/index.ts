import "@hookdict/tensordict"; // defines Symbol.dispose first

export type { GraphInputs, GraphModelLike, GraphOutput } from "./graph-like.ts";
export type { GraphArgs } from "./graph-target.ts";
export type { GraphInput, GraphPlace } from "./place.ts";
export { hookGraph } from "./hook-graph.ts";
export type { HookableGraph } from "./hook-graph.ts";
export type { HookGraphOptions } from "./options.ts";
