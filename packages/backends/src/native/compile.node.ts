import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { AddonPackage } from "./addon-package.node.ts";
import { compilerMissing, compileFailed } from "./errors.ts";
import { type Host, runProgram } from "./host.node.ts";
import { ownSource } from "./sources.node.ts";
import type { TensorFlow } from "./tensorflow.node.ts";

/**
 * The C++ compiler: `CXX`, otherwise the first of g++, clang++ and c++ that runs.
 *
 * @throws BackendError `NATIVE_COMPILER_MISSING`.
 */
export function findCompiler(host: Host): string {
  const given = host.env["CXX"];
  const candidates = given === undefined || given === "" ? ["g++", "clang++", "c++"] : [given];
  const found = candidates.find((name) => runProgram(host, name, ["--version"])?.code === 0);
  if (found === undefined) throw compilerMissing(candidates, host.platform);
  return found;
}

/**
 * Compiles the addon of an installed package against a TensorFlow.
 *
 * @throws BackendError `NATIVE_COMPILE_FAILED` with what the compiler says.
 */
export function compileAddon(
  { host, compiler }: { readonly host: Host; readonly compiler: string },
  item: AddonPackage,
  tensorflow: TensorFlow,
  target: string,
): void {
  compile(host, compiler, [
    ...moduleFlags(host, "tfjs_binding"),
    `-I${item.folder}`,
    `-I${tensorflow.include}`,
    ...["tfjs_backend.cc", "tfjs_binding.cc"].map((file) => join(item.folder, "binding", file)),
    "-o",
    target,
    ...linkFlags(tensorflow),
  ]);
}

/**
 * Compiles the library of our own operations against a TensorFlow.
 *
 * @throws BackendError `NATIVE_COMPILE_FAILED`.
 */
export function compileKernels(
  { host, compiler }: { readonly host: Host; readonly compiler: string },
  tensorflow: TensorFlow,
  target: string,
): void {
  compile(host, compiler, [
    ...moduleFlags(host, "kernels"),
    "-O3",
    "-fopenmp-simd",
    "-fno-trapping-math", // or conditions keep loops from being vectorized
    `-I${tensorflow.include}`,
    ownSource("kernels/kernels.cc"),
    "-o",
    target,
    ...linkFlags(tensorflow),
  ]);
}

/**
 * Compiles the addon that turns standard error off.
 *
 * @throws BackendError `NATIVE_COMPILE_FAILED`.
 */
export function compileQuiet(
  { host, compiler }: { readonly host: Host; readonly compiler: string },
  target: string,
): void {
  compile(host, compiler, [...moduleFlags(host, "quiet"), ownSource("quiet.cc"), "-o", target]);
}

/** `-Wl,` would split a folder's name at its commas. */
function linkFlags({ folder, libraries }: TensorFlow): string[] {
  return ["-Xlinker", "-rpath", "-Xlinker", folder, ...libraries];
}

function compile(host: Host, compiler: string, args: readonly string[]): void {
  const outcome = runProgram(host, compiler, args);
  if (outcome?.code !== 0) throw compileFailed([compiler, ...args].join(" "), outcome?.stderr ?? "");
}

// Node-API is one interface for all Node versions; its headers come from npm, so that no Node's own are looked for.
function moduleFlags(host: Host, name: string): string[] {
  const headers = dirname(createRequire(import.meta.url).resolve("node-api-headers/include/node_api.h"));
  const flags = [
    "-std=c++17",
    "-O2",
    "-fPIC",
    "-shared",
    "-w",
    "-DNAPI_VERSION=8",
    "-DBUILDING_NODE_EXTENSION",
  ];
  const lookup = host.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : [];
  return [...flags, ...lookup, `-DNODE_GYP_MODULE_NAME=${name}`, `-I${headers}`];
}
