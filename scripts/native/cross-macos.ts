import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildNative } from "@hookdict/backends/native";
import { root, runCommand } from "../command.ts";
import { readMachO } from "./mach-o.ts";

// `pnpm native:macos WHEEL`: compiles and links the native backend for macOS on another system, with
// zig, against a wheel of `tensorflow` for macOS, and tells what each library will look for. It cannot be loaded there.

const TARGETS = { arm64: "aarch64-macos", x64: "x86_64-macos" };
const LIBRARIES = ["tfjs_binding.node", "kernels.node", "quiet.node"];

async function findZig(): Promise<string> {
  const given = process.env["PYTHON"] ?? "python3";
  const python = given.includes("/") ? resolve(given) : given;
  if ((await runCommand(python, ["-m", "ziglang", "version"])).code === 0) return python;
  throw new Error(
    `${python} has no zig. Type: pip install ziglang, or name another Python in the variable PYTHON.`,
  );
}

/** A compiler that keeps a copy of what it makes: the build throws away what cannot be loaded. */
function writeCompiler(folder: string, python: string, target: string): string {
  const path = join(folder, "compiler");
  const lines = [
    "#!/bin/sh",
    `cd "${folder}" || exit`, // where zig leaves its a.o
    `"${python}" -m ziglang c++ -target ${target} "$@" || exit`,
    'while [ $# -gt 0 ]; do [ "$1" = "-o" ] && output="$2"; shift; done',
    `[ -z "$output" ] || cp "$output" "${folder}"`,
  ];
  writeFileSync(path, `${lines.join("\n")}\n`);
  chmodSync(path, 0o755);
  return path;
}

async function crossBuild(pythonWheel: string, arch: keyof typeof TARGETS, folder: string): Promise<void> {
  const CXX = writeCompiler(folder, await findZig(), TARGETS[arch]);
  const env = { ...process.env, CXX, HOOKDICT_NATIVE: folder };
  try {
    await buildNative({ pythonWheel, host: { platform: "darwin", arch, env } });
  } catch (error) {
    if ((error as { code?: string }).code !== "NATIVE_CHECK_FAILED") throw error;
  }
}

function describe(file: string): string {
  const { arch, libraries, runPaths, unresolved } = readMachO(file);
  const strange = unresolved.filter((name) => !name.startsWith("napi_"));
  if (strange.length > 0) throw new Error(`${file}: no library has ${strange.join(", ")}`);
  const from = runPaths.map((path) => ` from ${path}`).join("");
  return `${arch}, functions of Node: ${unresolved.length}, libraries: ${libraries.join(", ")}${from}`;
}

try {
  const wheel = process.argv[2];
  if (wheel === undefined)
    throw new Error(
      "Name a wheel. Type: pip download --no-deps --only-binary=:all: --platform macosx_12_0_arm64 tensorflow",
    );
  const arch = wheel.endsWith("x86_64.whl") ? "x64" : "arm64";
  const folder = join(root, ".native", `macos-${arch}`);
  mkdirSync(folder, { recursive: true });
  for (const name of LIBRARIES) rmSync(join(folder, name), { force: true });
  await crossBuild(wheel, arch, folder);
  for (const name of LIBRARIES) console.log(`${name}: ${describe(join(folder, name))}`);
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
