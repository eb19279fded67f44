import { checkSegment, isSegment } from "../sites/path.ts";
import type { Site, SiteKind } from "../sites/site.ts";
import { isModuleNode, MODULE, type ModuleNode } from "./brand.ts";

/**
 * The modules below `root`, parents before children, in the order of fields. A module that several parents share is
 * one site: its first path names it, the others are aliases.
 *
 * @throws UsageError `PATH_SEGMENT` for a field or record key that cannot be a segment.
 */
export function walkModules(root: ModuleNode): readonly Site[] {
  const known = walked.get(root);
  const walk = new ModuleWalk(root, undefined, "", known);
  if (walk.isShared) {
    walked.delete(root);
    return known === undefined ? walk.sites : new ModuleWalk(root, undefined).sites; // aliases are of one walk
  }
  if (known !== undefined && walk.isSame) return known;
  walked.set(root, walk.sites);
  return walk.sites;
}

/** What the latest walk has found, where no module is met twice: while nothing changes, the very list is given again. */
const walked = new WeakMap<ModuleNode, readonly ModuleSite[]>();

/** The modules below one that stands at a path of another model. */
export function walkMounted(root: ModuleNode, path: string): readonly Site[] {
  return new ModuleWalk(root, undefined, `${path}.`).sites;
}

/**
 * Those of {@link walkModules} whose path's last segment is one of `endings`, without building the others; `undefined`
 * when a module is met twice, for then one that is left out may have such a path as well.
 */
export function findModules(root: ModuleNode, endings: ReadonlySet<string>): readonly Site[] | undefined {
  const walk = new ModuleWalk(root, endings);
  return walk.isShared ? undefined : walk.sites;
}

/** A module or a container whose fields are gone through. */
interface Frame {
  readonly holder: Readonly<Record<string | number, unknown>>;
  /** Names of the fields; an array's items go by their number. */
  readonly keys: readonly string[] | undefined;
  readonly count: number;
  next: number;
  /** The path so far, with its dot. */
  readonly above: string;
  /** The module that the fields belong to. */
  readonly owner: object;
  /** A container's name that cannot be a segment, which matters only if a module is inside. */
  readonly bad: string | undefined;
}

/**
 * Walks so far, and whether one is under way: a getter among the fields may begin another. One for all copies of this
 * package, since modules note walks whoever walks.
 */
interface Walks {
  count: number;
  isUnderWay: boolean;
}

const WALKS = Symbol.for("@hookdict/walks");
const walks = ((globalThis as { [WALKS]?: Walks })[WALKS] ??= { count: 0, isUnderWay: false });

/**
 * One walk over a model's modules. Without recursion: models may be nested deeper than the stack. Each module costs its
 * share of every `prepare`, most of them for nothing, so nothing is made or looked up twice.
 */
class ModuleWalk {
  sites: ModuleSite[] = [];
  /** Whether a module was met twice. */
  isShared = false;
  /** Sites of an earlier walk while all is as it was, and how many of them have been found. */
  #known: readonly ModuleSite[] | undefined;
  #same = 0;
  readonly #root: ModuleNode;
  readonly #endings: ReadonlySet<string> | undefined;
  /** The walk's number; none inside of another walk, whose notes must stay. */
  readonly #walk: number | undefined;
  /** Containers gone through, and modules that cannot be noted. */
  readonly #seen = new Set<object>();
  /** Checked names of fields, and whether a site of that name is wanted. */
  readonly #names = new Map<string, boolean>();
  readonly #bySite = new Map<ModuleNode, ModuleSite>();

  constructor(
    root: ModuleNode,
    endings: ReadonlySet<string> | undefined,
    above = "",
    known?: readonly ModuleSite[],
  ) {
    this.#known = known;
    this.#root = root;
    this.#endings = endings;
    const isInner = walks.isUnderWay;
    this.#walk = isInner ? undefined : ++walks.count;
    walks.isUnderWay = true;
    try {
      this.#goThrough(frameOf(root, above, root, undefined));
    } finally {
      walks.isUnderWay = isInner;
    }
    if (this.#known !== undefined && this.#same < this.#known.length) this.#differ(this.#known);
  }

  /** Whether the walk has found what it knew, and no more. */
  get isSame(): boolean {
    return this.#known !== undefined;
  }

  /** Whether the next site is what it was. */
  #isKnown(known: readonly ModuleSite[], module: ModuleNode, above: string, key: string | number): boolean {
    const isSame = known[this.#same]?.isAt(module, above, key) === true;
    if (isSame) this.#same++;
    else this.#differ(known);
    return isSame;
  }

  /** Takes over what is as it was; from then on all is new. */
  #differ(known: readonly ModuleSite[]): void {
    this.sites = known.slice(0, this.#same);
    this.#known = undefined;
  }

  #goThrough(first: Frame): void {
    const frames = [first];
    for (let frame = frames[0]; frame !== undefined; frame = frames[frames.length - 1]) {
      const inner = this.#goOn(frame);
      if (inner === undefined) frames.pop();
      else frames.push(inner);
    }
  }

  /** Notes a module; whether it is the first time. */
  #meet(module: ModuleNode): boolean {
    const isFirst = this.#walk === undefined ? undefined : module[MODULE]?.(this.#walk);
    if (isFirst !== undefined) return isFirst;
    const { size } = this.#seen;
    return this.#seen.add(module).size > size;
  }

  /** Goes on with a frame, up to a module or container that has fields of its own. */
  #goOn(frame: Frame): Frame | undefined {
    const { holder, keys, count, above, owner, bad } = frame;
    const seen = this.#seen;
    const names = this.#names;
    for (let at = frame.next; at < count; at++) {
      const key = keys === undefined ? at : (keys[at] ?? at);
      const value = holder[key];
      if (typeof value !== "object" || value === null) continue;
      if (MODULE in value) {
        const module = value as unknown as ModuleNode; // it has the brand
        if (bad !== undefined) checkSegment(bad, owner.constructor.name);
        const isWanted = (typeof key === "string" ? names.get(key) : undefined) ?? this.#name(key, owner);
        if (module === this.#root) continue;
        if (!this.#meet(module)) this.#meetAgain(module, above + key);
        else {
          if (isWanted && (this.#known === undefined || !this.#isKnown(this.#known, module, above, key)))
            this.sites.push(new ModuleSite(above + key, module));
          if (module.siteKind === "point") continue;
          frame.next = at + 1;
          return frameOf(module, `${above}${key}.`, module, undefined);
        }
      } else if (isContainer(value) && !seen.has(value)) {
        seen.add(value);
        frame.next = at + 1;
        const name = typeof key === "number" || isSegment(key) ? undefined : key;
        return frameOf(value, `${above}${key}.`, owner, bad ?? name);
      }
    }
    return undefined;
  }

  /** Checks a name, and tells whether a site of that name is wanted. */
  #name(key: string | number, owner: object): boolean {
    if (typeof key === "number") return this.#endings?.has(String(key)) ?? true;
    checkSegment(key, owner.constructor.name);
    const isWanted = this.#endings?.has(key) ?? true;
    this.#names.set(key, isWanted);
    return isWanted;
  }

  #meetAgain(module: ModuleNode, path: string): void {
    this.isShared = true;
    for (let i = this.#bySite.size; i < this.sites.length; i++) {
      const site = this.sites[i] as ModuleSite; // in range
      this.#bySite.set(ModuleSite.moduleOf(site), site);
    }
    this.#bySite.get(module)?.addAlias(path);
  }
}

function frameOf(holder: object, above: string, owner: object, bad: string | undefined): Frame {
  const keys = Array.isArray(holder) ? undefined : Object.keys(holder);
  const count = keys === undefined ? (holder as readonly unknown[]).length : keys.length;
  return { holder: holder as Frame["holder"], keys, count, next: 0, above, owner, bad };
}

/** The module that a site of the walk stands for; the one at its path below `root`, if any, where the site is a copy. */
export function moduleAt(root: object, site: Site): ModuleNode | undefined {
  return ModuleSite.moduleOf(site) ?? moduleBelow(root, site.path);
}

/** The module of a mounted tree that a site stands for; `undefined` for a site of another. */
export function mountedModuleAt(root: object, path: string, site: Site): ModuleNode | undefined {
  return site.path.startsWith(`${path}.`) ? moduleBelow(root, site.path.slice(path.length + 1)) : undefined;
}

function moduleBelow(root: object, path: string): ModuleNode | undefined {
  let value: unknown = root;
  for (const segment of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[segment];
  }
  return isModuleNode(value) ? value : undefined;
}

/** A module's site. Models have many: what costs is made when asked for, and fields are declared as in `HookEntry`. */
class ModuleSite implements Site {
  declare readonly path: string;
  declare readonly kind: SiteKind;
  declare readonly type: string;
  declare readonly axes?: readonly string[];
  declare aliases?: readonly string[];
  readonly #module: ModuleNode;
  #segments: readonly string[] | undefined;

  constructor(path: string, module: ModuleNode) {
    this.#module = module;
    this.path = path;
    this.kind = module.siteKind;
    this.type = module.constructor.name;
    const { axes } = module;
    if (axes !== undefined) this.axes = axes;
  }

  /** Not one of its fields: a site is plain data. */
  static moduleOf(site: ModuleSite): ModuleNode;
  static moduleOf(site: Site): ModuleNode | undefined;
  static moduleOf(site: Site): ModuleNode | undefined {
    return #module in site ? site.#module : undefined;
  }

  get segments(): readonly string[] {
    return (this.#segments ??= this.path.split("."));
  }

  /** Whether it is what a walk has found. */
  isAt(module: ModuleNode, above: string, key: string | number): boolean {
    const { path, axes } = this;
    const name = typeof key === "number" ? String(key) : key;
    return (
      this.#module === module &&
      module.axes === axes &&
      path.length === above.length + name.length &&
      path.startsWith(above) &&
      path.endsWith(name)
    );
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
