import { modelFrozen } from "./errors.ts";
import { HookSlot } from "../hooks/slot.ts";
import { setSlot, type SlotHolder } from "../hooks/slot-holder.ts";
import type { HookTarget } from "./target.ts";

/**
 * The slot of a holder, which has one from now on.
 *
 * @param name Of the holder, for the message.
 * @throws UsageError `MODEL_FROZEN`
 */
export function slotOf(holder: SlotHolder<HookSlot>, name: string, takesKwargs: boolean): HookSlot {
  if (holder.hookSlot !== null) return holder.hookSlot;
  const slot = new HookSlot(holder, takesKwargs);
  if (!setSlot(holder, slot)) throw modelFrozen(name);
  return slot;
}

/** Makes the passes of a slot runs of a target, or no longer. */
export function watchSlot(slot: HookSlot, target: HookTarget, on: boolean): void {
  slot.roots = on ? [...slot.roots, target] : slot.roots.filter((root) => root !== target);
  if (slot.isEmpty) slot.release();
}
