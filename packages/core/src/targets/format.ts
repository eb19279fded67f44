import { headline, LINES } from "@hookdict/tensordict";
import type { HookEntry } from "../hooks/entry.ts";
import type { Site } from "../sites/site.ts";
import type { HookTarget } from "./target.ts";

/** A line of the tree: a site, or a part of paths that is none, such as the list of blocks. */
interface Row {
  readonly segments: readonly string[];
  readonly site: Site | undefined;
}

/** A model's sites as a tree with types and axes, and who has which hooks there, in at most one screen. */
export function formatModel(target: HookTarget): string {
  const sites = target.sites();
  const hooks = new Map<string, HookEntry[]>();
  for (const entry of target.entries) {
    const { path } = entry.site;
    const found = hooks.get(path);
    if (found === undefined) hooks.set(path, [entry]);
    else found.push(entry);
  }
  const rows = rowsOf(sites);
  const shown = rows.length > LINES - 1 ? rows.slice(0, LINES - 2) : rows;
  const names = shown.map(({ segments }) => `${"  ".repeat(segments.length)}${segments.at(-1) ?? ""}`);
  const width = Math.max(0, ...names.map(({ length }) => length));
  const lines = shown.map(({ site }, i) => {
    const name = names[i] ?? "";
    if (site === undefined) return name;
    return [name.padEnd(width), siteText(site), ...hookTexts(hooks.get(site.path) ?? [])].join("  ");
  });
  const more = sites.length - shown.filter(({ site }) => site !== undefined).length;
  const count = `${sites.length} site${sites.length === 1 ? "" : "s"}`;
  return [`${headline(target.name)}: ${count}`, ...lines, ...(more > 0 ? [`  … ${more} more`] : [])].join(
    "\n",
  );
}

/** Each site below the parts of its path, as far as a screen can show them. */
function rowsOf(sites: readonly Site[]): readonly Row[] {
  const paths = new Set(sites.map(({ path }) => path));
  const rows: Row[] = [];
  for (const site of sites) {
    if (rows.length > LINES) break;
    for (let length = 1; length < site.segments.length; length++) {
      const segments = site.segments.slice(0, length);
      const path = segments.join(".");
      if (!paths.has(path)) rows.push({ segments, site: undefined });
      paths.add(path);
    }
    rows.push({ segments: site.segments, site });
  }
  return rows;
}

function siteText({ type, axes }: Site): string {
  return axes === undefined ? type : `${type} [${axes.join(", ")}]`;
}

/** Hooks of one site that are named. */
const NAMED = 4;

function hookTexts(entries: readonly HookEntry[]): readonly string[] {
  const more = entries.length - NAMED;
  return [...entries.slice(0, NAMED).map(hookText), ...(more > 0 ? [`… ${more} more`] : [])];
}

function hookText({ direction, owner, terms }: HookEntry): string {
  const { name } = terms.run;
  return `← ${direction} ${owner.name}${name === "" || name === "run" ? "" : `.${name}`}`;
}
