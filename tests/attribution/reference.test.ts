import { fileURLToPath } from "node:url";
import { attribution } from "../comparisons/areas/attribution.ts";
import { lrp } from "../comparisons/areas/lrp.ts";
import { metrics } from "../comparisons/areas/metrics.ts";
import { models } from "../comparisons/areas/models.ts";
import { releaseCheckpoints, transformer } from "../comparisons/areas/transformer.ts";
import { assert, suite } from "../gate/suite.ts";

// Values computed by other software, as `pnpm reference` compares them.

const test = suite("reference values of attribution");
const folder = fileURLToPath(new URL("../reference", import.meta.url));

for (const area of [models, attribution, lrp, transformer, metrics]) {
  test(`every case of ${area.name} holds`, async () => {
    try {
      for (const item of await area.items(folder)) assert.equal(await item.check(), [], item.name);
    } finally {
      releaseCheckpoints();
    }
  });
}

test.run();
