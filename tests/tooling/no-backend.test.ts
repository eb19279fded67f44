import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { assert, suite } from "../gate/suite.ts";

const test = suite("before a backend is loaded");

/** What a newcomer's file prints, with no backend there. */
function printed(code: string): string {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...process.execArgv, "--input-type=module", "--eval", code],
    { cwd: fileURLToPath(new URL(".", import.meta.url)), encoding: "utf8" },
  );
  return stdout + stderr;
}

const WANTED = JSON.stringify([
  "UsageError",
  "BACKEND_MISSING",
  "No backend of TensorFlow.js is loaded, so there can be no tensor yet. " +
    'Call await loadBackend() from @hookdict/backends first, or import "@tensorflow/tfjs".',
]);
const TELL = "catch (error) { console.log(JSON.stringify([error.name, error.code, error.message])); }";

for (const entry of ["tensordict", "models"]) {
  test(`with @hookdict/${entry}, the first tensor's error says what to do`, () => {
    const code = `
      import "@hookdict/${entry}";
      import { scalar } from "@tensorflow/tfjs-core";
      try { scalar(1); } ${TELL}`;
    assert.is(printed(code).trim(), WANTED);
  });
}

test("a file is read and refused in the same way, and all is well once a backend is there", () => {
  const code = `
    import { TinyModule, tinyTokens } from "@hookdict/core/testing";
    import { loadBackend } from "@hookdict/backends";
    try { new TinyModule(); } ${TELL}
    await loadBackend({ backend: "cpu" });
    console.log(new TinyModule().call(tinyTokens()).shape.join());`;
  assert.equal(printed(code).trim().split("\n"), [WANTED, "2,3,2"]);
});

test.run();
