import { argumentInvalid, checkArgument } from "@hookdict/tensordict";
import type { SitePart } from "../hooks/site-part.ts";
import { Binding } from "./binding.ts";

/** Parts by path: owners share them, the first makes them, and the last takes them off. */
const mounted = new WeakMap<
  object,
  Map<string, { readonly owners: Set<Binding>; readonly unmount: () => void }>
>();

/**
 * Makes a part of what passes a site a site of its own, until the owner of hooks ends. Its hooks stand among those of the whole
 * site, in the order of their registration, and see the part alone.
 *
 * @throws UsageError `MOUNT_TAKEN`; LifetimeError `CONTEXT_DISPOSED`
 */
export function mountPart(owner: Binding, part: SitePart): void {
  if (!(owner instanceof Binding)) throw argumentInvalid("mountPart", "owner", owner, "a context's binding");
  checkArgument("mountPart", "part", part, "a record");
  checkArgument("mountPart", "part.site", part.site, "a record");
  for (const name of ["take", "put"] as const)
    checkArgument("mountPart", `part.${name}`, part[name], "a function");
  owner.assertLive("mount");
  const { target } = owner;
  const { site } = part;
  const parts =
    mounted.get(target) ?? new Map<string, { readonly owners: Set<Binding>; readonly unmount: () => void }>();
  mounted.set(target, parts);
  let known = parts.get(site.path);
  if (known === undefined) {
    const unmount = target.mount({
      path: part.of,
      sites: () => [site],
      slotAt: () => undefined,
      partAt: ({ path }) => (path === site.path ? part : undefined),
      grow: () => undefined,
    });
    known = { owners: new Set(), unmount };
    parts.set(site.path, known);
  }
  const { owners, unmount } = known;
  if (owners.has(owner)) return;
  owners.add(owner);
  owner.defer(() => {
    owners.delete(owner);
    if (owners.size > 0) return;
    parts.delete(site.path);
    unmount();
  });
}
