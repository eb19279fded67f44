import { clone, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { isKwargs, type Kwargs, kwargs } from "../hooks/inputs.ts";
import type { HookSlot } from "../hooks/slot.ts";
import { tensorMark } from "@hookdict/tensordict/tensors";
import { isTensor, tensorsOf } from "@hookdict/tensordict";
import { activeScope, isTaping, ownedBy } from "@hookdict/tensordict/tensors";
import { pendingKind } from "../targets/asynchronous.ts";
import { layerAsync } from "./errors.ts";
import type { LayerCall, LayerKeywords, LayerLike } from "./layer-like.ts";

/**
 * A layer's `call` that runs its hooks. TensorFlow.js passes inputs, and gives outputs, as a tensor or as an array that
 * may hold a single one; hooks see a tensor, or a tuple when there are several.
 */
export function hookedCall(original: LayerCall, slot: HookSlot): LayerCall {
  return function call(inputs, keywords) {
    // A scope of the layer's own would cost more than its hooks do: what they make, the model's scope frees.
    if (slot.isSimple && isEmpty(keywords) && activeScope() !== undefined)
      return runSimple(this, original, slot, inputs, keywords);
    // The scope frees what hooks make, also when the layer is called outside of any; the output is the caller's.
    return tidy(() => {
      const scope = activeScope();
      const output = runSlot(this, original, slot, inputs, keywords as LayerKeywords | undefined);
      return mapOutputs(output, (tensor) => ownedBy(scope, tensor)) as Tensor; // or an array of them
    });
  };
}

function runSlot(
  layer: LayerLike,
  original: LayerCall,
  slot: HookSlot,
  given: unknown,
  keywords: LayerKeywords | undefined,
): unknown {
  const isList = Array.isArray(given);
  const positional: readonly unknown[] = isList ? given : [given];
  const marked = keywords === undefined || isEmpty(keywords) ? undefined : kwargs(keywords);
  let isSingleton = false;
  const output = slot.run(marked === undefined ? positional : [...positional, marked], (...args) => {
    const last = args.at(-1);
    const keyword = isKwargs(last) ? last : undefined;
    const inputs = keyword === undefined ? args : args.slice(0, -1);
    // Untouched keywords go on as the very object that came: a layer may write into it.
    const passed = keyword === marked ? keywords : plain(keyword);
    const result = madeAtOnce(layer, original.call(layer, isList ? inputs : inputs[0], passed));
    isSingleton = Array.isArray(result) && result.length === 1;
    return isSingleton ? (result as readonly unknown[])[0] : result;
  });
  return isSingleton ? [output] : output;
}

/** {@link runSlot} without keyword inputs, in the scope of the model. */
function runSimple(
  layer: LayerLike,
  original: LayerCall,
  slot: HookSlot,
  given: unknown,
  keywords: unknown,
): unknown {
  const positional: readonly unknown[] = Array.isArray(given) ? given : [given];
  const mark = tensorMark();
  const turn = slot.enter();
  const inputs = slot.begin(turn, positional);
  const isUntouched = inputs === positional;
  const passed = isUntouched ? given : Array.isArray(given) ? inputs : inputs[0];
  const { bypass } = turn;
  const result =
    bypass === undefined ? madeAtOnce(layer, original.call(layer, passed, keywords)) : bypass.output;
  const isSingleton = Array.isArray(result) && result.length === 1;
  const made = isSingleton ? (result as readonly unknown[])[0] : result;
  const output = slot.end(turn, inputs, made);
  if (isUntouched && output === made && bypass === undefined) return result; // or an array of them
  const scope = activeScope();
  const owned = mapOutputs(output, (tensor) => (tensor.id < mark ? clone(tensor) : ownedBy(scope, tensor)));
  if (!isTaping()) disposeLeft(made, owned, mark);
  return isSingleton ? [owned] : owned;
}

/** @throws UsageError `LAYER_ASYNC` for what is no value yet */
function madeAtOnce(layer: LayerLike, output: unknown): unknown {
  const kind = pendingKind(output);
  if (kind !== undefined) throw layerAsync(layer.name, kind);
  return output;
}

/** Frees what the layer has made and a hook has replaced, as the model does with an output that nobody reads. */
function disposeLeft(made: unknown, owned: unknown, mark: number): void {
  const kept = new Set(tensorsOf(owned));
  for (const tensor of tensorsOf(made))
    if (tensor.id >= mark && !tensor.kept && !kept.has(tensor)) tensor.dispose();
}

function isEmpty(keywords: unknown): boolean {
  for (const _ in keywords as object) return false; // `undefined` and `null` have none
  return true;
}

function plain(keyword: Kwargs | undefined): LayerKeywords {
  return keyword === undefined ? {} : Object.fromEntries(Object.entries(keyword));
}

function mapOutputs(output: unknown, change: (tensor: Tensor) => Tensor): unknown {
  if (Array.isArray(output)) return output.map((item) => mapOutputs(item, change));
  return isTensor(output) ? change(output) : output;
}
