import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadBackend } from "@hookdict/backends";
import { summarise } from "../measure.ts";
import { type Peer, startPeer } from "../peers/process.ts";

// `pnpm bench:latent [--python PYTHON] [--rounds N] [--backend NAME] [--only WORD]`: measures on 10,000 points of width 512, logistic
// probes at 24 sites of 2,000 rows, and encoding 4,096 rows by 16,384 features, in milliseconds, beside tdhook on PyTorch,
// scikit-learn and PyTorch where Python has them. Both sides run in turn, round by round, after one run that warms up.

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== "--"),
  options: {
    python: { type: "string", default: "python3" },
    rounds: { type: "string", default: "3" },
    backend: { type: "string", default: "tfjs-node" },
    only: { type: "string", default: "" },
  },
});
await loadBackend({ backend: values.backend });
const { latentCases } = await import("./cases.ts"); // makes tensors
const script = fileURLToPath(new URL("../../python/latent.py", import.meta.url));
const peer: Peer | undefined = await startPeer(values.python, [script], {}).catch((error: unknown) => {
  console.log(`Python: ${String(error)}`);
  return undefined;
});

const median = (times: readonly number[]): number => summarise(times).medianMs;
const shown = (time: number): string => (Number.isNaN(time) ? "-" : time.toFixed(0)).padStart(10);

console.log(
  `medians of ${values.rounds} rounds in milliseconds, ${values.backend} against ${JSON.stringify(peer?.greeting.versions ?? {})}`,
);
console.log(`${"".padEnd(24)}${"hookdict".padStart(10)}${"Python".padStart(10)}${"times".padStart(8)}`);
for (const [name, run] of Object.entries(latentCases())) {
  if (!name.includes(values.only)) continue;
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = -1; round < Number(values.rounds); round++) {
    const start = performance.now();
    await run();
    const time = performance.now() - start;
    const other = await peer?.time(name);
    if (round < 0) continue;
    ours.push(time);
    if (other !== undefined) theirs.push(other);
  }
  const ratio = theirs.length === 0 ? "-" : (median(theirs) / median(ours)).toFixed(2);
  console.log(`${name.padEnd(24)}${shown(median(ours))}${shown(median(theirs))}${ratio.padStart(8)}`);
}
peer?.stop();
