import { add, fill, mul, type Tensor } from "@tensorflow/tfjs-core";
import { type Captures, copyOf } from "./captures.ts";
import { addGroup, type Effect, type ModelledHook, removeGroup } from "./model.ts";
import type { Value } from "./reference.ts";
import { isTuple, type Tape } from "./tape.ts";

/** How a run ends that gives nothing. */
export class Interruption extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** What a firing needs to know of the run. */
export interface Firing {
  readonly pass: number;
  /** How far the run is, on the tape; -1 when it is not taped. */
  readonly at: number;
  readonly tape: Tape | undefined;
  readonly captures: Captures;
  readonly nested: () => number | undefined;
}

const ERRORS = {
  throw: "HOOK_THREW",
  misfit: "REPLACEMENT_SHAPE",
  promise: "HOOK_ASYNC",
  dead: "HOOK_DISPOSED",
} as const;

/** What a hook makes of a value. */
export function applyEffect(hook: ModelledHook, value: Value, firing: Firing): Value {
  const { effect, owner } = hook.group;
  switch (effect.kind) {
    case "affine":
      firing.tape?.scale(effect.by);
      return mapFloats(value, (x) => add(mul(x, effect.by), effect.plus));
    case "put":
      firing.tape?.cut();
      return mapFloats(value, ({ shape }) => fill(shape, effect.value));
    case "copy":
      return copied(effect, hook.site, value, firing.tape);
    case "proxy":
      firing.captures.see(effect.proxy, hook.site, value, firing.pass, firing.at);
      return value;
    case "capture":
      firing.captures.store(hook, value, firing.pass);
      return value;
    case "reenter": {
      const mean = firing.nested();
      return mean === undefined ? value : mapFloats(value, (x) => add(x, mean));
    }
    case "add":
      addOnce(hook, effect);
      return value;
    case "remove":
      if (owner.groups[0] !== undefined) removeGroup(owner.groups[0]);
      return value;
    case "end":
      owner.hasEnded = true;
      if (owner.throwsAtEnd) throw new Interruption("HOOK_THREW");
      return value;
    case "stop":
      return value;
    case "dead":
      throw new Interruption(isTuple(value) ? ERRORS.misfit : ERRORS.dead);
    default:
      throw new Interruption(ERRORS[effect.kind]);
  }
}

function copied(
  { proxy }: Extract<Effect, { kind: "copy" }>,
  site: string,
  value: Value,
  tape: Tape | undefined,
): Value {
  const found = copyOf(proxy, site);
  if (found === "several") throw new Interruption("HOOK_THREW");
  if (found === "unseen") throw new Interruption("PROXY_ORDER");
  const { copy, at } = found;
  if (copy === undefined || isTuple(value) || !isSame(copy, value))
    throw new Interruption("REPLACEMENT_SHAPE");
  tape?.jump(at);
  return copy;
}

function isSame(a: Tensor, b: Tensor): boolean {
  return a.dtype === b.dtype && a.shape.join() === b.shape.join();
}

function addOnce({ group }: ModelledHook, effect: Extract<Effect, { kind: "add" }>): void {
  if (group.hasAdded) return;
  group.hasAdded = true;
  const { sites, direction, effect: what } = effect.added;
  addGroup(group.owner, sites, {
    direction,
    effect: what,
    kind: what.kind === "capture" ? "observe" : "replace",
    unfired: what.kind === "capture" ? "error" : "ignore",
  });
}

/** Truth values stay as they are. */
export function mapFloats(value: Value, change: (x: Tensor) => Tensor): Value {
  const one = (x: Tensor): Tensor => (x.dtype === "float32" ? change(x) : x);
  return isTuple(value) ? value.map(one) : one(value);
}
