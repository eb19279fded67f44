import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { type Options, readOptions, USAGE } from "./options.ts";
import { writeReadme } from "./readme.ts";
import { type BackendFigures, renderTables, type Results } from "./report.ts";

// `pnpm bench`, see options.ts: one process per backend, one after the other. It measures the built packages, as users
// run them.
// A flag has another case measured, of those in cases.ts.
// `--readme` keeps the figures in results/readme.json and puts them into the README; `pnpm format` lays them out.

function readCommandLine(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return process.exit(2);
  }
}

const { backends: names, what, isForReadme, out } = readCommandLine();

async function measureBackend(name: string): Promise<BackendFigures> {
  process.stderr.write(`measuring ${name} ...\n`);
  const worker = fileURLToPath(new URL("worker.ts", import.meta.url));
  const flags = ["--expose-gc", "--import", "@hookdict/loader", worker];
  const child = spawn(process.execPath, [...flags, name, what], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  const code = await new Promise<number | null>((resolve) => void child.on("close", resolve));
  if (code !== 0) throw new Error(`measuring ${name} ended with exit code ${code}`);
  return JSON.parse(output.trim().split("\n").at(-1) ?? "") as BackendFigures; // written by worker.ts
}

const backends: BackendFigures[] = [];
for (const name of names) backends.push(await measureBackend(name));
const results: Results = {
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  cores: cpus().length,
  backends,
};
await writeFile(out, `${JSON.stringify(results, undefined, 2)}\n`);
if (isForReadme) await writeReadme();
console.log(renderTables(results));
