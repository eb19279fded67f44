import { existsSync } from "node:fs";
import { join } from "node:path";
import { tensorflowIncomplete, tensorflowMissing } from "./errors.ts";
import { type Host, runProgram } from "./host.node.ts";
import type { PythonPackage } from "./python-package.ts";

/** A TensorFlow to build against. */
export interface TensorFlow {
  /** Folder of its headers. */
  readonly include: string;
  /** Folder of its libraries, where the addon will look for them. */
  readonly folder: string;
  /** The libraries' paths. */
  readonly libraries: readonly string[];
}

/** What the addon's sources include. */
const HEADERS = [
  "tensorflow/c/c_api.h",
  "tensorflow/c/eager/c_api.h",
  "tensorflow/core/platform/ctstring_internal.h",
];

/** File names of the libraries of a Python package, and of a libtensorflow; the latter may do without the second. */
function libraryNames(platform: string): { python: readonly string[]; standalone: readonly string[] } {
  const name = (library: string): string =>
    platform === "darwin" ? `lib${library}.2.dylib` : `lib${library}.so.2`;
  return {
    python: [name("tensorflow_cc"), name("tensorflow_framework")],
    standalone: [name("tensorflow"), name("tensorflow_framework")],
  };
}

/**
 * The TensorFlow in a folder: an unpacked libtensorflow (`lib/`, `include/`), the `tensorflow` folder of a Python package,
 * or the folder that holds that one.
 *
 * @throws BackendError `NATIVE_TENSORFLOW_INCOMPLETE` with everything that is missing.
 */
export function describeTensorFlow(given: string, host: Host): TensorFlow {
  const names = libraryNames(host.platform);
  const inside = join(given, "tensorflow");
  const folder = names.python.some((name) => existsSync(join(inside, name))) ? inside : given;
  const standalone = names.standalone.some((name) => existsSync(join(folder, "lib", name)));
  const where = standalone ? join(folder, "lib") : folder;
  const named = (standalone ? names.standalone : names.python).map((name) => join(where, name));
  // Built as Homebrew's is (--config=monolithic), libtensorflow needs no second library.
  const libraries = standalone ? named.filter((path, i) => i === 0 || existsSync(path)) : named;
  const include = join(folder, "include");
  const needed = [...libraries, ...HEADERS.map((header) => join(include, header))];
  const missing = needed.filter((path) => !existsSync(path));
  if (missing.length > 0) throw tensorflowIncomplete(given, missing);
  return { include, folder: where, libraries };
}

/**
 * The installed TensorFlow: Python's, otherwise a libtensorflow below `/usr/local`, `/usr` or Homebrew's folder.
 *
 * @throws BackendError `NATIVE_TENSORFLOW_MISSING`, `NATIVE_TENSORFLOW_INCOMPLETE`.
 */
export function findTensorFlow(host: Host, wanted: PythonPackage): TensorFlow {
  const pythons = listPythons(host);
  for (const python of pythons) {
    const folder = askPython(host, python);
    if (folder !== undefined) return describeTensorFlow(folder, host);
  }
  const system = ["/usr/local", "/usr", host.env["HOMEBREW_PREFIX"] ?? "/opt/homebrew"];
  const { standalone } = libraryNames(host.platform);
  const [main = ""] = standalone;
  const found = system.find((folder) => existsSync(join(folder, "lib", main)));
  if (found === undefined) throw tensorflowMissing([...pythons, ...system], wanted);
  return describeTensorFlow(found, host);
}

function listPythons({ env }: Host): string[] {
  const { PYTHON = "", VIRTUAL_ENV = "" } = env;
  const own = VIRTUAL_ENV === "" ? "" : join(VIRTUAL_ENV, "bin", "python");
  return [PYTHON, own, "python3", "python"].filter((name) => name !== "");
}

const QUESTION = [
  "import importlib.util",
  'spec = importlib.util.find_spec("tensorflow")',
  'print(list(spec.submodule_search_locations)[0] if spec and spec.submodule_search_locations else "")',
].join("\n");

function askPython(host: Host, python: string): string | undefined {
  const answer = runProgram(host, python, ["-c", QUESTION]);
  const folder = answer?.code === 0 ? answer.stdout.trim() : "";
  return folder === "" ? undefined : folder;
}
