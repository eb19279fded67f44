import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { checkPackageName } from "./arguments.ts";
import { type Host, thisHost } from "./host.node.ts";
import { digestSources } from "./sources.node.ts";

/** The packages of TensorFlow.js whose addon can be built. */
export type AddonPackageName = "@tensorflow/tfjs-node" | "@tensorflow/tfjs-node-gpu";

/** An installed package that brings the sources of an addon. */
export interface AddonPackage {
  readonly name: AddonPackageName;
  readonly folder: string;
  readonly version: string;
}

/**
 * The package as this one sees it, otherwise as the working directory does, or as the given project does; `undefined` where
 * it is not installed.
 */
export function findAddonPackage(name: AddonPackageName, project?: string): AddonPackage | undefined {
  const folders =
    project === undefined ? [dirname(fileURLToPath(import.meta.url)), process.cwd()] : [project];
  for (const folder of folders) {
    try {
      const manifest = createRequire(join(folder, "package.json")).resolve(`${name}/package.json`);
      const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string }; // npm demands it
      return { name, folder: dirname(manifest), version };
    } catch {
      // Not installed there.
    }
  }
  return undefined;
}

/** What was built, as written beside it. */
export interface Build {
  /** Version of the package that the addon's sources came from. */
  readonly package: string;
  readonly tensorflow: { readonly version: string; readonly folder: string };
  readonly gpu: boolean;
  /** State of this package's own C++, which was built, too. */
  readonly sources: string;
}

/** The files of a build; they exist after it. */
export interface BuildFiles {
  readonly folder: string;
  readonly addon: string;
  /** Operations of our own. */
  readonly kernels: string;
  readonly quiet: string;
  readonly record: string;
}

/**
 * Where a package's addon is built to and loaded from: below `HOOKDICT_NATIVE`, otherwise below the `.cache` of the
 * `node_modules` that holds the package, so that nothing is written into a package and the project's own commands find it
 * from every working directory.
 */
export function buildFiles({ name, folder, version }: AddonPackage, host: Host): BuildFiles {
  const given = host.env["HOOKDICT_NATIVE"];
  const base =
    given === undefined || given === ""
      ? join(modulesFolder(folder), ".cache", "hookdict-backends")
      : resolve(given);
  const target = join(base, `${basename(name)}-${version}-${host.platform}-${host.arch}`);
  return {
    folder: target,
    addon: join(target, "tfjs_binding.node"),
    kernels: join(target, "kernels.node"),
    quiet: join(target, "quiet.node"),
    record: join(target, "build.json"),
  };
}

/** The outermost `node_modules` on the way to the folder. */
function modulesFolder(folder: string): string {
  const parts = folder.split(sep);
  const at = parts.indexOf("node_modules");
  return at < 0 ? join(folder, "node_modules") : parts.slice(0, at + 1).join(sep);
}

/** The record of the package's build; `undefined` where there is none, or one of another version of this package. */
export function readBuild(files: BuildFiles): Build | undefined {
  if (![files.record, files.addon, files.kernels].every((path) => existsSync(path))) return undefined;
  const build = parseBuild(readFileSync(files.record, "utf8"));
  return build?.sources === digestSources() ? build : undefined;
}

function parseBuild(text: string): Build | undefined {
  try {
    return JSON.parse(text) as Build; // written by build.node.ts
  } catch {
    return undefined; // cut off, or changed since
  }
}

/**
 * What `buildNative` made for a package that is installed here; `undefined` where nothing was built.
 *
 * @throws BackendError `NATIVE_ARGUMENT`.
 */
export function findBuild(name: AddonPackageName): Build | undefined {
  checkPackageName(name);
  const item = findAddonPackage(name);
  return item === undefined ? undefined : readBuild(buildFiles(item, thisHost));
}
