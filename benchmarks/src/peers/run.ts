import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { summarise } from "../measure.ts";
import { TOKENS } from "../models.ts";
import { type PeerResults, renderRates, renderRatios } from "./report.ts";
import { type Peer, type PeerGreeting, startPeer } from "./process.ts";

// `pnpm bench:peers [--python PYTHON] [--backend LIST] [--rounds N] [--generation [--new N] [--rows LIST]]`: the
// same shape and prompt under Python's libraries
// and under ours, on the same number of threads, in turn in one run. Prints ratios; keeps the times. With `--generation` N greedy
// tokens after the prompt (64), for so many rows at once (1,8), in tokens per second, and what the products alone would allow. `--lens PYTHON`: another one, with another TransformerLens;
// `--peers LIST`: some of Python's libraries.

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== "--"),
  options: {
    python: { type: "string", default: "python3" },
    lens: { type: "string" },
    peers: { type: "string" },
    backend: { type: "string", default: "tfjs-node,wasm" },
    rounds: { type: "string" },
    generation: { type: "boolean", default: false },
    new: { type: "string", default: "64" },
    rows: { type: "string", default: "1,8" },
    threads: { type: "string", default: String(cpus().length) },
    out: {
      type: "string",
      default: fileURLToPath(new URL("../../results/peers.local.json", import.meta.url)),
    },
  },
});

const what = values.generation ? ["generation", values.new, values.rows] : ["forward"];
const LENS = "transformer_lens";
const ALL = values.generation ? ["pytorch", LENS] : ["pytorch", LENS, "nnsight", "tdhook"];
const PYTHON = ALL.filter((name) => values.peers?.split(",").includes(name) ?? true);
const lenses = values.lens === undefined ? [] : [values.lens];
const ROUNDS = Number(values.rounds ?? (values.generation ? 3 : 15));
const THREADS = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "HOOKDICT_WASM_THREADS"];

async function startAll(): Promise<Peer[]> {
  const env = Object.fromEntries(THREADS.map((name) => [name, values.threads]));
  const script = fileURLToPath(new URL("../../python/peer.py", import.meta.url));
  const ours = fileURLToPath(new URL("ours.ts", import.meta.url));
  const flags = ["--import", "@hookdict/loader", ours];
  const tokens = String(TOKENS);
  const starts = [
    ...values.backend
      .split(",")
      .map((name) => [process.execPath, [...flags, name, tokens, ...what], name] as const),
    ...PYTHON.map((name) => [values.python, [script, name, tokens, values.threads, ...what], name] as const),
    ...lenses.map(
      (python) => [python, [script, LENS, tokens, values.threads, ...what], `${LENS} of ${python}`] as const,
    ),
  ];
  const peers: Peer[] = [];
  for (const [command, args, name] of starts) {
    try {
      peers.push(await startPeer(command, args, env));
    } catch (error) {
      process.stderr.write(`left out ${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  return peers;
}

/** Every round runs every case of every process once, beginning with another one, and another case, each time. */
async function timeAll(peers: readonly Peer[]): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < peers.length; i++) {
      const peer = peers[(i + round) % peers.length];
      const cases = peer?.greeting.cases ?? [];
      for (const name of round % 2 === 0 ? cases : cases.toReversed()) {
        const key = `${keyOf(peer?.greeting)}/${name}`;
        times.set(key, [...(times.get(key) ?? []), (await peer?.time(name)) ?? Number.NaN]);
      }
    }
  }
  return times;
}

/** Of two versions of one library each is itself. */
function keyOf(greeting: PeerGreeting | undefined): string {
  return `${greeting?.name} ${JSON.stringify(greeting?.versions)}`;
}

const peers = await startAll();
const times = await timeAll(peers);
for (const peer of peers) peer.stop();
const results: PeerResults = {
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  tokens: TOKENS,
  threads: Number(values.threads),
  ...(values.generation && {
    generated: Number(values.new),
    batches: values.rows.split(",").map(Number),
  }),
  peers: peers.map(({ greeting }) => ({
    name: greeting.name,
    versions: greeting.versions,
    ...(greeting.bytesPerStep !== undefined && { bytesPerStep: greeting.bytesPerStep }),
    cases: Object.fromEntries(
      greeting.cases.map((each) => [each, summarise(times.get(`${keyOf(greeting)}/${each}`) ?? [])]),
    ),
  })),
};
await mkdir(fileURLToPath(new URL("../../results", import.meta.url)), { recursive: true });
await writeFile(values.out, `${JSON.stringify(results, undefined, 2)}\n`);
console.log(values.generation ? renderRates(results) : renderRatios(results));
