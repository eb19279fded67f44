import { fileURLToPath } from "node:url";
import { weights } from "../comparisons/areas/weights.ts";
import { releaseWeightCheckpoints } from "../comparisons/areas/weights/checkpoint.ts";
import { assert, suite } from "../gate/suite.ts";

// Values computed by other software, as `pnpm reference weights` compares them.

const test = suite("reference values of weights");
const folder = fileURLToPath(new URL("../reference", import.meta.url));

test("every case holds", async () => {
  try {
    const items = await weights.items(folder);
    assert.ok(items.length >= 46);
    for (const item of items) assert.equal(await item.check(), [], item.name);
  } finally {
    releaseWeightCheckpoints();
  }
});

test.run();
