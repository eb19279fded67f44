import { modelFrozen } from "./errors.ts";
import { HookSlot } from "../hooks/slot.ts";
import type { HookTarget } from "./target.ts";

/** An object of ours that keeps the hooks of its site itself; `null` while there are none. */
export interface SlotHolder {
  hookSlot: HookSlot | null;
}

/**
 * The slot of a holder, which has one from now on.
 *
 * @param name Of the holder, for the message.
 * @throws UsageError `MODEL_FROZEN`
 */
export function slotOf(holder: SlotHolder, name: string, takesKwargs: boolean): HookSlot {
  if (holder.hookSlot !== null) return holder.hookSlot;
  const slot = new HookSlot(() => clearSlot(holder), takesKwargs);
  try {
    holder.hookSlot = slot;
  } catch {
    throw modelFrozen(name); // nothing else keeps a field from being set
  }
  return slot;
}

/** Takes the slot off. A holder that was frozen with its hooks keeps it: empty, it changes nothing. */
function clearSlot(holder: SlotHolder): void {
  try {
    holder.hookSlot = null;
  } catch {
    // Only a frozen one throws.
  }
}

/** Makes the passes of a slot runs of a target, or no longer. */
export function watchSlot(slot: HookSlot, target: HookTarget, on: boolean): void {
  slot.roots = on ? [...slot.roots, target] : slot.roots.filter((root) => root !== target);
  if (slot.isEmpty) slot.release();
}
