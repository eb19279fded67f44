import { loadBackend, type LoadBackendOptions } from "@hookdict/backends";
import { buildNative, findBuild, runCommandLine } from "@hookdict/backends/native";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { failure } from "../../support/native.ts";

// What callers of plain JavaScript may give.
const test = suite("arguments of the backends' functions");

const OPTIONS = "backend, wasmPath, threads, onDeviceLost";
const FILES = "tfjs-backend-wasm.wasm, tfjs-backend-wasm-simd.wasm, tfjs-backend-wasm-threaded-simd.wasm";
const LOCATION = `Give the folder of the .wasm files, or the bytes of one, or an object that has a URL or the bytes for some of ${FILES}.`;
const OBJECT = 'Give an object such as { backend: "wasm" }, or nothing.';

for (const [given, code, message] of [
  [
    "wasm",
    "BACKEND_OPTIONS",
    'loadBackend takes an object of options, not "wasm". Give the name as an option: loadBackend({ backend: "wasm" }).',
  ],
  [null, "BACKEND_OPTIONS", `loadBackend takes an object of options, not null. ${OBJECT}`],
  [3, "BACKEND_OPTIONS", `loadBackend takes an object of options, not 3. ${OBJECT}`],
  [["cpu"], "BACKEND_OPTIONS", `loadBackend takes an object of options, not an array. ${OBJECT}`],
  [() => 0, "BACKEND_OPTIONS", `loadBackend takes an object of options, not a function. ${OBJECT}`],
  [{ name: "cpu" }, "BACKEND_OPTION", `loadBackend has no option "name". Its options are ${OPTIONS}.`],
  [
    { constructor: 1 },
    "BACKEND_OPTION",
    `loadBackend has no option "constructor". Its options are ${OPTIONS}.`,
  ],
  [
    { backend: 3n },
    "BACKEND_OPTION",
    "loadBackend was given 3n as backend. Give the name of a backend, or leave it out.",
  ],
  [
    { backend: null },
    "BACKEND_OPTION",
    "loadBackend was given null as backend. Give the name of a backend, or leave it out.",
  ],
  [
    { threads: "2" },
    "BACKEND_OPTION",
    'loadBackend was given "2" as threads. Give a number, or leave it out.',
  ],
  [
    { onDeviceLost: {} },
    "BACKEND_OPTION",
    "loadBackend was given an object as onDeviceLost. Give a function, or leave it out.",
  ],
  [{ wasmPath: 1 }, "WASM_PATH", `loadBackend was given 1 as wasmPath. ${LOCATION}`],
  [{ wasmPath: "" }, "WASM_PATH", `loadBackend was given "" as wasmPath. ${LOCATION}`],
  [
    { wasmPath: {} },
    "WASM_PATH",
    `loadBackend was given an object as wasmPath that names no file. ${LOCATION}`,
  ],
  [
    { wasmPath: "/a/b.wasm" },
    "WASM_PATH",
    `loadBackend was given "/a/b.wasm" as wasmPath, which is one file. ${LOCATION}`,
  ],
  [
    { wasmPath: { "b.wasm": "/b.wasm" } },
    "WASM_PATH",
    `loadBackend was given "b.wasm" in wasmPath, which is no file of wasm. ${LOCATION}`,
  ],
  [
    { wasmPath: { "tfjs-backend-wasm.wasm": 7 } },
    "WASM_PATH",
    `loadBackend was given 7 as wasmPath["tfjs-backend-wasm.wasm"]. ${LOCATION}`,
  ],
] as const)
  test(`loadBackend refuses ${message.slice(0, 60)}`, async () => {
    const error = await failure(loadBackend(given as unknown as LoadBackendOptions));
    assert.equal([error.code, error.message], [code, message]);
  });

test("an option that is undefined counts as left out", async () => {
  const nothing = { threads: undefined, wasmPath: undefined } as unknown as LoadBackendOptions;
  assert.is((await loadBackend({ backend: "cpu", ...nothing })).name, "cpu");
});

for (const [given, message] of [
  ["gpu", 'buildNative was given "gpu". Give an object of options, or nothing.'],
  [null, "buildNative was given null. Give an object of options, or nothing."],
  [{ gpu: "yes" }, `buildNative's gpu was given "yes". Give true or false.`],
  [{ host: {} }, "buildNative's host was given an object. Give a machine: { platform, arch, env }."],
  [
    { wheel: "a" },
    'buildNative was given "wheel". Give options of gpu, tensorflow, pythonWheel, project, host.',
  ],
] as const)
  test(`buildNative refuses ${JSON.stringify(given)}`, async () => {
    const error = await failure(buildNative(given as object));
    assert.equal([error.code, error.message], ["NATIVE_ARGUMENT", message]);
  });

test("findBuild and runCommandLine say what they take", async () => {
  const names = "@tensorflow/tfjs-node or @tensorflow/tfjs-node-gpu";
  assert.is(
    thrown(() => findBuild("tfjs-node" as never)).message,
    `findBuild was given "tfjs-node". Give ${names}.`,
  );
  const error = await failure(runCommandLine("doctor" as never));
  assert.is(
    error.message,
    'runCommandLine was given "doctor". Give the words of a command, such as ["doctor"].',
  );
});

test.run();
