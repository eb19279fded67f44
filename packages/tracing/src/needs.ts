import type { Binding, HookTarget } from "@hookdict/core";

/** Owners of hooks on every site, and whether they need the rest of a run. */
const owners = new WeakMap<object, () => boolean>();

/** Notes an owner whose hooks fire everywhere without needing to, until its end. */
export function noteNeeds(binding: Binding, needsRest: () => boolean): void {
  owners.set(binding, needsRest);
  binding.defer(() => owners.delete(binding)); // what is left in the map, V8 frees much later: it leads back to its key
}

/** Whether hooks of others than `owner` have yet to fire in the run under way. */
export function othersNeedRest(target: HookTarget, owner: Binding): boolean {
  for (const entry of target.entries) {
    const { owner: other } = entry;
    if (other === owner || entry.removed || !other.isEnabled || !entry.chain.startsWith("fwd")) continue;
    const needsRest = owners.get(other);
    if (needsRest !== undefined ? needsRest() : entry.firedIn !== target.runId && target.admits(entry.tick))
      return true;
  }
  return false;
}
