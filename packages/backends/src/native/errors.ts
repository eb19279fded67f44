import { BackendError } from "../error.ts";
import { shown } from "../errors.ts";
import type { PythonPackage } from "./python-package.ts";

export function platformUnknown(platform: string, arch: string): BackendError {
  return new BackendError({
    code: "NATIVE_PLATFORM",
    what: `The native backend cannot be built for ${platform} on ${arch}.`,
    hint: "Linux and macOS on x64 and arm64 are covered. On Windows build it in WSL, or use the wasm backend, which needs no build.",
    fields: { platform, arch },
  });
}

export function packageMissing(name: string, folder: string): BackendError {
  return new BackendError({
    code: "NATIVE_PACKAGE_MISSING",
    what: `${name} is not installed in ${folder}.`,
    hint: `Type: npm install --ignore-scripts ${name}@4.22.0`,
    fields: { name, folder },
  });
}

export function compilerMissing(tried: readonly string[], platform: string): BackendError {
  const command = platform === "darwin" ? "xcode-select --install" : "apt-get install g++";
  return new BackendError({
    code: "NATIVE_COMPILER_MISSING",
    what: `No C++ compiler runs here: tried ${tried.join(", ")}.`,
    hint: `Type: ${command} (or the like), or name one in the variable CXX.`,
    fields: { tried },
  });
}

export function tensorflowMissing(
  tried: readonly string[],
  { install, download }: PythonPackage,
): BackendError {
  return new BackendError({
    code: "NATIVE_TENSORFLOW_MISSING",
    what: `No TensorFlow was found: asked ${tried.join(", ")}.`,
    hint: `Type: pip install ${install}, or name one with --tensorflow DIR, or take a wheel with: pip download --no-deps ${download}, and --python-wheel FILE.`,
    fields: { tried, download },
  });
}

export function tensorflowIncomplete(folder: string, missing: readonly string[]): BackendError {
  return new BackendError({
    code: "NATIVE_TENSORFLOW_INCOMPLETE",
    what: `${folder} holds no complete TensorFlow: missing ${missing.join(", ")}.`,
    hint: "Give the folder of an unpacked libtensorflow, or the tensorflow folder of a Python package.",
    fields: { folder, missing },
  });
}

export function wheelMissing(file: string, { download }: PythonPackage): BackendError {
  return new BackendError({
    code: "NATIVE_WHEEL_MISSING",
    what: `There is no file ${file}.`,
    hint: `Type: pip download --no-deps ${download}`,
    fields: { file },
  });
}

export function wheelOther(file: string, machine: string, { download }: PythonPackage): BackendError {
  return new BackendError({
    code: "NATIVE_WHEEL_OTHER",
    what: `${file} is no wheel of TensorFlow for ${machine}, by its name.`,
    hint: `Type on that machine: pip download --no-deps ${download}`,
    fields: { file, machine },
  });
}

export function wheelUnreadable(file: string, { download }: PythonPackage): BackendError {
  return new BackendError({
    code: "NATIVE_WHEEL_UNREADABLE",
    what: `${file} is damaged, or holds no TensorFlow libraries.`,
    hint: `Download it again: pip download --no-deps ${download}`,
    fields: { file },
  });
}

export function wheelUnsafe(file: string, entry: string, { download }: PythonPackage): BackendError {
  return new BackendError({
    code: "NATIVE_WHEEL_UNSAFE",
    what: `${file} would write outside its folder, or through a link: it holds ${JSON.stringify(entry)}. Nothing of it was used.`,
    hint: `No wheel of TensorFlow does that. Take another one: pip download --no-deps ${download}`,
    fields: { file, entry },
  });
}

export function argumentInvalid(name: string, wanted: string, got: unknown): BackendError {
  return new BackendError({
    code: "NATIVE_ARGUMENT",
    what: `${name} was given ${shown(got)}.`,
    hint: `Give ${wanted}.`,
    fields: { name, got },
  });
}

export function compileFailed(command: string, stderr: string): BackendError {
  return new BackendError({
    code: "NATIVE_COMPILE_FAILED",
    what: `The compiler failed:\n${stderr.trim()}\nIt was called as ${command}.`,
    hint: "It must know C++17, and the headers and libraries must be of one TensorFlow.",
    fields: { command, stderr },
  });
}

export function folderUnusable(folder: string, cause: Error): BackendError {
  return new BackendError({
    code: "NATIVE_FOLDER",
    what: `The addon cannot be built in ${folder}: ${cause.message}.`,
    hint: "Make that folder writable and make room in it, or name another one in the variable HOOKDICT_NATIVE.",
    fields: { folder },
    cause,
  });
}

export function otherLoaded(name: string, loaded: string): BackendError {
  return new BackendError({
    code: "NATIVE_OTHER_LOADED",
    what: `${name} cannot be loaded beside ${loaded}, which this process has loaded: both are the backend "tensorflow".`,
    hint: "Load it in a process of its own.",
    fields: { name, loaded },
  });
}

export function checkFailed(reason: string): BackendError {
  return new BackendError({
    code: "NATIVE_CHECK_FAILED",
    what: `The addon was built, but does not work: ${reason}.`,
    hint: "TensorFlow's libraries must be for this system and processor; name others with --tensorflow DIR or --python-wheel FILE.",
    fields: { reason },
  });
}

export function gpuPlatform(): BackendError {
  return new BackendError({
    code: "NATIVE_GPU_PLATFORM",
    what: "@tensorflow/tfjs-node-gpu needs an NVIDIA card, and no TensorFlow for macOS uses one.",
    hint: "A Mac's processor is used by @tensorflow/tfjs-node (npx hookdict-backends build), its graphics card by webgpu (npm install webgpu).",
  });
}

export function gpuMissing(version: string, folder: string, arch: string): BackendError {
  const command =
    arch === "x64"
      ? "Type: pip install 'tensorflow[and-cuda]'"
      : "Name a TensorFlow that was built with CUDA by --tensorflow DIR (PyPI's is not)";
  return new BackendError({
    code: "NATIVE_GPU_MISSING",
    what: `TensorFlow ${version} in ${folder} sees no GPU.`,
    hint: `${command}, check the driver with: nvidia-smi, or build without --gpu.`,
    fields: { version, folder },
  });
}

export function notBuilt(name: string, version: string): BackendError {
  const flag = name.endsWith("-gpu") ? " --gpu" : "";
  return new BackendError({
    code: "NATIVE_NOT_BUILT",
    what: `${name} ${version} is installed, but its addon is not built.`,
    hint: `Type: npx hookdict-backends build${flag}`,
    fields: { name, version },
  });
}

export function loadFailed(addon: string, reason: string, cause: unknown): BackendError {
  return new BackendError({
    code: "NATIVE_LOAD_FAILED",
    what: `The built addon ${addon} cannot be loaded: ${reason}.`,
    hint: "Type: npx hookdict-backends build, which builds it against the TensorFlow that is there now.",
    fields: { addon, reason },
    cause,
  });
}

export function commandUnknown(args: readonly string[], usage: string): BackendError {
  return new BackendError({
    code: "NATIVE_COMMAND",
    what: `hookdict-backends does not know ${JSON.stringify(args.join(" "))}.`,
    hint: `Type one of:\n${usage}`,
    fields: { args },
  });
}
