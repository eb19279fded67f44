import type { Mount } from "../targets/mount.ts";
import type { Module } from "./module.ts";
import { slotIn } from "./slot-in.ts";
import { mountedModuleAt, walkMounted } from "./tree.ts";

/** The modules below `module` as sites below a path of a model. */
export function mountOf(path: string, module: Module): Mount {
  return {
    path,
    sites: () => walkMounted(module, path),
    slotAt: (site) => {
      const found = mountedModuleAt(module, path, site);
      return found === undefined ? undefined : slotIn(found, site.path);
    },
    grow: ({ sources }) => {
      for (const source of sources) if (!source.startsWith("!")) module.partNamed(source, path);
    },
  };
}
