import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { backendEvents, type BackendWarning, loadBackend } from "@hookdict/backends";
import { assert, suite } from "../../gate/suite.ts";
import { failure, folderWith } from "../../support/native.ts";

const test = suite("two copies of tfjs-core in one process");

const require = createRequire(import.meta.url);
const installed = dirname(require.resolve("@tensorflow/tfjs-core/package.json"));

/** Loads a copy of tfjs-core that says it is of another version, and returns its folder. */
function loadCopy(version: string): string {
  const folder = join(
    folderWith({ "node_modules/seedrandom/index.js": "", "node_modules/long/index.js": "" }),
    "tfjs-core",
  );
  for (const file of ["package.json", "dist/tf-core.node.js"])
    cpSync(join(installed, file), join(folder, file), { recursive: true });
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as object;
  writeFileSync(join(folder, "package.json"), JSON.stringify({ ...manifest, version }));
  require(folder);
  return folder;
}

let same = "";

test("of one version, they are named in a warning and in its event", async () => {
  same = loadCopy("4.22.0");
  const events: BackendWarning[] = [];
  backendEvents.once("warning", (warning) => void events.push(warning));
  const { warnings } = await loadBackend({ backend: "cpu" });
  const message = `@tensorflow/tfjs-core is loaded 2 times: 4.22.0 in ${installed}, 4.22.0 in ${same}`;
  assert.equal([warnings, events], [[message], [{ code: "CORES_REPEATED", message }]]);
});

test("a listener that throws keeps no backend from being loaded, and its error is not lost", async () => {
  const ofTheGate = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  const thrown = new Promise<Error>((resolve) => void process.once("uncaughtException", resolve));
  backendEvents.once("warning", () => {
    throw new Error("of the listener");
  });
  assert.is((await loadBackend({ backend: "cpu" })).name, "cpu");
  assert.is((await thrown).message, "of the listener");
  for (const listener of ofTheGate) process.on("uncaughtException", listener);
});

test("of two versions, they are named in an error", async () => {
  const other = loadCopy("4.21.0");
  const error = await failure(loadBackend({ backend: "cpu" }));
  assert.is(error.code, "BACKEND_TWO_CORES");
  assert.is(
    error.message,
    `Copies of @tensorflow/tfjs-core of several versions are loaded: 4.22.0 in ${installed}, ` +
      `4.22.0 in ${same}, 4.21.0 in ${other}. ` +
      "Install one version for all, with npm dedupe or an override in package.json.",
  );
});

test.run();
