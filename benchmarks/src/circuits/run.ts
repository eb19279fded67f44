import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadBackend } from "@hookdict/backends";
import { memory, profile } from "@tensorflow/tfjs-core";
import { startPeer, type Peer } from "../peers/process.ts";
import { type Case, casesOf, POSITIONS } from "./cases.ts";

// `pnpm bench:circuits [--backend NAME] [--python PYTHON] [--rounds N] [--cells N] [--only WORD]`: sweeps and edge attribution at GPT-2 small's
// shape, 15 positions, beside TransformerLens where Python has it, in one run; and what sweeps take of a memory budget. No position is the same
// in both prompts, so that no cell is skipped for that.

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== "--"),
  options: {
    backend: { type: "string", default: "tfjs-node" },
    python: { type: "string", default: "python3" },
    rounds: { type: "string", default: "3" },
    cells: { type: "string", default: "60" },
    only: { type: "string", default: "" },
  },
});
const rounds = Number(values.rounds);

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}

/** Parts of long cases run once; others as often as asked for, after one that does not count. */
async function measure({ run, parts }: Case): Promise<number> {
  const times: number[] = [];
  for (let round = parts === undefined ? -1 : 0; round < (parts === undefined ? rounds : 1); round++) {
    const start = performance.now();
    await run();
    if (round >= 0) times.push(performance.now() - start);
  }
  return median(times) * (parts ?? 1);
}

async function peer(): Promise<Peer | undefined> {
  const script = fileURLToPath(new URL("../../python/circuits.py", import.meta.url));
  try {
    return await startPeer(values.python, [script, String(POSITIONS), "2", values.cells], {});
  } catch (error) {
    console.log(`without TransformerLens: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

const { name: loaded } = await loadBackend({ backend: values.backend });
const { cases, sweep, dispose } = await casesOf();
const theirs = await peer();
const names = Object.entries(theirs?.greeting.versions ?? {}).map((each) => each.join(" "));
console.log(`GPT-2 small's shape, ${POSITIONS} positions, on ${loaded}; ${names.join(", ")}`);
console.log(`${"".padEnd(30)}${"hookdict".padStart(10)}${"theirs".padStart(12)}${"times".padStart(8)}`);
const took = new Map<string, number>();
for (const each of cases.filter(({ name }) => name.includes(values.only))) {
  const ours = await measure(each);
  took.set(each.name, ours);
  const isTheirs = theirs?.greeting.cases.includes(each.name) === true;
  const other = isTheirs ? await theirs.time(each.name) : undefined;
  const ratio = other === undefined ? "-" : (other / ours).toFixed(1);
  console.log(
    `${each.title.padEnd(30)}${ours.toFixed(0).padStart(7)} ms${(other?.toFixed(0) ?? "-").padStart(9)} ms${ratio.padStart(8)}`,
  );
}
theirs?.stop();
const [eap, both, forward] = ["eap", "backward", "forward"].map((name) => took.get(name) ?? NaN) as [
  number,
  number,
  number,
];
// A backward pass alone is what a forward pass takes less than both. Two forward passes and a backward one are the least that EAP takes.
const alone = both - forward;
console.log(
  `EAP of all edges: ${(eap / both).toFixed(2)} forward and backward passes, ${(eap / alone).toFixed(2)} backward ones alone; its own runs are ${((forward + both) / both).toFixed(2)} and ${((forward + both) / alone).toFixed(2)} of these`,
);

for (const budget of [64, 128, 256]) {
  const before = memory().numBytes;
  const { rows, bytes } = sweep.plan(budget * 2 ** 20);
  const { peakBytes } = await profile(() => sweep.run(budget * 2 ** 20));
  const taken = (peakBytes - before) / 2 ** 20;
  console.log(
    `memory ${budget} MiB: ${rows} rows at once, planned ${(bytes.most / 2 ** 20).toFixed(1)}, taken ${taken.toFixed(1)}`,
  );
}
dispose();
