import { argumentInvalid, checkArgument } from "@hookdict/tensordict";
import type { Module } from "../modules/module.ts";
import { mountOf } from "../modules/mount.ts";
import { Binding } from "./binding.ts";

/**
 * Adds the parts of a module to a model as sites below `path`, until the owner of hooks ends. Only the owner's hooks call
 * them. All patterns match these sites, and other owners' hooks there run until either ends.
 *
 * @throws UsageError `MOUNT_TAKEN`; LifetimeError `CONTEXT_DISPOSED`
 */
export function mountModule(owner: Binding, path: string, module: Module): void {
  if (!(owner instanceof Binding))
    throw argumentInvalid("mountModule", "owner", owner, "a context's binding");
  checkArgument("mountModule", "path", path, "text");
  checkArgument("mountModule", "module", module, "a record");
  owner.assertLive("mount");
  owner.defer(owner.target.mount(mountOf(path, module)));
}
