import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { assert, suite } from "../../gate/suite.ts";
import { folderWith } from "../../support/native.ts";

const test = suite("where the wasm backend's files are");

const from = createRequire(createRequire(import.meta.url).resolve("@hookdict/backends/package.json"));
const files = dirname(from.resolve("@tensorflow/tfjs-backend-wasm"));
const [SIMD, THREADED] = ["tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"] as const;

/** What `loadBackend` gives in a process of its own, the events it sends, and what a sum of 1 and 2 is. */
interface Told {
  readonly name?: string;
  readonly threads?: number;
  readonly warnings?: readonly string[];
  readonly events: readonly { readonly code: string; readonly message: string }[];
  readonly sum?: number;
  readonly code?: string;
  readonly cause?: { readonly code: string; readonly message: string };
}

function load(options: string, env: Readonly<Record<string, string>> = {}): Told {
  const program = `
    const { readFileSync } = await import("node:fs");
    const { backendEvents, loadBackend } = await import("@hookdict/backends");
    const { add } = await import("@tensorflow/tfjs-core");
    const events = [];
    backendEvents.on("warning", (warning) => events.push(warning));
    const told = await loadBackend(${options}).then(
      ({ name, threads, warnings }) => ({ name, threads, warnings, sum: add(1, 2).dataSync()[0] }),
      ({ code, cause }) => ({ code, cause: { code: cause?.code, message: cause?.message } }),
    );
    console.log("\\n" + JSON.stringify({ ...told, events }));`;
  const args = [...process.execArgv, "--input-type=module", "-e", program];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    timeout: 60_000,
    env: { ...process.env, HOOKDICT_BACKEND: "", HOOKDICT_WASM_THREADS: "2", ...env },
  });
  assert.ok(stdout, stderr);
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Told; // printed by the program
}

const path = (name: string): string => JSON.stringify(join(files, name));
const bytes = (name: string): string => `readFileSync(${path(name)})`;
const asked = (wasmPath: string): string => `{ backend: "wasm", wasmPath: ${wasmPath} }`;

for (const [what, wasmPath, threads] of [
  ["a folder without a closing slash", JSON.stringify(files), 2],
  ["paths by name", `{ "${SIMD}": ${path(SIMD)}, "${THREADED}": ${path(THREADED)} }`, 2],
  ["bytes by name", `{ "${SIMD}": ${bytes(SIMD)}, "${THREADED}": ${bytes(THREADED)} }`, 2],
  ["the bytes of the build for threads", bytes(THREADED), 2],
  ["the bytes of the build for one thread, in a buffer", `new Uint8Array(${bytes(SIMD)}).buffer`, 1],
  ["one path", `{ "${SIMD}": ${path(SIMD)} }`, 1],
] as const)
  test(`${what} will do`, () => {
    const told = load(asked(wasmPath));
    const message = "wasm runs on one thread: wasmPath names no build for threads";
    const [warnings, events] = threads > 1 ? [[], []] : [[message], [{ code: "WASM_THREADS", message }]];
    assert.equal(told, { name: "wasm", threads, warnings, events, sum: 3 });
  });

const HINT =
  "Put the .wasm files of @tensorflow/tfjs-backend-wasm there, or give loadBackend the option wasmPath: " +
  "their folder, or a URL or the bytes of each.";

test("a file that is missing is named where wasm was asked for", () => {
  const folder = folderWith();
  const { code, cause } = load(asked(JSON.stringify(folder)));
  assert.equal([code, cause?.code], ["BACKEND_FAILED", "WASM_FILE_MISSING"]);
  assert.is(
    cause?.message,
    `There is no WebAssembly at ${JSON.stringify(`${folder}/${SIMD}`)} (ENOENT). ${HINT}`,
  );
});

test("a page of HTML in its place is named, too", () => {
  const folder = folderWith({ [SIMD]: "<!doctype html>" });
  const { cause } = load(asked(JSON.stringify(folder)), { HOOKDICT_WASM_THREADS: "1" });
  assert.is(
    cause?.message,
    `There is no WebAssembly at ${JSON.stringify(`${folder}/${SIMD}`)} (a page of HTML is there instead). ${HINT}`,
  );
});

test("WebAssembly that is another's does not start, and its file is named", () => {
  const folder = folderWith({ [SIMD]: Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) });
  const { cause } = load(asked(JSON.stringify(folder)), { HOOKDICT_WASM_THREADS: "1" });
  assert.equal(cause, {
    code: "WASM_NOT_STARTED",
    message:
      `TensorFlow.js could not start wasm with ${JSON.stringify(`${folder}/${SIMD}`)}, which is WebAssembly. ` +
      "The file must be of the same version of @tensorflow/tfjs-backend-wasm as its code, " +
      "and the page's content security policy must allow 'wasm-unsafe-eval'.",
  });
});

test("the build for threads alone does not serve one thread", () => {
  const { cause } = load(asked(bytes(THREADED)), { HOOKDICT_WASM_THREADS: "1" });
  assert.equal(cause, {
    code: "WASM_THREADS_ONLY",
    message:
      "wasmPath names the build for threads alone, which does not run here: one thread was asked for. " +
      "Name tfjs-backend-wasm-simd.wasm as well.",
  });
});

test("a missing build for threads leaves one thread, and a warning and an event say so", () => {
  const folder = folderWith();
  copyFileSync(join(files, SIMD), join(folder, SIMD));
  const { threads, warnings, events } = load(asked(JSON.stringify(folder)));
  const message = "wasm runs on one thread: its build for threads did not start";
  assert.equal([threads, warnings, events], [1, [message], [{ code: "WASM_THREADS", message }]]);
});

test("where cpu takes the place of wasm, a warning and an event name the file and the option", () => {
  // No other backend may come first.
  const folder = folderWith();
  const { name, warnings, events } = load(`{ wasmPath: ${JSON.stringify(folder)} }`, {
    HOOKDICT_NATIVE: folderWith(),
    VK_DRIVER_FILES: "/nowhere",
    VK_ICD_FILENAMES: "/nowhere",
  });
  const message =
    "cpu computes, many times slower than wasm, which did not load: " +
    `There is no WebAssembly at ${JSON.stringify(`${folder}/${SIMD}`)} (ENOENT). ${HINT}`;
  assert.equal([name, warnings, events], ["cpu", [message], [{ code: "WASM_MISSING", message }]]);
});

test("a second call finds the files that the first one missed", () => {
  const program = `{ backend: "wasm", wasmPath: ${JSON.stringify(folderWith())} }).catch(() => 0).then(() => loadBackend({ backend: "wasm" })`;
  assert.equal([load(program).name, load(program).sum], ["wasm", 3]);
});

test.run();
