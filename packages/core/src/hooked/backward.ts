import { clone, engine, getGradient, scalar, type Scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { isHookdictError } from "@hookdict/tensordict";
import {
  backwardFailed,
  backwardUnfired,
  backwardWithoutHooks,
  gradientsMissing,
  lossDisposed,
  lossIndependent,
  lossNotScalar,
  type Unfired,
} from "../hooks/errors.ts";
import type { HookEntry } from "../hooks/entry.ts";
import { GradientPass, withPass } from "../hooks/gradient-pass.ts";
import { describeValue, isTensor } from "@hookdict/tensordict";
import type { HookTarget } from "../targets/target.ts";
import { freeingMade, releaseTape } from "@hookdict/tensordict/tensors";

/**
 * One backward pass: runs `loss` with taps at every site that has a backward hook, and differentiates.
 *
 * **Ownership:** borrows what `loss` returns: a tensor made in there ends with the pass, one that is kept stays. Returns
 * owned (the loss, freed by the active scope if there is one).
 *
 * @throws UsageError and ShapeError, codes `BACKWARD_*`, `LOSS_*`, `GRADIENTS_MISSING`; what `loss` or a hook throws.
 */
export function runBackward(target: HookTarget, loss: () => Tensor): Scalar {
  if (getGradient("Multiply") === undefined) throw gradientsMissing();
  const entries = [...target.entries].filter(
    (entry) => entry.chain.startsWith("bwd") && entry.owner.isEnabled,
  );
  if (entries.length === 0) throw backwardWithoutHooks();
  try {
    return target.during(() => tidy(() => freeingMade(() => differentiate(loss, entries))));
  } catch (error) {
    releaseTape();
    throw error;
  }
}

function differentiate(loss: () => Tensor, entries: readonly HookEntry[]): Scalar {
  const anchor = scalar(0);
  const pass = new GradientPass(anchor);
  let isForwardDone = false;
  const forward = (): Scalar => {
    // A clone: the loss may be a capture, an output that somebody keeps, or a part of the model.
    const value = clone(checkLoss(loss()));
    if (pass.tapped.size === 0) throw lossIndependent([], withoutGradient(pass));
    isForwardDone = true;
    return value;
  };
  try {
    const { value } = withPass(pass, () => engine().gradients(forward, [anchor], undefined, true));
    checkFired(pass, entries);
    return value; // checkLoss
  } catch (error) {
    throw !isForwardDone || isHookdictError(error) ? error : backwardFailed(error, pathsOf(pass.tapped));
  }
}

function checkLoss(value: unknown): Scalar {
  if (isTensor(value) && value.isDisposed) throw lossDisposed();
  if (isTensor(value) && value.dtype === "float32" && value.rank === 0) return value as Scalar; // just checked
  throw lossNotScalar(describeValue(value));
}

function checkFired(pass: GradientPass, entries: readonly HookEntry[]): void {
  if (pass.fired.size === 0) throw lossIndependent(pathsOf(pass.tapped));
  const unfired = entries
    .filter((entry) => entry.terms.unfired === "error" && !entry.removed && !pass.fired.has(entry))
    .map((entry) => unfiredOf(entry, reasonOf(pass, entry)));
  if (unfired.length > 0) throw backwardUnfired(unfired);
}

function withoutGradient({ without }: GradientPass): readonly Unfired[] {
  return [...without].map(([entry, reason]) => unfiredOf(entry, reason));
}

function unfiredOf({ port, direction }: HookEntry, reason: string): Unfired {
  return { path: port.site.path, direction, reason };
}

function reasonOf(pass: GradientPass, entry: HookEntry): string {
  if (pass.tapped.has(entry)) return "the loss does not depend on it";
  return pass.without.get(entry) ?? "the site did not run inside the function";
}

function pathsOf(entries: Iterable<HookEntry>): readonly string[] {
  return [...new Set([...entries].map((entry) => entry.site.path))];
}
