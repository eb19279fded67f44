import { spawnSync } from "node:child_process";
import Module from "node:module";
import { BACKEND_NAMES, type BackendError, loadBackend } from "@hookdict/backends";
import { examineBackends } from "@hookdict/backends/native";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/native.ts";

const test = suite("choosing a backend");

test.after.each(() => {
  delete process.env["HOOKDICT_BACKEND"];
  delete process.env["HOOKDICT_WASM_THREADS"];
});

const NAMES = "tfjs-node-gpu, tfjs-node, webgpu, wasm, cpu";

test("a backend that does not exist is answered with those that do", async () => {
  const error = await failure(loadBackend({ backend: "webgl3" }));
  assert.is(error.code, "BACKEND_UNKNOWN");
  assert.is(
    error.message,
    `loadBackend asks for the backend "webgl3", which does not exist. Choose one of ${NAMES}.`,
  );
});

test("the list of names has them in the order in which they are tried", () => {
  assert.is(BACKEND_NAMES.join(", "), NAMES);
  assert.ok(Object.isFrozen(BACKEND_NAMES));
});

test("HOOKDICT_BACKEND forces one and is named in the error", async () => {
  process.env["HOOKDICT_BACKEND"] = "cuda";
  const error = await failure(loadBackend());
  assert.is(
    error.message,
    `HOOKDICT_BACKEND asks for the backend "cuda", which does not exist. Choose one of ${NAMES}.`,
  );
});

test("a number of threads that is none is refused, and who asked for it is named", async () => {
  const hint = "Give a whole number from 1 to 64, or none to have one per processor.";
  const error = await failure(loadBackend({ backend: "cpu", threads: 2.5 }));
  assert.is(error.code, "THREADS_INVALID");
  assert.is(error.message, `loadBackend asks for 2.5 threads. ${hint}`);
  process.env["HOOKDICT_WASM_THREADS"] = "abc";
  const { message } = await failure(loadBackend({ backend: "cpu" }));
  assert.is(message, `HOOKDICT_WASM_THREADS asks for "abc" threads. ${hint}`);
});

for (const threads of ["1e9", "65", "0", "-1", "Infinity", "0x"])
  test(`${threads} threads are refused before any is started`, async () => {
    process.env["HOOKDICT_WASM_THREADS"] = threads;
    assert.is((await failure(loadBackend({ backend: "wasm" }))).code, "THREADS_INVALID");
  });

test("the argument outranks HOOKDICT_BACKEND, and the reason says who asked", async () => {
  process.env["HOOKDICT_BACKEND"] = "wasm";
  assert.equal(await loadBackend({ backend: "cpu" }), {
    name: "cpu",
    reason: "loadBackend asks for it",
    tried: [],
    warnings: [],
  });
});

test("every backend is examined in a process of its own, in the order of choice", () => {
  const { backends, choice } = examineBackends();
  assert.is(backends.map(({ name }) => name).join(", "), NAMES);
  assert.ok(backends.find(({ name }) => name === "wasm")?.works);
  assert.is(choice.name, backends.find(({ works }) => works)?.name);
});

test("webgpu without its package says how to get it", async () => {
  const resolver = Module as unknown as { _resolveFilename: (name: string, ...rest: unknown[]) => string };
  const original = resolver._resolveFilename;
  resolver._resolveFilename = (name, ...rest) => {
    if (name === "webgpu") throw new Error("blocked");
    return original.call(Module, name, ...rest);
  };
  try {
    const error = await failure(loadBackend({ backend: "webgpu" }).catch(throwCause));
    assert.is(error.code, "WEBGPU_PACKAGE_MISSING");
    assert.is(
      error.message,
      "The package webgpu, which brings WebGPU to Node, is not installed. Type: npm install webgpu",
    );
  } finally {
    resolver._resolveFilename = original;
  }
});

test("webgpu without a driver says what to install", () => {
  const [code, message] = inProcess(
    `const { cause } = await loadBackend({ backend: "webgpu" }).catch((error) => error);
     print([cause?.code, cause?.message]);`,
    { VK_DRIVER_FILES: "/nowhere", VK_ICD_FILENAMES: "/nowhere" },
  ) as [string, string];
  if (process.platform !== "linux") return; // elsewhere the driver is the system's own
  assert.is(code, "WEBGPU_ADAPTER_MISSING");
  assert.is(
    message,
    "WebGPU finds no adapter. In Node, install the graphics card's driver (on Linux its Vulkan driver and libvulkan1); " +
      "in a browser, take one that has WebGPU, and serve the page over https or from localhost. " +
      "Otherwise use the wasm backend.",
  );
});

test("backends that are asked for at once are loaded one after the other", () => {
  const [names, isTest] = inProcess(
    `const names = ["wasm", "wasm", "cpu", "wasm"];
     const loaded = await Promise.all(names.map((backend) => loadBackend({ backend })));
     print([loaded.map(({ name }) => name), env().getBool("IS_TEST")]);`,
    {},
  ) as [string[], boolean];
  assert.equal(names, ["wasm", "wasm", "cpu", "wasm"]);
  assert.is(isTest, false);
});

test("a backend that fails to load keeps none from being loaded after it", () => {
  const name = inProcess(
    `const [, next] = await Promise.allSettled(["none", "cpu"].map((backend) => loadBackend({ backend })));
     print(next.value?.name);`,
    {},
  );
  assert.is(name, "cpu");
});

test("wasm does not listen to uncaught errors, so that they are printed as ever", () => {
  const counts = inProcess(
    `await loadBackend({ backend: "wasm" });
     print(["uncaughtException", "unhandledRejection"].map((event) => process.listenerCount(event)));`,
    {},
  );
  assert.equal(counts, [0, 0]);
});

function throwCause(error: unknown): never {
  throw (error as BackendError).cause; // a forced backend that fails has one
}

/** What a program in a process of its own prints. */
function inProcess(program: string, env: Readonly<Record<string, string>>): unknown {
  const lines = [
    'import { loadBackend } from "@hookdict/backends";',
    'import { env } from "@tensorflow/tfjs-core";',
    'const print = (value) => console.log("\\n" + JSON.stringify(value));',
    program,
  ];
  const args = [...process.execArgv, "--input-type=module", "-e", lines.join("\n")];
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8", env: { ...process.env, ...env } });
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}

test.run();
