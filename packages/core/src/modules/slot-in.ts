import type { HookSlot } from "../hooks/slot.ts";
import { slotOf } from "../targets/slot-holder.ts";
import type { Module } from "./module.ts";

/** The slot of a module. Points pass their value on, and have no keyword inputs. */
export function slotIn(module: Module, name: string): HookSlot {
  return slotOf(module, name, module.siteKind !== "point");
}
