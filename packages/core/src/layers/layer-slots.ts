import { HookSlot } from "../hooks/slot.ts";
import type { Place } from "../targets/target.ts";
import { hookedCall } from "./call.ts";
import type { LayerCall, LayerLike } from "./layer-like.ts";
import { patchMethod } from "../targets/patch.ts";

/** Layers under hooks. One slot for each, whichever of its models they were hooked through. */
const places = new WeakMap<LayerLike, Place>();

/** The slot of a layer; the first time, its `call` is replaced by one that runs the slot's hooks. */
export function placeOf(layer: LayerLike): Place {
  const known = places.get(layer);
  if (known !== undefined) return known;
  const slot = new HookSlot();
  // oxlint-disable-next-line typescript/unbound-method -- hookedCall passes the layer as `this`
  const original = layer.call as unknown as LayerCall; // declared for no inputs in particular
  const restore = patchMethod(layer, "call", hookedCall(original, slot));
  const place = {
    slot,
    release: () => {
      places.delete(layer);
      restore();
    },
  };
  places.set(layer, place);
  return place;
}
