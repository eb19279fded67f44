import "@hookdict/tensordict"; // defines Symbol.dispose first

export { hookLayers } from "./hook-layers.ts";
export type { HookableLayers } from "./hook-layers.ts";
export type { LayerInputs, LayerKeywords, LayerLike } from "./layer-like.ts";
export type { LayersArgs } from "./layers-target.ts";
export type { HookLayersOptions } from "./options.ts";
