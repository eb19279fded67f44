import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import {
  type AddonPackage,
  type AddonPackageName,
  type Build,
  buildFiles,
  type BuildFiles,
  findAddonPackage,
} from "./addon-package.node.ts";
import { checkBuildOptions } from "./arguments.ts";
import { checkAddon } from "./check.node.ts";
import { compileAddon, compileKernels, compileQuiet, findCompiler } from "./compile.node.ts";
import { folderUnusable, gpuMissing, gpuPlatform, packageMissing, platformUnknown } from "./errors.ts";
import { type Host, thisHost } from "./host.node.ts";
import { type PythonPackage, pythonPackage } from "./python-package.ts";
import { digestSources } from "./sources.node.ts";
import { describeTensorFlow, findTensorFlow } from "./tensorflow.node.ts";
import { unpackWheel } from "./wheel.node.ts";

/** Options of {@link buildNative}. */
export interface BuildOptions {
  /** Builds `@tensorflow/tfjs-node-gpu` instead of `@tensorflow/tfjs-node`. */
  readonly gpu?: boolean;
  /** Folder of a libtensorflow or of a Python package; otherwise the one that is installed. */
  readonly tensorflow?: string;
  /** A wheel of `tensorflow` or `tensorflow-cpu`, which is not installed: its libraries and headers are taken out. */
  readonly pythonWheel?: string;
  /** Folder of the project whose package is built; otherwise this package's own, or the working directory's. */
  readonly project?: string;
  /** Another machine than this one. */
  readonly host?: Host;
}

/** What was built, and where it lies. */
export interface BuiltNative extends Build {
  readonly addon: string;
}

const MACHINES = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];

/**
 * Builds the addon of the installed `@tensorflow/tfjs-node` against a TensorFlow that is already there, checks it by
 * multiplying two matrices in a process of its own, and puts it where `loadBackend` looks for it.
 *
 * @throws BackendError `NATIVE_PLATFORM`, `NATIVE_PACKAGE_MISSING`, `NATIVE_COMPILER_MISSING`,
 * `NATIVE_TENSORFLOW_MISSING`, `NATIVE_TENSORFLOW_INCOMPLETE`, `NATIVE_WHEEL_MISSING`, `NATIVE_WHEEL_OTHER`,
 * `NATIVE_WHEEL_UNREADABLE`, `NATIVE_WHEEL_UNSAFE`, `NATIVE_COMPILE_FAILED`, `NATIVE_CHECK_FAILED`, `NATIVE_GPU_PLATFORM`,
 * `NATIVE_GPU_MISSING`, `NATIVE_FOLDER`, `NATIVE_ARGUMENT`.
 */
export async function buildNative(options: BuildOptions = {}): Promise<BuiltNative> {
  checkBuildOptions(options);
  const host = options.host ?? thisHost;
  if (!MACHINES.includes(`${host.platform}-${host.arch}`)) throw platformUnknown(host.platform, host.arch);
  const isForGpu = options.gpu === true;
  if (isForGpu && host.platform === "darwin") throw gpuPlatform();
  const name: AddonPackageName = isForGpu ? "@tensorflow/tfjs-node-gpu" : "@tensorflow/tfjs-node";
  const item = findAddonPackage(name, options.project);
  if (item === undefined) throw packageMissing(name, options.project ?? process.cwd());
  const files = buildFiles(item, host);
  try {
    return await buildInto(files, item, options, host);
  } catch (error) {
    throw isSystemError(error) ? folderUnusable(files.folder, error) : error;
  }
}

async function buildInto(
  files: BuildFiles,
  item: AddonPackage,
  options: BuildOptions,
  host: Host,
): Promise<BuiltNative> {
  const isForGpu = options.gpu === true;
  const compiler = findCompiler(host);
  const tensorflow = await chooseTensorFlow(options, files.folder, host, pythonPackage(host, isForGpu));
  mkdirSync(files.folder, { recursive: true });
  const fresh = mkdtempSync(join(files.folder, "build-"));
  try {
    const tools = { host, compiler };
    const addon = join(fresh, basename(files.addon));
    compileAddon(tools, item, tensorflow, addon);
    const kernels = join(fresh, basename(files.kernels));
    compileKernels(tools, tensorflow, kernels);
    compileQuiet(tools, join(fresh, basename(files.quiet)));
    const { version, gpu } = checkAddon(addon, kernels, host);
    if (isForGpu && !gpu) throw gpuMissing(version, tensorflow.folder, host.arch);
    const build: Build = {
      package: item.version,
      tensorflow: { version, folder: tensorflow.folder },
      gpu,
      sources: digestSources(),
    };
    writeFileSync(join(fresh, basename(files.record)), `${JSON.stringify(build, undefined, 2)}\n`);
    for (const path of [files.addon, files.kernels, files.quiet, files.record])
      renameSync(join(fresh, basename(path)), path);
    return { ...build, addon: files.addon };
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Whether it is of Node's file system: no place left, no permission and the like. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

async function chooseTensorFlow(
  options: BuildOptions,
  target: string,
  host: Host,
  wanted: PythonPackage,
): Promise<ReturnType<typeof findTensorFlow>> {
  if (options.pythonWheel !== undefined)
    return describeTensorFlow(await unpackWheel(resolve(options.pythonWheel), target, host, wanted), host);
  return options.tensorflow === undefined
    ? findTensorFlow(host, wanted)
    : describeTensorFlow(resolve(options.tensorflow), host);
}
