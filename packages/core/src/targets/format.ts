import { headline, LINES } from "@hookdict/tensordict";
import type { HookEntry } from "../hooks/entry.ts";
import type { Site } from "../sites/site.ts";
import type { HookTarget } from "./target.ts";

/** A model's sites as a tree with types and axes, and who has which hooks there, in at most one screen. */
export function formatModel(target: HookTarget): string {
  const sites = target.sites();
  const hooks = new Map<string, string[]>();
  for (const entry of target.entries) {
    const { path } = entry.site;
    hooks.set(path, [...(hooks.get(path) ?? []), hookText(entry)]);
  }
  const shown = sites.length > LINES - 1 ? sites.slice(0, LINES - 2) : sites;
  const names = shown.map(({ segments }) => `${"  ".repeat(segments.length)}${segments.at(-1) ?? ""}`);
  const width = Math.max(0, ...names.map(({ length }) => length));
  const lines = shown.map((site, i) =>
    [(names[i] ?? "").padEnd(width), siteText(site), ...(hooks.get(site.path) ?? [])].join("  "),
  );
  const more = sites.length - shown.length;
  const count = `${sites.length} site${sites.length === 1 ? "" : "s"}`;
  return [`${headline(target.name)}: ${count}`, ...lines, ...(more > 0 ? [`  … ${more} more`] : [])].join(
    "\n",
  );
}

function siteText({ type, axes }: Site): string {
  return axes === undefined ? type : `${type} [${axes.join(", ")}]`;
}

function hookText({ direction, owner, terms }: HookEntry): string {
  const { name } = terms.run;
  return `← ${direction} ${owner.name}${name === "" || name === "run" ? "" : `.${name}`}`;
}
