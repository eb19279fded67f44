import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { BackendError } from "@hookdict/backends";
import { buildNative, type BuiltNative, findBuild } from "@hookdict/backends/native";
import { mustRun, root, runCommand } from "../command.ts";

// `pnpm native`: makes the native backend available to tests and benchmarks. TensorFlow is the installed one, otherwise
// a wheel from PyPI, which is downloaded once, into .native, and not installed.

const downloads = join(root, ".native");

async function buildWithAny(): Promise<BuiltNative> {
  try {
    return await buildNative();
  } catch (error) {
    if (!(error instanceof BackendError) || error.code !== "NATIVE_TENSORFLOW_MISSING") throw error;
    return await buildNative({ pythonWheel: await download(String(error.fields["download"])) });
  }
}

/** @param name Of PyPI's package for this machine. */
async function download(name: string): Promise<string> {
  mkdirSync(downloads, { recursive: true });
  const present = findWheel();
  if (present !== undefined) return present;
  const pip = await findPip();
  // The libraries are the same for every Python version: ask for one that has wheels.
  const flags = ["--no-deps", "--only-binary=:all:", "--python-version", "3.11", "--dest", downloads];
  await mustRun(pip, ["-m", "pip", "download", "--quiet", ...flags, name]);
  const file = findWheel();
  if (file === undefined) throw new Error(`pip downloaded no wheel of ${name} into ${downloads}`);
  return file;
}

function findWheel(): string | undefined {
  const name = readdirSync(downloads).find((file) => file.endsWith(".whl"));
  return name === undefined ? undefined : join(downloads, name);
}

async function findPip(): Promise<string> {
  for (const python of ["python3", "python"])
    if ((await runCommand(python, ["-m", "pip", "--version"])).code === 0) return python;
  throw new Error("Python's pip is missing, which downloads TensorFlow. Type: apt-get install python3-pip");
}

try {
  const ready = findBuild("@tensorflow/tfjs-node") ?? (await buildWithAny());
  console.log(`native backend: TensorFlow ${ready.tensorflow.version} in ${ready.tensorflow.folder}`);
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
