import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { mustRun, root } from "../command.ts";

type Dependencies = Record<string, string>;

interface TemplateManifest {
  peerDependencies: Dependencies;
  devDependencies: Dependencies;
}

/** Flags with which npm installs what is on disk or in its cache, and runs none of it. */
export const installFlags: readonly string[] = [
  "--ignore-scripts",
  "--no-audit",
  "--no-fund",
  "--prefer-offline",
  "--loglevel=error",
];

/**
 * Copies the template of a plugin to a folder, installs our tarballs for its dependencies, and then does what its author
 * would: build, test, pack.
 *
 * @param tarballs Files by the names of our packages.
 */
export async function checkTemplate(folder: string, tarballs: ReadonlyMap<string, string>): Promise<void> {
  const copy = join(folder, "template");
  const isSource = (path: string): boolean => !["node_modules", "dist"].includes(basename(path));
  cpSync(join(root, "examples/plugin-template"), copy, { recursive: true, filter: isSource });
  const file = join(copy, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8")) as TemplateManifest;
  for (const dependencies of [manifest.peerDependencies, manifest.devDependencies]) {
    for (const [name, tarball] of tarballs) {
      if (name in dependencies) dependencies[name] = `file:${tarball}`;
    }
  }
  writeFileSync(file, JSON.stringify(manifest));
  await mustRun("npm", ["install", ...installFlags], { cwd: copy });
  const tested = await mustRun("npm", ["test"], { cwd: copy });
  if (!/\bpass [1-9]/.test(tested)) throw new Error(`the plugin template runs no test:\n${tested}`);
  await mustRun("npm", ["pack", "--loglevel=error"], { cwd: copy });
  if (!existsSync(join(copy, "dist/src/index.d.ts"))) throw new Error("the plugin template builds no types");
}
