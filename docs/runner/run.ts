import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Check, makeCheck } from "./checks.ts";
import type { Example } from "./extract.ts";
import { gatherExamples, root } from "./gather.ts";
import { instrument } from "./instrument.ts";
import { type Names, namesOf, writePrelude } from "./prelude.ts";

// Runs every documented example: see ../README.md.

const scratch = fileURLToPath(new URL("../.examples/", import.meta.url));
const failures: string[] = [];

/** Where a running example finds its `$check`. */
const registry = globalThis as { $checks?: ((text: string, line: number) => Check)[] };

/** An empty folder for the examples, with the small model and the dictionaries that they read beside them. */
function prepareScratch(): void {
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const model = join(root, "examples", "ioi-patching", "model");
  // Under the paths that they have at the root.
  mkdirSync(join(scratch, "tests", "reference", "methods"), { recursive: true });
  symlinkSync(join(root, "tests/reference/methods/sae"), join(scratch, "tests/reference/methods/sae"));
  if (existsSync(model)) {
    symlinkSync(model, join(scratch, "ioi-tiny"));
    mkdirSync(join(scratch, "examples", "ioi-patching"), { recursive: true });
    symlinkSync(model, join(scratch, "examples", "ioi-patching", "model"));
  }
}

async function publicNames(): Promise<Names[]> {
  const packages = readdirSync(join(root, "packages"));
  const entries = packages.flatMap((name) => {
    const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as {
      readonly exports: Readonly<Record<string, unknown>>;
    };
    return Object.keys(manifest.exports)
      .filter((entry) => !entry.endsWith(".json"))
      .map((entry) => `@hookdict/${name}${entry.slice(1)}`);
  });
  return Promise.all(entries.map(namesOf));
}

/** Writes the example as a module that checks itself, runs it here and notes what is not as told. */
async function runExample(example: Example, prelude: string): Promise<void> {
  registry.$checks ??= [];
  const id = registry.$checks.push(makeCheck(example, failures)) - 1;
  const file = join(scratch, `run-${id}.ts`);
  try {
    writeFileSync(file, `${prelude} const $check = globalThis.$checks[${id}]; ${instrument(example.code)}\n`);
    await import(pathToFileURL(file).href);
  } catch (error) {
    failures.push(`${example.file}:${example.line}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

/** Compiles the examples of Markdown files as they stand. */
function checkTypes(examples: readonly Example[]): void {
  const files = examples.map((example, index) => {
    const name = `${index}-${example.file.replaceAll(/[^\w.]/g, "-")}-${example.line}.ts`;
    writeFileSync(join(scratch, name), `${example.code}\nexport {};\n`);
    return name;
  });
  const compilerOptions = {
    noEmit: true,
    composite: false,
    isolatedDeclarations: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    lib: ["es2023", "esnext.disposable", "dom"],
    types: ["node"],
  };
  const config = { extends: "../../tsconfig.base.json", compilerOptions, files };
  writeFileSync(join(scratch, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules", ".bin", "tsc");
  const { status, stdout } = spawnSync(tsc, ["-p", scratch], { encoding: "utf8", cwd: scratch });
  if (status !== 0) failures.push(stdout);
}

/** Runs a complete program in a process of its own, as a reader would. */
function runProgram(index: number): void {
  const args = [...process.execArgv, fileURLToPath(import.meta.url), "--program", String(index)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) failures.push((stdout + stderr).trim());
}

async function main(): Promise<string> {
  const { programs, pages, comments } = gatherExamples();
  const [flag, index] = process.argv.slice(2);
  if (flag === "--program") {
    process.chdir(root);
    const program = programs[Number(index)];
    if (program !== undefined) await runExample(program, "");
    return "";
  }
  prepareScratch();
  process.chdir(scratch);
  if (programs.length + pages.length > 0) checkTypes([...programs, ...pages]);
  programs.forEach((_, at) => runProgram(at));
  const names = await publicNames();
  const { loadBackend } = await import("@hookdict/backends");
  await loadBackend({ backend: "cpu" });
  for (const page of pages) await runExample(page, "");
  for (const comment of comments) {
    const own = await namesOf(pathToFileURL(join(root, comment.file)).href);
    await runExample(comment, writePrelude(comment.code, [own, ...names]));
  }
  rmSync(scratch, { recursive: true, force: true });
  return `${programs.length} programs, ${pages.length} in pages, ${comments.length} in doc comments`;
}

const summary = await main();
for (const failure of failures) console.log(failure);
if (failures.length === 0 && summary !== "") console.log(summary);
process.exitCode = failures.length > 0 ? 1 : 0;
