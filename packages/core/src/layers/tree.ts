import { badLayerName } from "./errors.ts";
import type { Site } from "../sites/site.ts";
import { isContainer, isInputLayer, isLayer, type LayerLike } from "./layer-like.ts";

/** A layer of a model and the site that it is. */
export interface LayerSite {
  readonly layer: LayerLike;
  readonly site: Site;
}

/** Names that stand in for layers' own, by the latter. */
export type LayerNames = Readonly<Record<string, string>>;

interface Found {
  readonly segments: readonly string[];
  readonly aliases: string[];
}

/**
 * The layers of a model, parents before children, in the model's order; a bare layer is the first of its own. A layer
 * inside a model is named by its `name`; one that a layer keeps in a field, such as the `cell` of a recurrent layer or
 * the `layer` of a `timeDistributed`, by the field. A layer that several parents share is one site with aliases.
 *
 * @throws UsageError `LAYERS_NAME`
 */
export function walkLayers(root: LayerLike, names: LayerNames): readonly LayerSite[] {
  const found = new Map<LayerLike, Found>();
  const owners = new Map<string, LayerLike>();

  const visit = (layer: LayerLike, segments: readonly string[]): void => {
    if (isInputLayer(layer)) return;
    const path = segments.join(".");
    const owner = owners.get(path);
    if (owner === layer) return;
    if (owner !== undefined) throw badLayerName(layer.name, { kind: "taken", path, by: owner.name });
    owners.set(path, layer);
    const known = found.get(layer);
    if (known !== undefined) {
      known.aliases.push(path);
      return;
    }
    found.set(layer, { segments, aliases: [] });
    children(layer, segments);
  };
  const children = (parent: LayerLike, segments: readonly string[]): void => {
    if (isContainer(parent)) {
      for (const layer of parent.layers)
        if (!isInputLayer(layer)) visit(layer, [...segments, ...segmentsOf(layer, names)]);
    } else {
      for (const [keys, layer] of layersInFields(parent)) visit(layer, [...segments, ...keys]);
    }
  };
  if (isContainer(root)) children(root, []);
  else visit(root, segmentsOf(root, names));
  return [...found].map(([layer, place]) => ({ layer, site: siteOf(layer, place) }));
}

/** Names of exported models contain slashes ("block1/conv"): they are segments, and empty ones count for nothing. */
function segmentsOf(layer: LayerLike, names: LayerNames): readonly string[] {
  const { name } = layer;
  const text = Object.hasOwn(names, name) ? (names[name] ?? "") : name;
  if (/#\d+$/.test(text)) throw badLayerName(name, { kind: "repeat" });
  const segments = text.split(/[./]/).filter((segment) => segment !== "");
  if (segments.length === 0) throw badLayerName(name, { kind: "empty" });
  return segments;
}

/** Layers that a layer keeps in its fields, alone or in arrays. */
function layersInFields(parent: LayerLike): readonly (readonly [readonly string[], LayerLike])[] {
  const found: [readonly string[], LayerLike][] = [];
  for (const [field, value] of Object.entries(parent) as [string, unknown][]) {
    if (isTemplate(parent, field)) continue;
    if (isLayer(value)) found.push([[field], value]);
    else if (Array.isArray(value)) {
      for (const [i, item] of (value as readonly unknown[]).entries())
        if (isLayer(item)) found.push([[field, String(i)], item]);
    }
  }
  return found;
}

/** A `bidirectional` keeps, besides the two copies that run, the layer they were copied from, which never does. */
function isTemplate(parent: LayerLike, field: string): boolean {
  return field === "layer" && parent.getClassName() === "Bidirectional";
}

function siteOf(layer: LayerLike, { segments, aliases }: Found): Site {
  return {
    path: segments.join("."),
    segments,
    kind: "layer",
    type: layer.getClassName(),
    ...(aliases.length === 0 ? {} : { aliases }),
  };
}
