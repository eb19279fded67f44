import { fileURLToPath } from "node:url";
import { kvcache } from "../../comparisons/areas/kvcache.ts";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("caches as their reference has them");
const items = await kvcache.items(fileURLToPath(new URL("../../reference", import.meta.url)));

for (const item of items) {
  test(`${item.name} holds`, async () => assert.equal(await item.check(), []));
}

test("all cases are there", () => assert.is(items.length, 38));

test.run();
