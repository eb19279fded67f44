import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadBackend } from "@hookdict/backends";

// `pnpm bench:tracing [--python PYTHON] [--rounds N] [--backend NAME]`: what a trace costs over the raw pass of 32 blocks that
// compute nothing, in microseconds: nothing at all, k empty invokes, n reads, n saves; beside nnsight where Python has it.

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== "--"),
  options: {
    python: { type: "string", default: "python3" },
    rounds: { type: "string", default: "1000" },
    backend: { type: "string", default: "cpu" },
  },
});
/** Rounds that do not count: until then some of the code is not compiled yet. */
const WARMUPS = 300;
const rounds = Number(values.rounds);
await loadBackend({ backend: values.backend });
const { cases, COUNTS } = await import("./cases.ts"); // makes tensors

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}

/** Microseconds of each case; all take turns in each round. */
function measure(): Record<string, number> {
  const times = new Map(Object.keys(cases).map((name) => [name, [] as number[]]));
  for (let round = -WARMUPS; round < rounds; round++) {
    for (const [name, run] of Object.entries(cases)) {
      const start = performance.now();
      run();
      if (round >= 0) times.get(name)?.push(1000 * (performance.now() - start)); // the first rounds warm up
    }
  }
  return Object.fromEntries([...times].map(([name, list]) => [name, median(list)]));
}

/** The same of nnsight, or why there is none. */
function measureNnsight(): Record<string, number> | string {
  const script = fileURLToPath(new URL("../../python/tracing.py", import.meta.url));
  const { stdout, stderr, status } = spawnSync(values.python, [script, String(rounds)], { encoding: "utf8" });
  if (status !== 0) return stderr.trim().split("\n").at(-1) ?? "python failed";
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}") as Record<string, number>;
}

const ours = measure();
const theirs = measureNnsight();
const over = (times: Record<string, number>, name: string): number =>
  (times[name] ?? NaN) - (times["raw"] ?? NaN);
const shown = (times: Record<string, number> | string, name: string): string =>
  typeof times === "string" || !(name in times) ? "-" : over(times, name).toFixed(1).padStart(9);

console.log(`over the raw pass, in microseconds (raw: ${ours["raw"]?.toFixed(1)})`);
if (typeof theirs === "string") console.log(`nnsight: ${theirs}`);
console.log(`${"".padEnd(12)}${"hookdict".padStart(10)}${"nnsight".padStart(10)}`);
for (const name of Object.keys(ours).filter((key) => key !== "raw"))
  console.log(`${name.padEnd(12)}${shown(ours, name).padStart(10)}${shown(theirs, name).padStart(10)}`);
const [most = 32] = COUNTS.toSorted((a, b) => b - a);
const perRead = (over(ours, `reads ${most}`) - over(ours, "reads 0")) / most;
const perHook = over(ours, "hook") / most;
console.log(`a read: ${perRead.toFixed(2)} µs; a hook, registered and fired: ${perHook.toFixed(2)} µs`);
