import type { HookTarget, Site } from "@hookdict/core";
import { partUndeclared } from "../errors.ts";
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

/**
 * Every innermost place must declare what it computes: what a method did not know of, it would get wrong.
 *
 * @throws UsageError `PART_UNDECLARED`
 */
export function needDeclared(method: string, target: HookTarget): void {
  for (const site of innermost(target))
    if (site.kind !== "point" && describePart(target, site) === undefined)
      throw partUndeclared(method, site.path === "" ? target.name : site.path, site.type);
}
