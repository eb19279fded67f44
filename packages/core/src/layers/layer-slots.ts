import { HookSlot } from "../hooks/slot.ts";
import { hookedCall } from "./call.ts";
import type { LayerCall, LayerLike } from "./layer-like.ts";
import { patchMethod } from "../targets/patch.ts";

/** Layers under hooks. One slot for each, whichever of its models they were hooked through. */
const slots = new WeakMap<LayerLike, HookSlot>();

/** The slot of a layer; the first time, its `call` is replaced by one that runs the slot's hooks. */
export function slotOf(layer: LayerLike): HookSlot {
  const known = slots.get(layer);
  if (known !== undefined) return known;
  const slot: HookSlot = new HookSlot(() => {
    slots.delete(layer);
    restore();
  });
  // oxlint-disable-next-line typescript/unbound-method -- hookedCall passes the layer as `this`
  const original = layer.call as unknown as LayerCall; // declared for no inputs in particular
  const restore = patchMethod(layer, "call", hookedCall(original, slot));
  slots.set(layer, slot);
  return slot;
}
