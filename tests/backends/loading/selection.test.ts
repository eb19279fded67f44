import { spawnSync } from "node:child_process";
import { loadBackend } from "@hookdict/backends";
import { examineBackends } from "@hookdict/backends/native";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/native.ts";

const test = suite("choosing a backend");

test.after.each(() => {
  delete process.env["HOOKDICT_BACKEND"];
});

const NAMES = "tfjs-node-gpu, tfjs-node, wasm, cpu";

test("a backend that does not exist is answered with those that do", async () => {
  const error = await failure(loadBackend({ backend: "webgl3" }));
  assert.is(error.code, "BACKEND_UNKNOWN");
  assert.is(
    error.message,
    `loadBackend asks for the backend "webgl3", which does not exist. Choose one of ${NAMES}.`,
  );
});

test("HOOKDICT_BACKEND forces one and is named in the error", async () => {
  process.env["HOOKDICT_BACKEND"] = "cuda";
  const error = await failure(loadBackend());
  assert.is(
    error.message,
    `HOOKDICT_BACKEND asks for the backend "cuda", which does not exist. Choose one of ${NAMES}.`,
  );
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

/** A module hook that keeps every backend of this package from being imported. */
const BLOCK = `
import { register } from "node:module";
const hook = "export const resolve = (name, context, next) => {" +
  "if (/tfjs-(backend|node)/.test(name)) throw new Error('blocked'); return next(name, context); }";
register("data:text/javascript," + encodeURIComponent(hook));
`;

test("where no backend loads, every reason is given", () => {
  const program = `
    import { loadBackend } from "@hookdict/backends";
    const error = await loadBackend().catch((reason) => reason);
    console.log("\\n" + JSON.stringify([error.code, error.message, error.fields.tried]));
  `;
  const hook = `data:text/javascript,${encodeURIComponent(BLOCK)}`;
  const flags = [...process.execArgv, "--import", hook, "--input-type=module", "-e", program];
  const env = { ...process.env, HOOKDICT_NATIVE: "/nowhere" };
  const { stdout } = spawnSync(process.execPath, flags, { encoding: "utf8", env });
  const line = stdout.trimEnd().split("\n").at(-1) ?? "";
  const [code, message, tried] = JSON.parse(line) as [string, string, string[]]; // printed by the program
  assert.is(code, "BACKEND_NONE");
  assert.is(
    message,
    `No TensorFlow.js backend could be loaded: ${tried.join("; ")}. ` +
      "Reinstall @hookdict/backends: it brings the wasm and cpu backends.",
  );
  assert.equal(tried.slice(-2), ["wasm: blocked", "cpu: blocked"]);
});

test.run();
