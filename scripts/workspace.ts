import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./command.ts";

/** What the scripts read of a package's manifest. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A package that is published. */
export interface Package {
  /** Absolute path. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Every folder of `packages/`, by name. */
export function listPackages(): Package[] {
  const packages = join(root, "packages");
  return readdirSync(packages)
    .sort()
    .map((name) => join(packages, name))
    .map((folder) => ({ folder, manifest: readManifest(folder) }));
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/** What a user writes to import each entry: `@hookdict/core`, `@hookdict/tensordict/io`, ... */
export function entryNames(manifest: Manifest): string[] {
  return Object.keys(manifest.exports)
    .filter((entry) => !entry.endsWith(".json"))
    .map((entry) => manifest.name + entry.slice(1));
}

/** The entries that are for browsers too: those that resolve without the condition `node`. */
export function browserEntryNames(manifest: Manifest): string[] {
  return entryNames(manifest).filter((name) => {
    const target = manifest.exports[`.${name.slice(manifest.name.length)}`];
    return (
      typeof target === "string" || (typeof target === "object" && target !== null && "default" in target)
    );
  });
}

/** Every file below `folder` whose name ends in one of `endings`, but for generated and installed ones. */
export function findFiles(folder: string, endings: readonly string[]): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return generated.has(entry.name) ? [] : findFiles(path, endings);
      return endings.some((ending) => entry.name.endsWith(ending)) ? [path] : [];
    });
}

const generated = new Set(["node_modules", "dist", "coverage", ".git", ".examples", "out"]);
