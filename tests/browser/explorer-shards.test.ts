import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { assert } from "../gate/suite.ts";
import { alert, connection, inChromium, live, metric, modelFolder, single, test } from "./explorer.ts";
import { sharded, type WRONG } from "./sharded.ts";

// Weights in several files, and an index that says which.

/** What was asked of the weights, as the page's log has it. */
const asked = async (page: Page): Promise<readonly string[]> =>
  [...(await page.locator(".log").innerText()).matchAll(/GET \S+\/(model-\S+), (bytes \d+ to \d+)/g)].map(
    ([, name = "", part = ""]) => `${name.slice(0, 11)} ${part}`,
  );

inChromium(
  "a model in shards comes by its address, header first, goes on after a break, and says the same as in one file",
  (port) => `http://127.0.0.1:${port}/?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    const before = await metric(page);
    await page.locator("summary", { hasText: "another model" }).click();
    await page.locator('input[type="url"]').fill("/shards/");
    const load = page.getByRole("button", { name: "load", exact: true });
    connection.isBroken = true;
    try {
      await load.click();
      assert.match(
        await alert(page),
        /model-00002-of-00002\.safetensors: the connection broke after 16\.\d of \d+\.\d MB, 3 times\. What came of model-00002-of-00002\.safetensors is kept/,
      );
    } finally {
      connection.isBroken = false;
    }
    // Both headers before any weights.
    const parts = await asked(page);
    assert.match(
      parts.slice(0, 4).join("; "),
      /^model-00001 bytes 0 to 7; model-00001 bytes 8 to \d+; model-00002 bytes 0 to 7; model-00002 bytes 8 to \d+$/,
    );
    assert.match(await page.locator(".left ul").innerText(), /model-00002\S+ \(16\.\d of \d+\.\d MB\)/);
    await load.click();
    await page.waitForFunction(
      () => document.querySelector(".left dl")?.textContent?.includes("/shards/"),
      undefined,
      { timeout: 60_000 },
    );
    await live(page, "wasm");
    const later = (await asked(page)).slice(parts.length);
    assert.ok(later.length > 0 && later.every((part) => !part.startsWith("model-00001")), later.join("; ")); // it was kept whole
    assert.ok(!later.some((part) => part.startsWith("model-00002 bytes 0 to 1")), later.join("; "));
    assert.equal(await metric(page), before);
    assert.is(await page.locator("[role=alert]").count(), 0);
  },
);

const TOLD: Readonly<Record<keyof typeof WRONG, RegExp>> = {
  missing: /missing\/model-00002-of-00002\.safetensors: there is no such file/,
  cut: /cut\/model-00001-of-00002\.safetensors: .*tensor/,
  outside:
    /puts tensor "wte\.weight" in "\.\.\/elsewhere\.safetensors", which is not a safetensors file beside it/,
  lacking: /lacks tensor "no\.such\.weight", which model\.safetensors\.index\.json says it has/,
  many: /many: the index of its weights names more than 200 files\./,
  deep: /model\.safetensors\.index\.json: is nested more than 64 deep/,
  list: /model\.safetensors\.index\.json: has no "weight_map" object/,
};

inChromium(
  "shards that are missing, cut, elsewhere or not what their index says, and hostile indexes, are told in words before weights are fetched",
  (port) => `http://127.0.0.1:${port}/?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page.locator("summary", { hasText: "another model" }).click();
    for (const [folder, told] of Object.entries(TOLD)) {
      await page.locator('input[type="url"]').fill(`/${folder}/`);
      await page.getByRole("button", { name: "load", exact: true }).click();
      assert.match(await alert(page), told);
      assert.not.match(await page.locator(".log").innerText(), /GET \S+\/model-\S+safetensors$/m);
      assert.match(await page.locator(".left dl").innerText(), /ioi-tiny/); // the old one is still there
      // What went wrong goes away with the next thing that is done.
      await page.getByRole("button", { name: "run", exact: true }).click();
      await page.locator("[role=alert]").waitFor({ state: "detached" });
      await live(page, "wasm");
    }
  },
);

inChromium(
  "a folder of shards is chosen; one without a shard is told",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page.locator("summary", { hasText: "another model" }).click();
    const files = sharded(modelFolder);
    const folder = mkdtempSync(join(tmpdir(), "hookdict-shards-"));
    try {
      for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
      await page.getByLabel("folder of a model").setInputFiles(folder);
      await page.waitForFunction(() =>
        document.querySelector(".left dl")?.textContent?.includes("dropped files"),
      );
      await live(page, "wasm");
      assert.is(await page.locator("[role=alert]").count(), 0);
      rmSync(join(folder, "model-00001-of-00002.safetensors"));
      await page.getByLabel("folder of a model").setInputFiles(folder);
      assert.match(await alert(page), /model-00001-of-00002\.safetensors/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test.run();
