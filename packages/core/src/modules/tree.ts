import { checkSegment } from "../paths/path.ts";
import type { Site, SiteKind } from "../sites/site.ts";

/** A module as the walk sees it; importing the class would be a cycle. */
export interface ModuleNode {
  readonly axes: readonly string[] | undefined;
  readonly siteKind: SiteKind;
}

/** One module of a model and the paths that lead to it. */
export interface ModuleSite<M extends ModuleNode> {
  readonly module: M;
  readonly site: Site;
}

/**
 * The modules below `root`, parents before children, in the order of fields. A module that several parents share is
 * one site: its first path names it, the others are aliases.
 *
 * @throws UsageError `PATH_SEGMENT` for a field or record key that cannot be a segment.
 */
export function walkModules<M extends ModuleNode>(
  root: M,
  isModule: (value: unknown) => value is M,
): ModuleSite<M>[] {
  const found = new Map<M, { readonly segments: readonly string[]; readonly aliases: string[] }>();
  const seen = new Set<unknown>([root]);

  const visit = (value: unknown, segments: readonly string[], key: string, owner: string): void => {
    if (typeof value !== "object" || value === null) return;
    if (isModule(value)) {
      const path = [...segments, checkSegment(key, `A module in ${owner}`)];
      const known = found.get(value);
      if (known !== undefined) known.aliases.push(path.join("."));
      if (seen.has(value)) return;
      seen.add(value);
      found.set(value, { segments: path, aliases: [] });
      children(value, path);
    } else if (isContainer(value) && !seen.has(value)) {
      const items = Object.entries(value);
      if (!holdsModules(value, isModule, new Set())) return;
      seen.add(value);
      const path = [...segments, checkSegment(key, `A container of modules in ${owner}`)];
      for (const [name, item] of items) visit(item, path, name, owner);
    }
  };
  const children = (module: M, segments: readonly string[]): void => {
    for (const key of Object.keys(module)) {
      visit((module as Readonly<Record<string, unknown>>)[key], segments, key, module.constructor.name);
    }
  };
  children(root, []);
  return [...found].map(([module, { segments, aliases }]) => ({
    module,
    site: siteOf(module, segments, aliases),
  }));
}

function siteOf(module: ModuleNode, segments: readonly string[], aliases: readonly string[]): Site {
  return {
    path: segments.join("."),
    segments,
    kind: module.siteKind,
    type: module.constructor.name,
    ...(module.axes === undefined ? {} : { axes: module.axes }),
    ...(aliases.length === 0 ? {} : { aliases }),
  };
}

function isContainer(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Only containers with a module somewhere inside take part: a record of options may have any keys. */
function holdsModules(value: object, isModule: (value: unknown) => boolean, visited: Set<unknown>): boolean {
  visited.add(value);
  return Object.values(value).some(
    (item: unknown) =>
      isModule(item) ||
      (typeof item === "object" &&
        item !== null &&
        isContainer(item) &&
        !visited.has(item) &&
        holdsModules(item, isModule, visited)),
  );
}
