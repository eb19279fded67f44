import { loadBackend } from "@hookdict/backends";
import { hookFunction, site } from "@hookdict/core";
import { expandDims, mul, ones, tidy } from "@tensorflow/tfjs-core";

// Wide rows that cost nothing to compute: what is read in the benchmark.

function wide(tokens) {
  return site(
    "wide",
    tidy(() => mul(expandDims(tokens.toFloat(), 2), ones([1, 1, 768]))),
  );
}

export default {
  open: async () => {
    await loadBackend({ backend: "wasm", threads: 1 });
    return hookFunction(wide, { sites: { wide: ["batch", "pos", "d"] } });
  },
  sites: "wide",
};
