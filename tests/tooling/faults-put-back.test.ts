import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { assert, suite } from "../gate/suite.ts";

const test = suite("faults put back into the sources");

const tests = fileURLToPath(new URL("..", import.meta.url));
const packages = fileURLToPath(new URL("../../packages/", import.meta.url));

/** A fault: the file, what it says, and what it once said. */
interface Fault {
  readonly name: string;
  readonly file: string;
  readonly says: string;
  readonly said: string;
}

const FAULTS: readonly Fault[] = [
  {
    name: "a tap's gradient is not recorded for second-order gradients",
    file: "core/src/hooks/tap.ts",
    says: "() => share(gradient)",
    said: "() => refClone(gradient)",
  },
  {
    name: "a run with a loss cuts its output from the gradient around it",
    file: "contexts/src/run/loss.ts",
    says: "const given = share(value);",
    said: "const given = refClone(value);",
  },
  {
    name: "a hook's own gradient loses the tape of the one under way",
    file: "core/src/hooks/tap.ts",
    says: "state.activeTape = tape ?? null;",
    said: "",
  },
];

/** What the first programs of the gradient fuzzer say of sources with a fault, or without. */
async function fuzz(fault: Fault | undefined): Promise<string> {
  const cache = join(tests, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "put-back-"));
  try {
    const file = join(folder, "run.mjs");
    writeFileSync(file, await bundle(fault));
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--conditions=@hookdict/source", "--import", "@hookdict/loader", file],
      { encoding: "utf8" },
    );
    return stdout.trim() || stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function bundle(fault: Fault | undefined): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { loadBackend } from "@hookdict/backends";
        import { firstFailure } from "./fuzz/gradients/run.ts";
        await loadBackend({ backend: "cpu" });
        console.log(await firstFailure(1, 150) ?? "none");
        process.exit();
      `,
      resolveDir: tests,
      loader: "ts",
    },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "es2022",
    conditions: ["@hookdict/source"],
    external: ["@tensorflow/*", "@hookdict/backends"],
    logLevel: "silent",
    plugins: [
      {
        name: "put a fault back",
        setup(to) {
          to.onLoad({ filter: /packages.*\.ts$/ }, ({ path }) => {
            const text = readFileSync(path, "utf8");
            if (fault === undefined || path !== join(packages, fault.file))
              return { contents: text, loader: "ts" };
            assert.ok(text.includes(fault.says), `${fault.file} no longer says ${fault.says}`);
            const imported = 'import { refClone } from "@hookdict/tensordict/tensors";\n';
            const contents = text.replace(fault.says, fault.said);
            return { contents: fault.said === "" ? contents : imported + contents, loader: "ts" };
          });
        },
      },
    ],
  });
  return outputFiles[0]?.text ?? "";
}

test("sources as they are give what they must", async () => {
  assert.is(await fuzz(undefined), "none");
});

for (const fault of FAULTS) {
  test(`the gradient fuzzer finds: ${fault.name}`, async () => {
    assert.match(await fuzz(fault), /^seed \d+, (first|second|penalty|backward|inside): got /);
  });
}

test.run();
