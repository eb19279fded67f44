import { argumentInvalid } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { HookTerms } from "../hooks/entry.ts";
import { checkHook, type Hook } from "../hooks/hook.ts";
import type { Site } from "../sites/site.ts";
import { Binding } from "./binding.ts";
import { isSiteList } from "./matching.ts";

/**
 * Registers a hook on the inputs and one on the output of each of a model's sites, until what it returns is called, or their
 * owner ends: for who looks at whole runs, again and again. With the very list that `target.sites()` gives, which stays
 * the same while the model does, this is far cheaper than `Binding.hook`; but nobody is told of these hooks one by one, and
 * they stay where they are.
 *
 * @throws LifetimeError after the end of the owner; UsageError `PATTERN_INVALID`, `HOOK_INVALID`, `HOOKS_REFUSED`: then none is registered.
 */
export function coverSites<V = Tensor>(
  owner: Binding,
  sites: readonly Site[],
  input: Hook<V>,
  output: Hook<V>,
): () => void {
  if (!(owner instanceof Binding)) throw argumentInvalid("coverSites", "owner", owner, "a context's binding");
  isSiteList({ sites });
  owner.assertLive("coverSites");
  const before = new HookTerms(owner, "fwd_pre", checkHook(input));
  const after = new HookTerms(owner, "fwd", checkHook(output));
  const takeOff = owner.target.cover(sites, before, after);
  const forget = owner.defer(takeOff);
  return () => {
    forget();
    takeOff();
  };
}
