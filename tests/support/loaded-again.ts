import { loadBackend } from "@hookdict/backends";
import { engine, matMul, mean, memory, randomNormal, removeBackend, tidy } from "@tensorflow/tfjs-core";
import { assert } from "../gate/suite.ts";

/** Of a product that is large enough for what the backend has of its own: threads, other kernels. */
function product(): number {
  return tidy(() => {
    const [a, b] = [1, 2].map((seed) => randomNormal([128, 128], 0, 1, "float32", seed));
    return mean(matMul(a as never, b as never)).dataSync()[0] ?? NaN;
  });
}

/** Loads a backend, and asserts that it can be removed and loaded again, twice, and computes what it did. */
export async function assertLoadedAgain(backend: string): Promise<void> {
  const first = await loadBackend({ backend });
  const [before, { numTensors }] = [product(), memory()];
  for (let i = 0; i < 2; i++) {
    removeBackend(engine().backendName);
    assert.equal(await loadBackend({ backend }), first);
    assert.is(product(), before);
    assert.is(memory().numTensors, numTensors);
  }
}
