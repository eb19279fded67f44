/** An object of ours that keeps the hooks of its site itself; `null` while there are none. */
export interface SlotHolder<S> {
  hookSlot: S | null;
}

/** Gives a holder a slot, or none; `false` where it is frozen, for nothing else keeps a field from being set. */
export function setSlot<S>(holder: SlotHolder<S>, slot: S | null): boolean {
  try {
    holder.hookSlot = slot;
    return true;
  } catch {
    return false;
  }
}
