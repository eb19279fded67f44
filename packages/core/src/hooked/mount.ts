import type { Module } from "../modules/module.ts";
import { mountOf } from "../modules/mount.ts";
import type { Binding } from "./binding.ts";

/**
 * Adds the parts of a module to a model as sites below `path`, until the owner of hooks ends. Only the owner's hooks call
 * them. All patterns match these sites, and other owners' hooks there run until either ends.
 *
 * @throws UsageError `MOUNT_TAKEN`; LifetimeError `CONTEXT_DISPOSED`
 */
export function mountModule(owner: Binding, path: string, module: Module): void {
  owner.assertLive("mount");
  owner.defer(owner.target.mount(mountOf(path, module)));
}
