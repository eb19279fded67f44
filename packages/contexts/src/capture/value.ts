import { captured, type HookInfo } from "@hookdict/core";
import { isPlainRecord, mapTensors, TensorDict } from "@hookdict/tensordict";
import { cast, type DataType, tensor, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { CaptureCallback, CaptureOptions } from "./options.ts";
import { sliceAxes } from "./slice.ts";

/** How a context changes what it captures: `undefined` when it does not. */
export function changeOf(options: CaptureOptions): ((value: unknown, info: HookInfo) => unknown) | undefined {
  const { slice = {}, removeBatchDim = false, dtype, memory = "backend" } = options;
  const cuts = Object.keys(slice).length > 0 || removeBatchDim;
  if (!cuts && dtype === undefined && memory === "backend") return undefined;
  const changed = (value: Tensor, { site }: HookInfo): Tensor => {
    const cut = cuts ? sliceAxes(site, value, slice, removeBatchDim) : value;
    const typed = dtype === undefined || dtype === cut.dtype ? cut : cast(cut, dtype);
    return memory === "host" ? onHost(typed) : typed;
  };
  return (value, info) => mapTensors(value, (part) => changed(part, info));
}

/** Frees the TensorDicts that a change has made, which no scope does. */
function freeMade(made: unknown, whole: unknown): void {
  if (made === whole) return;
  if (made instanceof TensorDict) made.dispose();
  else if (Array.isArray(made)) for (const part of made) freeMade(part, undefined);
  else if (isPlainRecord(made)) for (const part of Object.values(made)) freeMade(part, undefined);
}

/** A tensor whose values the backend has not seen: they stay in the host's memory until an operation needs them. */
function onHost(value: Tensor): Tensor {
  const data = value.dataSync<DataType>();
  const own = typeof data === "object" && "slice" in data ? data.slice() : data; // what the backend gave may be its own memory
  return tensor(own as Float32Array, value.shape, value.dtype as "float32"); // or whatever it has
}

/**
 * What is stored for a value that a callback or an option changes; `undefined` when nothing is, a promise when a callback
 * made one.
 *
 * **Ownership:** borrows `whole`; returns owned.
 */
export function changedValue(
  whole: unknown,
  info: HookInfo,
  callback: CaptureCallback | undefined,
  change: ReturnType<typeof changeOf>,
): unknown {
  // A scope of its own: what the callback leaves behind is freed, the captured clone is kept.
  return inScope(() => {
    const cut = change === undefined ? whole : change(whole, info);
    try {
      const made = callback === undefined ? cut : callback(cut as never, info); // typed where it is given
      return made instanceof Promise ? made : captured(made);
    } finally {
      if (change !== undefined) freeMade(cut, whole);
    }
  });
}

/** `tidy` for results that keep themselves, such as a TensorDict. */
function inScope<T>(fn: () => T): T {
  const result: { value?: T } = {};
  tidy(() => {
    result.value = fn();
  });
  return result.value as T; // set by the line above, unless `fn` has thrown
}
