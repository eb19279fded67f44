import type { HookTarget } from "@hookdict/core";
import { isPart } from "./part.ts";
import type { Describer } from "./place.ts";

/** Places of own modules: those that are parts declare what they compute; the one before is the one declared before. */
export function moduleDescriber(target: HookTarget): Describer {
  let before: string | undefined;
  return (site) => {
    const place = target.placeAt(site);
    const known = before;
    before = site.path;
    return { stages: isPart(place) ? [place.part] : undefined, before: known };
  };
}
