import type { HookSlot } from "../hooks/slot.ts";
import { slotOf } from "../targets/slot-of.ts";
import type { ModuleNode } from "./brand.ts";

/** The slot of a module. Points pass their value on, and have no keyword inputs. */
export function slotIn(module: ModuleNode, name: string): HookSlot {
  return slotOf(module, name, module.siteKind !== "point");
}
