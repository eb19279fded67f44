import { argumentInvalid } from "@hookdict/tensordict";
import { Binding, type Direction, type HookKind } from "@hookdict/core";

/** What became of the hooks at one site in the latest run. */
export interface ReportedHook {
  readonly path: string;
  readonly direction: Direction;
  readonly kind: HookKind;
  /** The context that registered it. */
  readonly context: string;
  /** The passes of the site in the run, from 0 on; empty where it did not run. */
  readonly passes: readonly number[];
  /** Whether the hook fired: one of the backward pass does in runs with a gradient only. */
  readonly fired: boolean;
}

/** What a context registered, and what of it fired in the latest run, as plain data. */
export interface Report {
  readonly context: string;
  readonly model: string;
  readonly hooks: readonly ReportedHook[];
  /** Paths of forward hooks whose site did not run. */
  readonly unfired: readonly string[];
}

/**
 * What a prepared context has registered, which of it fired in the latest run of the model, and how often its sites ran: the evidence of a
 * run, where `plan` says before what there will be.
 *
 * @example
 * class Twice extends Module {
 *   readonly hook_x = new HookPoint();
 *   override forward(x: Tensor): Tensor { return this.hook_x.call(this.hook_x.call(x)); }
 * }
 * using hooked = new Interventions({ captures: [{ at: "hook_x" }] }).prepare(new Twice());
 * hooked.call(scalar(1));
 * reportOf(hooked).hooks.map(({ path, passes, fired }) => [path, passes, fired]); // => [["hook_x", [0, 1], true]]
 */
export function reportOf(hooked: { readonly context: { readonly binding: Binding } }): Report {
  const { context } = hooked ?? {};
  if (!(context?.binding instanceof Binding))
    throw argumentInvalid("reportOf", "hooked", hooked, "what prepare returns");
  const { binding } = context;
  const { target, name, unfired } = binding;
  const hooks = binding.entries.map(({ site, direction, kind, owner, port, firedIn }) => ({
    path: site.path,
    direction,
    kind,
    context: owner.name,
    passes: port.hasRun ? Array.from({ length: port.passes }, (_, pass) => pass) : [],
    fired: firedIn >= 0 && firedIn === target.runId,
  }));
  return { context: name, model: target.name, hooks, unfired };
}
