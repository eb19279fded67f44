import { createInterface } from "node:readline";
import { loadBackend } from "@hookdict/backends";
import { ActivationCaching } from "@hookdict/latent";
import { generateRows, type LogitsModel } from "@hookdict/models";
import { tidy } from "@tensorflow/tfjs-core";
import { finish } from "../finish.ts";
import { gpt2Small, someTokens } from "../models.ts";
import type { PeerGreeting } from "./process.ts";
import { generationProducts } from "./products.ts";

// Our side of the comparison, under the protocol of ../../python/peer.py: NAME TOKENS [generation NEW ROWS].

const [name = "wasm", tokens = "128", what = "forward", made = "64", batches = "1,8"] = process.argv.slice(2);
const backend = await loadBackend({ backend: name });
const model = gpt2Small();
const GENERATED = Number(made);
const prompt = someTokens(Number(tokens), model.config.dVocab);

/** Greedy tokens for so many rows. */
async function generated(of: LogitsModel, rows: number): Promise<void> {
  const ids = [...prompt.dataSync()];
  await generateRows(
    of,
    Array.from({ length: rows }, () => ids),
    { maxNewTokens: GENERATED },
  );
}

const products = batches
  .split(",")
  .map((rows) => [rows, generationProducts(model, Number(rows), Number(tokens), GENERATED)] as const);

const generations = batches.split(",").flatMap((text) => {
  const rows = Number(text);
  return [
    [`bare ${rows}`, () => generated(model, rows)] as const,
    [
      `captured ${rows}`,
      async () => {
        using hooked = new ActivationCaching("**").prepare(model);
        await generated(hooked, rows);
      },
    ] as const,
  ];
});

const bounds = products.map(([rows, { run }]) => [`products ${rows}`, () => Promise.resolve(run())] as const);

const forwards: Record<string, () => Promise<void>> = {
  bare: () => finish(tidy(() => model.call(prompt))),
  captured: async () => {
    using hooked = new ActivationCaching("**").prepare(model);
    await finish(hooked.call(prompt));
  },
};

const cases: Record<string, () => Promise<void>> =
  what === "generation" ? Object.fromEntries<() => Promise<void>>([...generations, ...bounds]) : forwards;

for (const run of Object.values(cases)) await run();
const greeting: PeerGreeting = {
  name: `hookdict on ${backend.name}`,
  versions: {},
  cases: Object.keys(cases),
  ...(what === "generation" && { bytesPerStep: products[0]?.[1].bytes ?? 0 }),
};
console.log(JSON.stringify(greeting));
for await (const line of createInterface({ input: process.stdin })) {
  const start = performance.now();
  await cases[line.trim()]?.();
  console.log(performance.now() - start);
}
