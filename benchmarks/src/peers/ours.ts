import { createInterface } from "node:readline";
import { loadBackend } from "@hookdict/backends";
import { ActivationCaching } from "@hookdict/latent";
import { tidy } from "@tensorflow/tfjs-core";
import { finish } from "../finish.ts";
import { gpt2Small, someTokens } from "../models.ts";
import type { PeerGreeting } from "./process.ts";

// Our side of the comparison, under the protocol of ../../python/peer.py: NAME TOKENS.

const [name = "wasm", tokens = "128"] = process.argv.slice(2);
const backend = await loadBackend({ backend: name });
const model = gpt2Small();
const prompt = someTokens(Number(tokens), model.config.dVocab);

const cases: Record<string, () => Promise<void>> = {
  bare: () => finish(tidy(() => model.call(prompt))),
  captured: async () => {
    using hooked = new ActivationCaching("**").prepare(model);
    await finish(hooked.call(prompt));
  },
};

for (const run of Object.values(cases)) await run();
const greeting: PeerGreeting = {
  name: `hookdict on ${backend.name}`,
  versions: {},
  cases: Object.keys(cases),
};
console.log(JSON.stringify(greeting));
for await (const line of createInterface({ input: process.stdin })) {
  const start = performance.now();
  await cases[line.trim()]?.();
  console.log(performance.now() - start);
}
