import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { assert } from "../gate/suite.ts";
import {
  alert,
  byClicks,
  drawn,
  inChromium,
  live,
  metric,
  modelFolder,
  run,
  single,
  test,
} from "./explorer.ts";

// Models and moments that nobody should meet: nothing hangs, nothing stays blank, and what went wrong is said.

const read = (name: string): Buffer => readFileSync(join(modelFolder, name));

/** Gives the page the built-in model's files, some of them others, or left out. */
async function give(page: Page, others: Readonly<Record<string, Buffer | undefined>>): Promise<void> {
  const all = {
    "config.json": read("config.json"),
    "tokenizer.json": read("tokenizer.json"),
    "model.safetensors": read("model.safetensors"),
    ...others,
  };
  const files = Object.entries(all).flatMap(([name, buffer]) =>
    buffer === undefined ? [] : [{ name, mimeType: "application/octet-stream", buffer }],
  );
  await page.getByLabel("files of a model").setInputFiles(files);
}

const config = (more: object): Buffer =>
  Buffer.from(JSON.stringify({ ...(JSON.parse(read("config.json").toString()) as object), ...more }));

/** The weights with NaN in place of all. */
function withoutNumbers(): Buffer {
  const file = read("model.safetensors");
  const start = 8 + Number(file.readBigUInt64LE(0));
  for (let at = start; at < file.length; at += 4) file.writeFloatLE(Number.NaN, at);
  return file;
}

/** Each tab has a picture, or says what it waits for; none says that it has a fault. */
async function allTabs(page: Page): Promise<void> {
  for (const tab of await page.getByRole("tab").all()) {
    await tab.click();
    const panel = page.locator("#panel");
    const isThere = (await panel.locator("hookdict-view").count()) > 0;
    assert.ok(isThere || (await panel.locator("p.state").count()) > 0, await tab.innerText());
    assert.is(await panel.locator("hookdict-view .fault").count(), 0, await tab.innerText());
  }
  await page.getByRole("tab", { name: "attention" }).click();
}

inChromium(
  "weights that are no numbers are drawn as such; sweeps go on, and what needs numbers says so",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page.locator("summary", { hasText: "another model" }).click();
    await give(page, { "model.safetensors": withoutNumbers() });
    await page.waitForFunction(() =>
      document.querySelector(".left dl")?.textContent?.includes("dropped files"),
    );
    await live(page, "wasm");
    assert.is(await page.locator("[role=alert]").count(), 0);
    assert.equal(await metric(page), { clean: "–", "corrupt, before": "–", "corrupt, after": "–" });
    assert.match(await page.locator(".right").innerText(), /predicts nothing: its logits are no numbers/);
    await allTabs(page);
    await byClicks(page, [
      ["tab", "patching"],
      ["button", "patch every head"],
    ]);
    await drawn(page, "patching");
    await byClicks(page, [
      ["tab", "circuit"],
      ["button", "score every edge (two forward passes, one backward)"],
    ]);
    assert.match(await alert(page), /^The metric is no number on these prompts/);
    await byClicks(page, [
      ["tab", "generation"],
      ["button", "generate 8 tokens"],
    ]);
    await page.waitForFunction(() =>
      /No token can follow/.test(document.querySelector("[role=alert]")?.textContent ?? ""),
    );
    await live(page, "wasm");
  },
);

inChromium(
  "models that cannot be used are refused in words, and the one before them goes on",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    const before = await metric(page);
    const tensors = await page.locator(".left dl").innerText();
    await page.locator("summary", { hasText: "another model" }).click();
    for (const [others, told] of [
      [
        { "config.json": config({ n_layer: 1e9 }) },
        /"n_layer" is 1000000000; it must be a positive integer up to 512/,
      ],
      [{ "config.json": config({ n_embd: 2 ** 40 }) }, /"n_embd" is 1099511627776/],
      [
        { "config.json": config({ vocab_size: 1 }) },
        /wte\.weight" has shape \[103, 128\]; config\.json calls for \[1, 128\]/,
      ],
      [{ "config.json": Buffer.from("[".repeat(100_000)) }, /config\.json: is nested more than 64 deep/],
      [{ "tokenizer.json": undefined }, /has no tokenizer/],
      [{ "tokenizer.json": Buffer.from("{}") }, /tokenizer\.json: is no tokenizer that can be used/],
      [{ "model.safetensors": Buffer.from("<!doctype html>".repeat(9)) }, /is a page of HTML/],
      [{ "model.safetensors": undefined }, /model\.safetensors/],
    ] as const) {
      await give(page, others);
      assert.match(await alert(page), told);
      await run(page);
      await page.locator("[role=alert]").waitFor({ state: "detached" });
      await live(page, "wasm");
      assert.equal(await metric(page), before);
    }
    assert.is(await page.locator(".left dl").innerText(), tensors);
  },
);

inChromium(
  "of a folder its folders are left alone; files of two models are not mixed, and an empty folder is told of",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page.locator("summary", { hasText: "another model" }).click();
    const folder = mkdtempSync(join(tmpdir(), "hookdict-odd-"));
    const choose = page.getByLabel("folder of a model");
    try {
      mkdirSync(join(folder, "a"));
      writeFileSync(join(folder, "notes"), "");
      await choose.setInputFiles(folder);
      assert.match(await alert(page), /config\.json: there is no such file/);
      // What is further inside would be found first, by its name.
      for (const name of ["config.json", "tokenizer.json", "model.safetensors"]) {
        writeFileSync(join(folder, name), read(name));
        writeFileSync(join(folder, "a", name), "{}");
      }
      await choose.setInputFiles(folder);
      await page.waitForFunction(() =>
        document.querySelector(".left dl")?.textContent?.includes("dropped files"),
      );
      await live(page, "wasm");
      assert.is(await page.locator("[role=alert]").count(), 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
    const one = { name: "config.json", mimeType: "application/json", buffer: read("config.json") };
    await page
      .getByLabel("files of a model")
      .setInputFiles([one, { ...one, buffer: config({ n_layer: 3 }) }]);
    assert.is(await alert(page), 'Two of the files are called "config.json": give those of one model.');
  },
);

inChromium(
  "a vocabulary of one word is told of, and no picture of another model stays",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page.locator("summary", { hasText: "another model" }).click();
    const tokenizer = JSON.parse(read("tokenizer.json").toString()) as { model: { vocab: object } };
    tokenizer.model.vocab = { "<|endoftext|>": 0 };
    await give(page, { "tokenizer.json": Buffer.from(JSON.stringify(tokenizer)) });
    assert.match(await alert(page), /The vocabulary has no "When"/);
    assert.is(await page.locator("#panel hookdict-view").count(), 0);
    assert.match(await page.locator("#panel").innerText(), /Nothing has been computed yet/);
    await page.locator("summary", { hasText: "another model" }).click();
    await page.locator("summary", { hasText: "another model" }).click();
    await page.getByRole("button", { name: "built-in" }).click();
    await page.locator("#panel hookdict-view").waitFor();
    await live(page, "wasm");
  },
);

inChromium(
  "prompts of one token, and of none, have every picture and every sweep",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    for (const [clean, corrupt] of [
      ["Mary", "John"],
      ["", ""],
    ] as const) {
      await page.locator(".left textarea").nth(0).fill(clean);
      await page.locator(".left textarea").nth(1).fill(corrupt);
      await run(page);
      await page.waitForFunction(
        (count) => document.querySelector(".left")?.textContent?.includes(`corrupt (${count} token`),
        clean === "" ? 1 : 2,
      );
      await live(page, "wasm");
      await allTabs(page);
      for (const name of ["patch every position", "patch every head", "estimate heads"]) {
        await byClicks(page, [
          ["tab", "patching"],
          ["button", name],
        ]);
        await drawn(page, "patching");
      }
      assert.is(await page.locator("[role=alert]").count(), 0);
    }
  },
);

test.run();
