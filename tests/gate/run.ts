import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { planTasks } from "./plan.ts";
import { runTasks } from "./pool.ts";
import { findWebGpu } from "./webgpu.ts";
import { type Totals, addResult, formatResult, formatTotals, hasFailed } from "./report.ts";

// The command line of the gate: see ../README.md.

/** Backends that `all` stands for; `none` is for tests that touch no tensor. */
const allBackends = ["cpu", "wasm", "tensorflow"];
const known = [...allBackends, "tfjs-node-gpu", "none"];

function chooseBackends(list: string): string[] {
  const names = list === "all" ? allBackends : list.split(",");
  const wrong = names.find((name) => !known.includes(name));
  if (wrong === undefined) return names;
  throw new Error(
    `unknown backend "${wrong}": use "all" or some of ${known.join(", ")}, separated by commas`,
  );
}

async function main(): Promise<boolean> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      backend: { type: "string", default: process.env["HOOKDICT_TEST_BACKEND"] ?? "cpu" },
      jobs: { type: "string", default: String(Math.min(2, availableParallelism())) },
      root: { type: "string", default: fileURLToPath(new URL("..", import.meta.url)) },
      timeout: { type: "string", default: process.env["HOOKDICT_TEST_TIMEOUT_S"] ?? "120" },
      verbose: { type: "boolean", default: false },
    },
  });
  const backends = chooseBackends(values.backend);
  const tasks = planTasks({
    root: resolve(values.root),
    backends,
    filters: positionals.filter((arg) => arg !== "--"),
  });
  const gpu = tasks.some(({ backend }) => backend === "webgpu") ? findWebGpu() : undefined;
  const runnable = tasks.filter(({ backend }) => backend !== "webgpu" || gpu !== undefined);
  const totals: Totals = { passed: 0, failed: 0, skipped: tasks.length - runnable.length };
  for (const { file, backend } of tasks)
    if (backend === "webgpu" && gpu === undefined)
      console.log(`skip [webgpu] ${file}: no adapter here, and no software driver of Debian's chromium`);
  const failed: string[] = [];
  await runTasks(runnable, {
    env: (backend) => (backend === "webgpu" ? (gpu ?? {}) : {}),
    jobs: Number(values.jobs),
    timeoutMs: Number(values.timeout) * 1000,
    onResult: (result) => {
      addResult(totals, result);
      if (hasFailed(result)) failed.push(`[${result.backend}] ${result.file}`);
      console.log(formatResult(result, values.verbose));
    },
  });
  if (tasks.length === 0) console.log("no test file matches");
  if (failed.length > 0) console.log(["", "failed:", ...failed].join("\n  "));
  console.log(formatTotals(totals));
  return tasks.length > 0 && totals.failed === 0 && totals.passed > 0;
}

process.exitCode = 1; // until everything has been seen
if (await main()) process.exitCode = 0;
