import { badSiteName } from "./errors.ts";
import type { Site } from "../sites/site.ts";
import { isFunctionModel } from "./brand.ts";
import type { FunctionNode, FunctionPlace } from "./place.ts";

/** A place of a function model and the site that it is. */
export interface FunctionSite {
  readonly place: FunctionPlace | FunctionNode;
  readonly site: Site;
}

/**
 * The places of a function model, a model inside before its own places. What several models call is one site: its first
 * path names it, the others are aliases.
 *
 * @throws UsageError `FUNCTION_SITE_NAME` when two places have one path.
 */
export function walkPlaces(root: FunctionNode): readonly FunctionSite[] {
  const found = new Map<FunctionPlace | FunctionNode, { path: string; aliases: string[] }>();
  const owners = new Map<string, FunctionPlace | FunctionNode>();
  const visit = (model: FunctionNode, prefix: string): void => {
    for (const [name, place] of model.places) {
      if (place === root) continue; // a function may call itself
      const path = prefix + name;
      const owner = owners.get(path);
      if (owner !== undefined) {
        throw badSiteName(root.name, path, {
          kind: "taken",
          by: isFunctionModel(owner) ? "function" : "site",
        });
      }
      owners.set(path, place);
      const known = found.get(place);
      if (known !== undefined) {
        known.aliases.push(path);
        continue;
      }
      found.set(place, { path, aliases: [] });
      if (isFunctionModel(place)) visit(place, `${path}.`);
    }
  };
  visit(root, "");
  return [...found].map(([place, { path, aliases }]) => ({ place, site: siteOf(place, path, aliases) }));
}

function siteOf(place: FunctionPlace | FunctionNode, path: string, aliases: readonly string[]): Site {
  const axes = isFunctionModel(place) ? undefined : place.axes;
  return {
    path,
    segments: path.split("."),
    kind: "function",
    type: isFunctionModel(place) ? "function" : "site",
    ...(axes === undefined ? {} : { axes }),
    ...(aliases.length === 0 ? {} : { aliases }),
  };
}
