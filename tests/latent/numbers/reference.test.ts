import { fileURLToPath } from "node:url";
import { latent } from "../../comparisons/areas/latent.ts";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("latent values as other people's software computes them");

const items = await latent.items(fileURLToPath(new URL("../../reference", import.meta.url)));

test("there are cases of every method", () => {
  assert.ok(items.length >= 88);
});

for (const item of items) {
  test(`${item.name} holds`, async () => {
    assert.equal(await item.check(), []);
  });
}

test.run();
