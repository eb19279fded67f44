import { valueOpaque } from "../runs/errors.ts";
import type { Direction } from "../hooks/direction.ts";
import type { HookInfo } from "../hooks/hook.ts";
import { argumentInvalid, isPlainRecord, isTensor, opaqueIn } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { TensorDict } from "@hookdict/tensordict";

/** The key under which a site's capture lands: `path`, then `path#1`, `path#2`, ... when it runs again. */
export function captureKey(direction: Direction, path: string, pass: number): readonly [Direction, string] {
  if (typeof path !== "string") throw argumentInvalid("captureKey", "path", path, "text");
  if (typeof pass !== "number") throw argumentInvalid("captureKey", "pass", pass, "a number");
  return [direction, pass === 0 ? path : `${path}#${pass}`];
}

/** The capture key of a firing. */
export function keyOf(info: HookInfo): readonly [Direction, string] {
  if (typeof (info as HookInfo | null | undefined)?.site?.path !== "string")
    throw argumentInvalid("keyOf", "info", info, "what a hook is told");
  return captureKey(info.direction, info.site.path, info.pass);
}

/**
 * A value as a cache holds it: tensors as kept reference clones, a tuple or record as a TensorDict (a tuple's keys are
 * "0", "1", ...) that leaves out what is `undefined`.
 *
 * **Ownership:** borrows `value`; returns owned.
 *
 * @throws UsageError `VALUE_OPAQUE` for what has tensors that cannot be seen: an instance of a class, a function, a record with hidden
 * properties.
 */
export function captured(value: unknown): unknown {
  if (isTensor(value)) return keptClone(value);
  if (value instanceof TensorDict) return value.clone();
  const opaque = opaqueIn(value);
  if (opaque !== undefined) throw valueOpaque("captured", opaque);
  return Array.isArray(value) || isPlainRecord(value) ? heldParts(value) : value;
}

/** A tuple or record of what can be captured. **Ownership:** as {@link captured}. */
function heldParts(value: object): TensorDict {
  const dict = new TensorDict();
  try {
    for (const [key, item] of Object.entries(value))
      if (item !== undefined) dict.set(key, captured(item) as never);
    return dict;
  } catch (error) {
    dict.dispose();
    throw error;
  }
}
