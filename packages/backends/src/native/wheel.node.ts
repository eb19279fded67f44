import { mkdirSync, realpathSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { wheelMissing, wheelOther, wheelUnreadable, wheelUnsafe } from "./errors.ts";
import type { Host } from "./host.node.ts";
import type { PythonPackage } from "./python-package.ts";
import { extractEntry, isSafeName, listZip, type ZipEntry } from "./zip.node.ts";

/** The part of a wheel that the addon needs: of TensorFlow, and libraries that the wheel brings for it. */
const NEEDED =
  /^tensorflow\/(libtensorflow_(cc|framework)\.(so\.2|2\.dylib)|include\/(tensorflow\/c|tensorflow\/core\/platform|xla\/tsl|tsl)\/.*[^/])$|^tensorflow\w*\.libs\/[^/]+$/;

/** Names of the packages that hold the libraries on some machine or other (`tensorflow-cpu-aws`: Linux on arm64, up to 2.15). */
const PACKAGES = /^tensorflow(_cpu|_cpu_aws|_intel|_macos)?$/i;

const ABSENT = { throwIfNoEntry: false } as const;

/** Names of a processor in wheels' file names. */
const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  x64: ["x86_64", "amd64"],
  arm64: ["aarch64", "arm64"],
};

/**
 * Takes TensorFlow's libraries and headers out of a wheel of `tensorflow` or `tensorflow-cpu`, without installing it, into
 * a folder below `target`; what is there already is kept. Returns that folder. Nothing is written outside it, whatever the
 * wheel says.
 *
 * @throws BackendError `NATIVE_WHEEL_MISSING`, `NATIVE_WHEEL_OTHER`, `NATIVE_WHEEL_UNREADABLE`, `NATIVE_WHEEL_UNSAFE`.
 */
export async function unpackWheel(
  file: string,
  target: string,
  host: Host,
  wanted: PythonPackage,
): Promise<string> {
  if (statSync(file, ABSENT)?.isFile() !== true) throw wheelMissing(file, wanted);
  const [name = "", version = ""] = basename(file).split("-");
  if (!PACKAGES.test(name) || !isFor(file, host))
    throw wheelOther(file, `${host.platform}-${host.arch}`, wanted);
  const folder = join(target, `tensorflow-${version}`);
  try {
    const all = listZip(file) ?? [];
    // Of all entries, not of those that are needed alone: such a wheel is nobody's.
    const unsafe = all.find((entry) => entry.isLink || !isSafeName(entry.name));
    if (unsafe !== undefined) throw wheelUnsafe(file, unsafe.name, wanted);
    const entries = all.filter((entry) => NEEDED.test(entry.name));
    if (entries.length === 0) throw wheelUnreadable(file, wanted);
    mkdirSync(folder, { recursive: true });
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (!isInside(folder, path)) throw wheelUnsafe(file, entry.name, wanted);
      if (!(await extractNew(file, entry, path))) throw wheelUnreadable(file, wanted);
    }
  } catch (error) {
    // Of zlib, or of a place beyond the file's end.
    throw error instanceof Error && /^(Z_|ERR_)/.test(codeOf(error)) ? wheelUnreadable(file, wanted) : error;
  }
  return join(folder, "tensorflow");
}

/** Makes the folder of a path, and says whether it lies below `folder`: a link on the way may lead elsewhere. */
function isInside(folder: string, path: string): boolean {
  const parent = dirname(path);
  // Step by step, so that no folder is made behind a link.
  for (const step of stepsBetween(folder, parent)) {
    mkdirSync(step, { recursive: true });
    if (!realpathSync(step).startsWith(realpathSync(folder) + sep)) return false;
  }
  return true;
}

/** The folders from below `folder` down to `parent`. */
function stepsBetween(folder: string, parent: string): string[] {
  const names = parent
    .slice(folder.length + 1)
    .split(sep)
    .filter((name) => name !== "");
  return names.map((_, i) => join(folder, ...names.slice(0, i + 1)));
}

/** Puts it in place when it is whole: a process may have the present file loaded. */
async function extractNew(file: string, entry: ZipEntry, path: string): Promise<boolean> {
  if (statSync(path, ABSENT)?.size === entry.size) return true;
  const part = `${path}.${process.pid}.part`;
  try {
    await extractEntry(file, entry, part);
    if (statSync(part).size !== entry.size) return false;
    renameSync(part, path);
    return true;
  } finally {
    rmSync(part, { force: true });
  }
}

function codeOf(error: NodeJS.ErrnoException): string {
  return error.code ?? "";
}

function isFor(file: string, host: Host): boolean {
  const tag = basename(file, ".whl").split("-").at(-1) ?? "";
  const system = host.platform === "darwin" ? "macosx" : "linux";
  return tag.includes(system) && (ARCHITECTURES[host.arch] ?? []).some((arch) => tag.endsWith(arch));
}
