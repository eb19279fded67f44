import { checkSegment } from "../paths/path.ts";
import type { Site, SiteKind } from "../sites/site.ts";

/** A module as the walk sees it; importing the class would be a cycle. */
export interface ModuleNode {
  readonly axes: readonly string[] | undefined;
  readonly siteKind: SiteKind;
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
): readonly Site[] {
  const sites: ModuleSite[] = [];
  /** Modules found, with their site; containers gone through, and the root, without. */
  const seen = new Map<unknown, ModuleSite | undefined>([[root, undefined]]);

  const visit = (value: unknown, key: string, above: string, owner: string): void => {
    if (typeof value !== "object" || value === null) return;
    if (isModule(value)) {
      const path = above + checkSegment(key, owner);
      if (seen.has(value)) {
        seen.get(value)?.addAlias(path);
        return;
      }
      const site = new ModuleSite(path, value);
      seen.set(value, site);
      sites.push(site);
      if (site.kind !== "point") visitFields(value, `${path}.`, value.constructor.name);
    } else if (isContainer(value) && !seen.has(value) && holdsModules(value, isModule, new Set())) {
      seen.set(value, undefined);
      visitFields(value, `${above}${checkSegment(key, owner)}.`, owner);
    }
  };
  /** The fields of a module, or the items of a container in the module `owner`. */
  const visitFields = (holder: object, above: string, owner: string): void => {
    for (const key of Object.keys(holder)) {
      visit((holder as Readonly<Record<string, unknown>>)[key], key, above, owner);
    }
  };
  visitFields(root, "", root.constructor.name);
  return sites;
}

/** The module that a site of the walk stands for; what lies at its path below `root` if the site is a copy. */
export function moduleAt(root: object, site: Site): unknown {
  return site instanceof ModuleSite ? ModuleSite.moduleOf(site) : valueAt(root, site.path);
}

function valueAt(root: object, path: string): unknown {
  let value: unknown = root;
  for (const segment of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[segment];
  }
  return value;
}

/** A module's site. Models have many and most are never looked at: what costs is made when asked for. */
class ModuleSite implements Site {
  readonly path: string;
  readonly kind: SiteKind;
  readonly type: string;
  readonly axes?: readonly string[];
  aliases?: readonly string[];
  readonly #module: ModuleNode;
  #segments: readonly string[] | undefined;

  static moduleOf(site: ModuleSite): ModuleNode {
    return site.#module;
  }

  constructor(path: string, module: ModuleNode) {
    this.#module = module;
    this.path = path;
    this.kind = module.siteKind;
    this.type = module.constructor.name;
    if (module.axes !== undefined) this.axes = module.axes;
  }

  get segments(): readonly string[] {
    return (this.#segments ??= this.path.split("."));
  }

  addAlias(path: string): void {
    this.aliases = [...(this.aliases ?? []), path];
  }
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
