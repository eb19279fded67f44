import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { loadBackend } from "@hookdict/backends";
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

test("of one version, they are named in a warning", async () => {
  same = loadCopy("4.22.0");
  const { warnings } = await loadBackend({ backend: "cpu" });
  assert.equal(warnings, [
    `@tensorflow/tfjs-core is loaded 2 times: 4.22.0 in ${installed}, 4.22.0 in ${same}`,
  ]);
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
