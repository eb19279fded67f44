import { loadBackend } from "@hookdict/backends";
import { GPT2 } from "@hookdict/models";

export default {
  open: async () => {
    await loadBackend({ backend: "wasm", threads: 1 });
    return GPT2.fromConfig(
      { nLayers: 4, nHeads: 4, dModel: 256, dVocab: 1000, nPositions: 128 },
      { seed: 1 },
    );
  },
  sites: "blocks.*.hook_resid_post",
};
