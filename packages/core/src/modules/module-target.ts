import type { HookSlot } from "../hooks/slot.ts";
import { setSlot } from "../hooks/slot-holder.ts";
import type { Matcher } from "../sites/pattern.ts";
import type { Refusal } from "../sites/site-options.ts";
import type { Site, SiteKind } from "../sites/site.ts";
import { watchSlot } from "../targets/slot-of.ts";
import { siteUnknown } from "../targets/errors.ts";
import { HookTarget } from "../targets/target.ts";
import type { StoredWeight } from "../weights/stored-weight.ts";
import { type Weight, WeightList } from "../weights/weight.ts";
import { isModuleNode } from "./brand.ts";
import { checkForward } from "./asynchronous.ts";
import type { Module } from "./module.ts";
import { slotIn } from "./slot-in.ts";
import { findModules, moduleAt, walkModules } from "./tree.ts";

const targets = new WeakMap<Module, ModuleTarget>();

/** The one target of a module. */
export function moduleTarget(root: Module): HookTarget<readonly unknown[], unknown, Module> {
  const known = targets.get(root);
  if (known !== undefined) return known;
  const target = new ModuleTarget(root);
  targets.set(root, target);
  return target;
}

export function isModule(value: unknown): value is Module {
  return isModuleNode(value);
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

  protected override ownSites(): readonly Site[] {
    return walkModules(this.model);
  }

  protected override ownMatching(matcher: Matcher): readonly Site[] {
    const { endings, isEndingEnough } = matcher;
    const found = endings === undefined ? undefined : findModules(this.model, endings);
    if (found !== undefined && isEndingEnough === true) return found;
    return (found ?? this.ownSites()).filter((site) => matcher.matches(site));
  }

  override weights(): readonly Weight[] {
    const list = new WeightList();
    list.addAll([], this.model.ownWeights());
    for (const site of this.ownSites()) {
      const module = moduleAt(this.model, site);
      if (module === undefined) continue;
      for (const path of [site.path, ...(site.aliases ?? [])])
        list.addAll(path.split("."), module.ownWeights());
    }
    return list.weights;
  }

  /** What the module itself says. */
  protected override readonly refusal: Refusal = (site) => {
    return moduleAt(this.model, site)?.refusesHooks;
  };

  override placeAt(site: Site): unknown {
    return moduleAt(this.model, site);
  }

  override storedWeights(): readonly StoredWeight[] {
    return this.model.storedWeights();
  }

  override invoke(args: readonly unknown[]): unknown {
    return this.model.call(...(args as never)); // typed by the hooked module that calls
  }

  protected override acquire(site: Site): HookSlot {
    const module = moduleAt(this.model, site);
    if (module === undefined) throw siteUnknown(this.name, site.path);
    checkForward(module);
    return slotIn(module, site.path);
  }

  override park(site: Site, slot: HookSlot): boolean {
    const module = moduleAt(this.model, site);
    return module?.hookSlot === slot && setSlot(module, null);
  }

  override unpark(site: Site, slot: HookSlot): boolean {
    const module = moduleAt(this.model, site);
    return module?.hookSlot === null && setSlot(module, slot);
  }

  protected override watch(on: boolean): void {
    if (on) checkForward(this.model);
    watchSlot(slotIn(this.model, this.name), this, on);
  }
}
