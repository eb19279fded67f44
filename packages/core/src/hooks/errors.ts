import type { Site } from "../sites/site.ts";
import { HookError, LifetimeError, ShapeError, shown, UsageError } from "@hookdict/tensordict";

/** The part of an entry that tells where a hook is. */
export interface HookWhere {
  readonly site: Site;
  readonly direction: string;
  readonly owner: { readonly name: string };
}

export function hookThrew(hook: HookWhere, cause: unknown): HookError {
  const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new HookError({
    code: "HOOK_THREW",
    what: `The ${hook.direction} hook of ${hook.owner.name} at ${hook.site.path} threw ${said.replace(/\.$/, "")}.`,
    hint: "The cause is the original error; hooks and tensors were cleaned up.",
    fields: { site: hook.site.path, direction: hook.direction, context: hook.owner.name },
    cause,
  });
}

export function hookReturnedPromise(hook: HookWhere): HookError {
  return new HookError({
    code: "HOOK_ASYNC",
    what: `The ${hook.direction} hook of ${hook.owner.name} at ${hook.site.path} returned a promise.`,
    hint: "A hook runs inside the forward pass and must be synchronous; read tensors after the call instead.",
    fields: { site: hook.site.path, direction: hook.direction, context: hook.owner.name },
  });
}

export function hookDisposed(hook: HookWhere, deed: string): HookError {
  return new HookError({
    code: "HOOK_DISPOSED",
    what: `The ${hook.direction} hook of ${hook.owner.name} at ${hook.site.path} ${deed}.`,
    hint: "A hook borrows its value, and what it returns must live: clone what you dispose.",
    fields: { site: hook.site.path, direction: hook.direction, context: hook.owner.name },
  });
}

export function replacementMismatch(hook: HookWhere, expected: string, got: string): ShapeError {
  return new ShapeError({
    code: "REPLACEMENT_SHAPE",
    what: `The ${hook.direction} hook of ${hook.owner.name} at ${hook.site.path} returned ${got} in place of ${expected}.`,
    hint: "Return the same structure, shapes and dtypes, or register the hook with reshapes: true.",
    fields: { site: hook.site.path, direction: hook.direction, context: hook.owner.name, expected, got },
  });
}

export function partDirection(path: string, direction: string, reason: string): UsageError {
  return new UsageError({
    code: "PART_DIRECTION",
    what: `A hook in the direction ${direction} was asked for at ${path}, which ${reason}.`,
    hint: "Choose another direction, or another kind of part.",
    fields: { site: path, direction },
  });
}

export function kwargsRefused(hook: HookWhere, names: readonly string[]): UsageError {
  const { kind } = hook.site;
  const what =
    kind === "node" ? "a node of a graph" : kind === "point" ? "a hook point" : "a value named by site";
  return new UsageError({
    code: "KWARGS_REFUSED",
    what: `The ${hook.direction} hook of ${hook.owner.name} at ${hook.site.path} returned the keyword inputs ${names.join(", ")}, but ${what} takes none.`,
    hint: "Return kwargs as it was given, undefined, or change the inputs alone with fwd_pre.",
    fields: { site: hook.site.path, direction: hook.direction, context: hook.owner.name, names },
  });
}

export function unknownDirection(direction: unknown, known: readonly string[]): UsageError {
  return new UsageError({
    code: "DIRECTION_UNKNOWN",
    what: `${shown(direction)} is not a direction.`,
    hint: `Directions are ${known.join(", ")}.`,
    fields: { direction },
  });
}

export function hookInvalid(field: string, got: unknown, expected: string): UsageError {
  return new UsageError({
    code: "HOOK_INVALID",
    what: `A hook was given with ${field} ${shown(got)}.`,
    hint: `It must be ${expected}.`,
    fields: { field, got },
  });
}

export function handleFixed(paths: readonly string[]): UsageError {
  return new UsageError({
    code: "HANDLE_FIXED",
    what: `replacePattern was called on a handle of single hooks (${paths.join(", ")}).`,
    hint: "Call it on what registering with a pattern returned.",
    fields: { paths },
  });
}

export function stopBackward(direction: string): UsageError {
  return new UsageError({
    code: "STOP_BACKWARD",
    what: `A hook of kind "stop" was given the direction ${direction}.`,
    hint: "Only a forward pass can be stopped: use fwd, fwd_pre or their kwargs variants.",
    fields: { direction },
  });
}

export function runStopped(site: Site, owner: string): LifetimeError {
  return new LifetimeError({
    code: "RUN_STOPPED",
    what: `The run was stopped at ${site.path} by ${owner}, so the model has no output.`,
    hint: "Call the hooked module through tryCall, or tryCallAsync, which says whether the run was stopped.",
    fields: { site: site.path, context: owner },
  });
}

export function backwardWithoutHooks(): UsageError {
  return new UsageError({
    code: "BACKWARD_NO_HOOKS",
    what: "backward was called, but no backward hook is registered on the model.",
    hint: "Prepare a context with the direction bwd or bwd_pre first.",
  });
}

export function lossNotScalar(got: string): ShapeError {
  return new ShapeError({
    code: "LOSS_NOT_SCALAR",
    what: `The loss is ${got}, not a float32 scalar.`,
    hint: "Return one number from the function, for example through mean or sum.",
    fields: { got },
  });
}

export function lossDisposed(): UsageError {
  return new UsageError({
    code: "LOSS_DISPOSED",
    what: "The loss is a disposed tensor.",
    hint: "Return it before it is disposed: what is made in the function is freed with the pass.",
  });
}

/** A backward hook that did not fire, and why. */
export interface Unfired {
  readonly path: string;
  readonly direction: string;
  readonly reason: string;
}

/**
 * @param tapped Paths of sites that ran and could have had a gradient.
 * @param without Hooks whose site ran with nothing that could.
 */
export function lossIndependent(tapped: readonly string[], without: readonly Unfired[] = []): UsageError {
  const ran = tapped.length > 0 ? `, although these ran: ${tapped.join(", ")}` : `: ${listed(without)}`;
  const what = tapped.length === 0 && without.length === 0 ? ": none of them ran inside the function" : ran;
  return new UsageError({
    code: "LOSS_INDEPENDENT",
    what: `The loss depends on no site with a backward hook${what}.`,
    hint: "Compute the loss inside the function from what the model returns there, with differentiable operations.",
    fields: { tapped, without },
  });
}

export function backwardUnfired(unfired: readonly Unfired[]): UsageError {
  return new UsageError({
    code: "BACKWARD_UNFIRED",
    what: `${unfired.length} backward hook${unfired.length === 1 ? "" : "s"} never fired: ${listed(unfired)}.`,
    hint: 'Narrow the pattern to sites that the loss depends on, or register with unfired: "ignore".',
    fields: { unfired },
  });
}

function listed(unfired: readonly Unfired[]): string {
  return unfired.map(({ path, direction, reason }) => `${path} (${direction}): ${reason}`).join("; ");
}

export function gradientsMissing(): UsageError {
  return new UsageError({
    code: "GRADIENTS_MISSING",
    what: "TensorFlow.js has no gradients registered: @tensorflow/tfjs-core alone does not bring them.",
    hint: 'Call await loadBackend() from @hookdict/backends first, or import "@tensorflow/tfjs".',
  });
}

export function backwardFailed(cause: unknown, tapped: readonly string[]): UsageError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new UsageError({
    code: "BACKWARD_FAILED",
    what: `TensorFlow.js could not differentiate the loss down to ${tapped.join(", ")}: ${said}`,
    hint: "Everything between the sites and the loss must have a registered gradient on this backend.",
    fields: { tapped },
    cause,
  });
}
