import { HookSlot } from "../hooks/slot.ts";
import type { Site, SiteKind } from "../sites/site.ts";
import { HookTarget, type Place } from "../sites/target.ts";
import type { Module } from "./module.ts";
import { moduleAt, walkModules } from "./tree.ts";

const targets = new WeakMap<Module, ModuleTarget>();

/** The one target of a module. */
export function moduleTarget(root: Module): HookTarget<readonly unknown[], unknown, Module> {
  const known = targets.get(root);
  if (known !== undefined) return known;
  const target = new ModuleTarget(root);
  targets.set(root, target);
  return target;
}

/** Marks modules, whatever copy of this package they come from. */
export const MODULE: unique symbol = Symbol.for("@hookdict/module");

export function isModule(value: unknown): value is Module {
  return typeof value === "object" && value !== null && MODULE in value;
}

class ModuleTarget extends HookTarget<readonly unknown[], unknown, Module> {
  readonly kind: SiteKind = "module";
  readonly name: string;
  readonly model: Module;

  constructor(root: Module) {
    super();
    this.model = root;
    this.name = root.constructor.name;
  }

  override sites(): readonly Site[] {
    return walkModules(this.model, isModule);
  }

  override invoke(args: readonly unknown[]): unknown {
    return this.model.call(...(args as never)); // typed by the hooked module that calls
  }

  protected override acquire(site: Site): Place {
    const module = moduleAt(this.model, site);
    if (!isModule(module)) throw new TypeError(`no module at ${site.path}`); // sites() made the site
    const slot = slotOf(module);
    return { slot, release: () => void (module.hookSlot = null) };
  }

  protected override watch(on: boolean): void {
    const slot = slotOf(this.model);
    slot.roots = on ? [...slot.roots, this] : slot.roots.filter((root) => root !== this);
    if (slot.isEmpty) this.model.hookSlot = null;
  }
}

function slotOf(module: Module): HookSlot {
  return (module.hookSlot ??= new HookSlot({ takesKwargs: module.siteKind !== "point" }));
}
