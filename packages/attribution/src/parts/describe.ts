import type { HookTarget, Site } from "@hookdict/core";
import { isPart, type PartDescription } from "./part.ts";

/** The module of a site, found from the model's fields. */
export function moduleAt(target: HookTarget, site: Site): unknown {
  let place: unknown = target.model;
  if (site.path === "") return place;
  for (const segment of site.segments) {
    if (typeof place !== "object" || place === null) return undefined;
    place = (place as Readonly<Record<string, unknown>>)[segment]; // fields, indices of arrays and keys of records
  }
  return place;
}

/** What a site computes, as far as the model declares it. */
export function describePart(target: HookTarget, site: Site): PartDescription | undefined {
  const module = moduleAt(target, site);
  return isPart(module) ? module.part : undefined;
}

/** Sites that have no sites within: where the model computes. */
export function innermost(target: HookTarget): readonly Site[] {
  const sites = target.sites();
  return sites.filter(({ path }) => path === "" || !sites.some((other) => other.path.startsWith(`${path}.`)));
}
