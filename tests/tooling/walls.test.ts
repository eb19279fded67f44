import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert, suite } from "../gate/suite.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The repository's rules, but for those that need types: there are none where the file stands alone. */
const rules = readFileSync(join(root, ".oxlintrc.json"), "utf8").replace(
  '"typeAware": true',
  '"typeAware": false',
);

const folder = mkdtempSync(join(tmpdir(), "hookdict-walls-"));

const imports = (from: string): string => `export { x } from "${from}";`;

/** Folder of a file, what it imports, whether it may. */
const walls: readonly (readonly [string, string, boolean])[] = [
  ["packages/core/src", "@tensorflow/tfjs-core", true],
  ["packages/core/src", "@tensorflow/tfjs", false],
  ["packages/core/src", "@tensorflow/tfjs-layers", false],
  ["packages/core/src", "@tensorflow/tfjs-converter", false],
  ["packages/core/src", "@hookdict/contexts", false],
  ["packages/core/src", "@hookdict/tensordict/tensors", true],
  ["packages/tensordict/src", "@hookdict/core", false],
  ["packages/tensordict/src", "@tensorflow/tfjs-core", true],
  ["packages/core/src/layers", "@tensorflow/tfjs-layers", true],
  ["packages/core/src/layers", "@tensorflow/tfjs-converter", false],
  ["packages/core/src/graph", "@tensorflow/tfjs-converter", true],
  ["packages/core/src/graph", "@hookdict/latent", false],
  ["packages/contexts/src", "@hookdict/core", true],
  ["packages/contexts/src", "@hookdict/tensordict/io", true],
  ["packages/contexts/src", "@hookdict/latent", false],
  ["packages/latent/src", "@hookdict/contexts", true],
  ["packages/tracing/src", "@hookdict/contexts", true],
  ["packages/tracing/src", "@hookdict/core", true],
  ["packages/tracing/src", "@hookdict/latent", false],
  ["packages/tracing/src", "@hookdict/models", false],
  ["packages/latent/src", "@hookdict/tracing", false],
  ["packages/latent/src", "@hookdict/core", true],
  ["packages/latent/src", "@hookdict/models", false],
  ["packages/tracing/src", "@hookdict/latent", false],
  ["packages/attribution/src", "@hookdict/contexts", true],
  ["packages/harvest/src", "@hookdict/latent", true],
  ["packages/harvest/src", "@hookdict/models", true],
  ["packages/harvest/src", "@hookdict/backends", false],
  ["packages/models/src", "@hookdict/tensordict/io", true],
  ["packages/models/src", "@hookdict/contexts", false],
  ["packages/models/src", "@hookdict/backends", false],
  ["packages/circuits/src", "@hookdict/models", true],
  ["packages/circuits/src", "@hookdict/latent", true],
  ["packages/circuits/src", "@hookdict/tracing", false],
  ["packages/viz/src", "@hookdict/core", true],
  ["packages/viz/src", "@hookdict/contexts", false],
  ["packages/viz/src", "@hookdict/models", false],
  ["packages/backends/src", "@tensorflow/tfjs", true],
  ["packages/backends/src", "@hookdict/core", false],
  ["tests/core/sites", "@hookdict/core", true],
  ["tests/core/sites", "../../../packages/core/src/sites/path.ts", false],
  ["tests/core/sites", "@hookdict/core/src/sites/path.ts", false],
  ["examples/ioi-patching/src", "../../../packages/core/src/index.ts", false],
];

/** One-line files that the linter looks at, with the rules that each must break. */
const cases: readonly { name: string; file: string; line: string; rules: readonly string[] }[] = [
  ...walls.map(([at, from, allowed], index) => ({
    name: `${at} ${allowed ? "may" : "may not"} import ${from}`,
    file: `${at}/case-${index}.ts`,
    line: imports(from),
    rules: allowed ? [] : ["no-restricted-imports"],
  })),
  {
    name: "a test may not take its suite from uvu",
    file: "tests/core/some.test.ts",
    line: imports("uvu"),
    rules: ["no-restricted-imports"],
  },
  {
    name: "a package may not import Node's modules",
    file: "packages/core/src/files.ts",
    line: imports("node:fs"),
    rules: ["no-nodejs-modules"],
  },
  {
    name: "a *.node.ts file of a package may import Node's modules",
    file: "packages/core/src/files.node.ts",
    line: imports("node:fs"),
    rules: [],
  },
  {
    name: "any and console.log do not pass in a package",
    file: "packages/latent/src/some.ts",
    line: "export const f = (x: any): void => console.log(x);",
    rules: ["no-console", "no-explicit-any"],
  },
];

/** Writes all files as if they were the repository's, and runs the linter once. */
function lint(): string {
  writeFileSync(join(folder, ".oxlintrc.json"), rules);
  for (const { file, line } of cases) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `${line}\n`);
  }
  const oxlint = join(root, "node_modules", ".bin", "oxlint");
  return spawnSync(oxlint, ["--format", "unix"], { cwd: folder, encoding: "utf8" }).stdout;
}

function brokenBy(file: string, output: string): string[] {
  const lines = output.split("\n").filter((line) => line.startsWith(`${file}:`));
  return lines.map((line) => /\/[\w-]+\(([\w-]+)\)\]$/.exec(line)?.[1] ?? line).sort();
}

const test = suite("the linter's walls", { output: "" });

test.before((context) => void (context.output = lint()));
test.after(() => rmSync(folder, { recursive: true, force: true }));

for (const { name, file, rules: expected } of cases) {
  test(name, ({ output }) => assert.equal(brokenBy(file, output), expected));
}

test.run();
