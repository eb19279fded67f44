import { fileURLToPath } from "node:url";
import { tokenizers } from "../../comparisons/areas/tokenizers.ts";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("tokenizers as their reference has them");
const items = await tokenizers.items(fileURLToPath(new URL("../../reference", import.meta.url)));

for (const item of items) {
  test(`${item.name} holds`, async () => assert.equal(await item.check(), []));
}

test("all tokenizers are there", () => assert.is(items.length, 38));

test.run();
