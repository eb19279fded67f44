import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { BackendError } from "@hookdict/backends";
import type { Host } from "@hookdict/backends/native";
import { rejected } from "../gate/suite.ts";

const folders: string[] = [];
process.once("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new folder with the given files, below the system's folder for temporary ones; gone when the process ends. */
export function folderWith(files: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "hookdict-native-test-"));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** A Linux machine on which no program is found and whose builds go to a folder of their own. */
export function bareHost(env: Readonly<Record<string, string>> = {}): Host {
  return {
    platform: "linux",
    arch: "x64",
    env: { PATH: "/nowhere", HOMEBREW_PREFIX: "/nowhere", HOOKDICT_NATIVE: folderWith(), ...env },
  };
}

/** A Mac on which no program is found. */
export function bareMac(env: Readonly<Record<string, string>> = {}): Host {
  return { ...bareHost(env), platform: "darwin", arch: "arm64" };
}

/** A shell script that stands in for a compiler: it runs `body` with the output's path in `$target`. */
export function compilerThat(body: string): string {
  const path = join(
    folderWith({
      compiler: [
        "#!/bin/sh",
        'while [ $# -gt 0 ]; do [ "$1" = "-o" ] && target="$2"; shift; done',
        '[ -z "$target" ] && exit 0',
        body,
        "",
      ].join("\n"),
    }),
    "compiler",
  );
  chmodSync(path, 0o755);
  return path;
}

/** The files of a Python package's TensorFlow, all empty. */
export const emptyTensorFlow: Readonly<Record<string, string>> = {
  "tensorflow/libtensorflow_cc.so.2": "",
  "tensorflow/libtensorflow_framework.so.2": "",
  "tensorflow/include/tensorflow/c/c_api.h": "",
  "tensorflow/include/tensorflow/c/eager/c_api.h": "",
  "tensorflow/include/tensorflow/core/platform/ctstring_internal.h": "",
};

/** The error of this package that the promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<BackendError> {
  const error = await rejected(promise);
  if (error instanceof BackendError) return error;
  throw error;
}
