import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { wheelMissing, wheelOther, wheelUnreadable } from "./errors.ts";
import type { Host } from "./host.node.ts";
import type { PythonPackage } from "./python-package.ts";
import { extractEntry, listZip } from "./zip.node.ts";

/** The part of a wheel that the addon needs. */
const NEEDED =
  /^tensorflow\/(libtensorflow_(cc|framework)\.(so\.2|2\.dylib)|include\/(tensorflow\/c|tensorflow\/core\/platform|xla\/tsl|tsl)\/.*[^/])$/;

/** Names of a processor in wheels' file names. */
const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  x64: ["x86_64", "amd64"],
  arm64: ["aarch64", "arm64"],
};

/**
 * Takes TensorFlow's libraries and headers out of a wheel of `tensorflow` or `tensorflow-cpu`, without installing it, into
 * a folder below `target`; what is there already is kept. Returns that folder.
 *
 * @throws BackendError `NATIVE_WHEEL_MISSING`, `NATIVE_WHEEL_OTHER`, `NATIVE_WHEEL_UNREADABLE`.
 */
export async function unpackWheel(
  file: string,
  target: string,
  host: Host,
  wanted: PythonPackage,
): Promise<string> {
  if (!existsSync(file)) throw wheelMissing(file, wanted);
  const [name = "", version = ""] = basename(file).split("-");
  if (!/^tensorflow(_cpu|_intel|_macos)?$/i.test(name) || !isFor(file, host))
    throw wheelOther(file, `${host.platform}-${host.arch}`, wanted);
  const entries = listZip(file)?.filter((entry) => NEEDED.test(entry.name)) ?? [];
  if (entries.length === 0) throw wheelUnreadable(file, wanted);
  const folder = join(target, `tensorflow-${version}`);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (existsSync(path) && statSync(path).size === entry.size) continue;
    await extractEntry(file, entry, path);
    if (statSync(path).size !== entry.size) throw wheelUnreadable(file, wanted);
  }
  return join(folder, "tensorflow");
}

function isFor(file: string, host: Host): boolean {
  const tag = basename(file, ".whl").split("-").at(-1) ?? "";
  const system = host.platform === "darwin" ? "macosx" : "linux";
  return tag.includes(system) && (ARCHITECTURES[host.arch] ?? []).some((arch) => tag.endsWith(arch));
}
