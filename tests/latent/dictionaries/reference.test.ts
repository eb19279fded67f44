import { fileURLToPath } from "node:url";
import { releaseModels, sae } from "../../comparisons/areas/sae.ts";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("sparse dictionaries as SAE Lens computes them");

const items = await sae.items(fileURLToPath(new URL("../../reference", import.meta.url)));

test("every case holds", async () => {
  try {
    assert.is(items.length, 30);
    for (const item of items) assert.equal(await item.check(), [], item.name);
  } finally {
    releaseModels();
  }
});

test.run();
