import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadBackend } from "@hookdict/backends";

// `pnpm bench:attribution [--python PYTHON] [--rounds N] [--backend NAME] [--piece ROWS] [--only gpt2|cnn]`: integrated
// gradients of 50 steps on GPT-2 small's shape and on a small CNN, in milliseconds, beside Captum where Python has it. Rows
// that run at once, and with them the memory, are bounded by the same number on both sides.

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== "--"),
  options: {
    python: { type: "string", default: "python3" },
    rounds: { type: "string", default: "3" },
    backend: { type: "string", default: "tfjs-node" },
    piece: { type: "string", default: "10" },
    only: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const piece = Number(values.piece);
await loadBackend({ backend: values.backend });
const { memory, tidy } = await import("@tensorflow/tfjs-core");
const { cnnCase, gpt2Case, gpt2Products } = await import("./cases.ts"); // makes tensors

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}

function measure(run: () => void): number {
  const times: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const start = performance.now();
    tidy(run);
    if (round >= 0) times.push(performance.now() - start); // the first warms up
  }
  return median(times);
}

const CASES: Readonly<Record<string, () => () => void>> = {
  gpt2: () => gpt2Case(piece),
  cnn: () => cnnCase(piece * 8),
};
const names = Object.keys(CASES).filter((name) => values.only === undefined || name === values.only);
if (names.length === 0)
  throw new Error(`--only ${values.only}: give one of ${Object.keys(CASES).join(", ")}`);

const ours: Record<string, number> = {};
for (const name of names) ours[name] = measure((CASES[name] as () => () => void)()); // one of them
const products = names.includes("gpt2") ? gpt2Products(piece) : undefined;
const bound = products && measure(products.run);
const script = fileURLToPath(new URL("../../python/attribution.py", import.meta.url));
const { stdout, stderr, status } = spawnSync(values.python, [script, values.rounds, values.piece, ...names], {
  encoding: "utf8",
});
const theirs =
  status === 0 ? (JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}") as Record<string, number>) : {};
if (status !== 0) console.log(`Captum: ${stderr.trim().split("\n").at(-1) ?? "python failed"}`);

console.log(
  `integrated gradients, 50 steps, ${piece} at once, in milliseconds (${(memory().numBytes / 1e6).toFixed(0)} MB of weights)`,
);
console.log(`${"".padEnd(8)}${"hookdict".padStart(10)}${"Captum".padStart(10)}${"times".padStart(8)}`);
for (const [name, time] of Object.entries(ours)) {
  const other = theirs[name];
  const ratio = other === undefined ? "-" : (other / time).toFixed(2);
  console.log(
    `${name.padEnd(8)}${time.toFixed(0).padStart(10)}${(other?.toFixed(0) ?? "-").padStart(10)}${ratio.padStart(8)}`,
  );
}
if (products !== undefined && bound !== undefined) {
  const { gpt2 } = theirs;
  const most = gpt2 === undefined ? "" : `, ${(gpt2 / bound).toFixed(2)} times as fast as Captum`;
  console.log(
    `gpt2's products alone: ${bound.toFixed(0)} ms, ${products.gflop.toFixed(0)} GFLOP at ${(products.gflop / bound / 1e-3).toFixed(0)} GFLOP/s${most}`,
  );
}
