import type { HookTarget, Site } from "@hookdict/core";
import { graphDescriber } from "./graph-places.ts";
import { layerDescriber } from "./layer-places.ts";
import { moduleDescriber } from "./module-places.ts";
import type { PartDescription } from "./part.ts";

/** Where a model computes, and what. */
export interface Place {
  readonly site: Site;
  /** What it computes, one after the other; `undefined` where nothing tells. */
  readonly stages: readonly PartDescription[] | undefined;
  /** Which of the inputs that hooks see are data; default all. The others are weights. */
  readonly data?: readonly number[] | undefined;
  /** Path of the place before, if this one alone reads it and reads nothing else. */
  readonly before?: string | undefined;
}

/** Describes places of one kind of model. */
export type Describer = (site: Site) => Omit<Place, "site">;

/** Where a model computes: sites that have no sites within, but for points, which pass their value on. */
export function placesOf(target: HookTarget): readonly Place[] {
  const sites = target.sites();
  const describe = describerOf(target, sites);
  return innermost(target, sites).map((site) => ({ site, ...describe(site) }));
}

function innermost(target: HookTarget, sites: readonly Site[]): readonly Site[] {
  if (target.kind === "node") return sites; // names of nodes say nothing of what is within what
  const outer = new Set<string>();
  for (const { segments } of sites)
    for (let i = 0; i < segments.length; i++) outer.add(segments.slice(0, i).join("."));
  return sites.filter(({ path, kind }) => kind !== "point" && !(outer.has(path) && path !== ""));
}

function describerOf(target: HookTarget, sites: readonly Site[]): Describer {
  if (target.kind === "layer") return layerDescriber(target, sites);
  return target.kind === "node" ? graphDescriber(target, sites) : moduleDescriber(target);
}
