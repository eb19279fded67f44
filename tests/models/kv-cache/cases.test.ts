import { fileURLToPath } from "node:url";
import { kvcache } from "../../comparisons/areas/kvcache.ts";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("caches as their reference has them");
const items = await kvcache.items(fileURLToPath(new URL("../../reference", import.meta.url)));
const invented = await kvcache.items(fileURLToPath(new URL("fixtures", import.meta.url)));

for (const item of [...items, ...invented]) {
  test(`${item.name} holds`, async () => assert.equal(await item.check(), []));
}

test("all cases are there", () => assert.equal([items.length, invented.length], [38, 70]));

test.run();
