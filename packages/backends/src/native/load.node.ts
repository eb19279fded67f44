import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import util from "node:util";
import { findBackend, findBackendFactory, type KernelBackend, registerBackend } from "@tensorflow/tfjs-core";
import {
  type AddonPackage,
  type AddonPackageName,
  type Build,
  buildFiles,
  type BuildFiles,
  findAddonPackage,
  readBuild,
} from "./addon-package.node.ts";
import { gpuMissing, gpuPlatform, loadFailed, notBuilt, otherLoaded, packageMissing } from "./errors.ts";
import { thisHost } from "./host.node.ts";
import { registerFused } from "./fused.node.ts";
import { registerFusedGradients } from "./gradients.node.ts";
import type { Binding } from "./operations.node.ts";
import { registerMatMul } from "./products.node.ts";

const GPU: AddonPackageName = "@tensorflow/tfjs-node-gpu";

/**
 * Registers TensorFlow's own kernels as the backend `tensorflow`, with the addon that `hookdict-backends build` made, or
 * with the one that the package's install script brought.
 *
 * @throws BackendError `NATIVE_PACKAGE_MISSING`, `NATIVE_OTHER_LOADED`, `NATIVE_NOT_BUILT`, `NATIVE_LOAD_FAILED`, `NATIVE_GPU_PLATFORM`,
 * `NATIVE_GPU_MISSING` where what was built for a card finds none.
 */
export async function loadNative(name: AddonPackageName): Promise<void> {
  if (isRegistered()) return checkRegistered(name);
  if (name === GPU && thisHost.platform === "darwin") throw gpuPlatform();
  const item = findAddonPackage(name);
  if (item === undefined) throw packageMissing(name, process.cwd());
  restoreNodeUtil();
  const files = buildFiles(item, thisHost);
  const build = readBuild(files);
  if (build !== undefined) return registerBuilt(item, files, build);
  if (!hasOwnAddon(item)) throw notBuilt(item.name, item.version);
  await import(createRequire(import.meta.url).resolve(item.folder));
}

function isRegistered(): boolean {
  // Typed as a function, but nothing where there is none.
  const factory = findBackendFactory("tensorflow") as unknown;
  return factory !== undefined && factory !== null;
}

/** Both packages make the same backend, which knows whose it is. */
function checkRegistered(name: AddonPackageName): void {
  const { isGPUPackage } = findBackend("tensorflow") as KernelBackend & { isGPUPackage?: boolean };
  const loaded = isGPUPackage === true ? "@tensorflow/tfjs-node-gpu" : "@tensorflow/tfjs-node";
  if (loaded !== name) throw otherLoaded(name, loaded);
}

function hasOwnAddon({ folder }: AddonPackage): boolean {
  return ["v8", "v7", "v6", "v5", "v4", "v3"].some((api) =>
    existsSync(join(folder, "lib", `napi-${api}`, "tfjs_binding.node")),
  );
}

/** The class of the backend in the package, which the package's own entry makes after it has looked for its addon. */
type NodeBackend = new (binding: Binding, packageName: string) => KernelBackend;

function registerBuilt(item: AddonPackage, files: BuildFiles, { tensorflow }: Build): void {
  const require = createRequire(join(item.folder, "package.json"));
  const binding = loadQuietly(require, files);
  if (item.name === GPU && !binding.isUsingGpuDevice())
    throw gpuMissing(tensorflow.version, tensorflow.folder, thisHost.arch);
  require("./dist/register_all_kernels");
  registerMatMul();
  if (!binding.isUsingGpuDevice()) {
    // They compute on the processor: tensors of another device would be copied back and forth.
    loadAddon(require, files.kernels);
    registerFused();
    registerFusedGradients();
  }
  const { NodeJSKernelBackend } = require("./dist/nodejs_kernel_backend") as {
    NodeJSKernelBackend: NodeBackend;
  };
  registerBackend("tensorflow", () => new NodeJSKernelBackend(binding, item.name), 3);
}

/** TensorFlow greets on standard error while it loads. */
function loadQuietly(require: NodeJS.Require, files: BuildFiles): Binding {
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  let stderr: { mute(): void; unmute(): void } | undefined;
  try {
    stderr = loadAddon(require, files.quiet) as { mute(): void; unmute(): void };
    stderr.mute();
    return loadAddon(require, files.addon) as Binding;
  } finally {
    stderr?.unmute();
  }
}

function loadAddon(require: NodeJS.Require, path: string): unknown {
  try {
    return require(path);
  } catch (error) {
    throw loadFailed(path, error instanceof Error ? error.message : String(error), error);
  }
}

/** tfjs-node 4.22 calls two functions of `node:util` that newer Node versions no longer have. */
function restoreNodeUtil(): void {
  const old = util as { isNullOrUndefined?: unknown; isArray?: unknown };
  old.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  old.isArray ??= Array.isArray;
}
