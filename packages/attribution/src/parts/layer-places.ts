import type { HookTarget, Site } from "@hookdict/core";
import type { Describer } from "./place.ts";
import { type Layer, LAYERS } from "./layer-kinds.ts";

/** Places of a model of layers: each layer is described by its class. */
export function layerDescriber(target: HookTarget, sites: readonly Site[]): Describer {
  const paths = new Map(sites.map((site) => [target.placeAt(site), site.path]));
  return (site) => {
    const layer = target.placeAt(site) as Layer; // of a model of layers
    return { stages: LAYERS[site.type]?.(layer), before: paths.get(layerBefore(layer)) };
  };
}

/** The layer that this one alone reads, where it reads nothing else and both are called once. */
function layerBefore({ inboundNodes }: Layer): Layer | undefined {
  const [call, ...others] = inboundNodes ?? [];
  const [from, ...more] = call?.inboundLayers ?? [];
  if (others.length > 0 || more.length > 0) return undefined;
  return from?.outboundNodes?.length === 1 && from.inboundNodes?.length === 1 ? from : undefined;
}
