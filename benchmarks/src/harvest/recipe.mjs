import { existsSync, rmSync } from "node:fs";
import { loadBackend } from "@hookdict/backends";
import { GPT2 } from "@hookdict/models";

// Every residual of a model of some size. A process that finds the file HARVEST_BENCH_KILL ends itself, once.

export default {
  open: async () => {
    await loadBackend({ backend: "wasm", threads: 1 });
    return GPT2.fromConfig(
      { nLayers: 4, nHeads: 4, dModel: 256, dVocab: 1000, nPositions: 128 },
      { seed: 1 },
    );
  },
  sites: "blocks.*.hook_resid_post",
  inputs: ({ tokens }) => {
    const file = process.env["HARVEST_BENCH_KILL"];
    if (file && existsSync(file)) {
      rmSync(file);
      process.kill(process.pid, "SIGKILL");
    }
    return [tokens];
  },
};
