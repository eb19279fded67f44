import { notHookable } from "./errors.ts";
import { argumentInvalid, typeName } from "@hookdict/tensordict";
import type { Hookable, HookTarget } from "./target.ts";

/**
 * The target of anything hookable.
 *
 * @throws UsageError `MODEL_NOT_HOOKABLE`
 */
export function resolveTarget<A extends readonly unknown[], O, M>(
  model: Hookable<A, O, M>,
): HookTarget<A, O, M> {
  const candidate: unknown = model; // plain JavaScript may pass anything
  const isHookable = typeof candidate === "object" && candidate !== null && "hookTarget" in candidate;
  if (!isHookable) throw notHookable(typeName(candidate));
  return model.hookTarget();
}

/** Refuses what is no target, for what plain JavaScript may give. @throws UsageError `ARGUMENT_INVALID` */
export function checkTarget(owner: string, target: unknown): void {
  const isTarget = typeof target === "object" && target !== null && "attach" in target;
  if (!isTarget) throw argumentInvalid(owner, "target", target, "what a model's hookTarget() gives");
}
