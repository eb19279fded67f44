import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert } from "../gate/suite.ts";
import { alert, connection, inChromium, live, modelFolder, single, test } from "./explorer.ts";

// Where the explorer's models come from, and what computes them.

inChromium(
  "a model's files are dropped; a folder without a model, and a broken one, are told in words",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page.locator("summary", { hasText: "another model" }).click();
    const input = page.getByLabel("files of a model");
    const broken = mkdtempSync(join(tmpdir(), "hookdict-drop-"));
    try {
      writeFileSync(join(broken, "notes.txt"), "nothing");
      await input.setInputFiles(join(broken, "notes.txt"));
      await page.locator("[role=alert]").waitFor();
      assert.match((await page.locator("[role=alert]").textContent()) ?? "", /config\.json/);
    } finally {
      rmSync(broken, { recursive: true });
    }
    await input.setInputFiles(
      ["config.json", "tokenizer.json", "model.safetensors"].map((name) => join(modelFolder, name)),
    );
    await page.waitForFunction(
      () => document.querySelector(".left dl")?.textContent?.includes("dropped files"),
      undefined,
      { timeout: 60_000 },
    );
    assert.is(await page.locator("[role=alert]").count(), 0);
  },
);

inChromium("a folder is dropped, or chosen, as a whole", `${single}?backend=wasm`, async (page) => {
  await live(page, "wasm");
  const name = (): Promise<unknown> =>
    page.waitForFunction(
      () => document.querySelector(".left dl")?.textContent?.includes("dropped files"),
      undefined,
      {
        timeout: 60_000,
      },
    );
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [modelFolder], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await session.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
  await name();
  await page.locator("summary", { hasText: "another model" }).click();
  await page.getByRole("button", { name: "built-in" }).click();
  await page.waitForFunction(() => document.querySelector(".left dl")?.textContent?.includes("ioi-tiny"));
  await page.getByLabel("folder of a model").setInputFiles(modelFolder);
  await name();
  assert.is(await page.locator("[role=alert]").count(), 0);
});

inChromium(
  "hosted, the model comes by its address and is kept; what is asked for is listed; a missing folder is told",
  (port) => `http://127.0.0.1:${port}/?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    const log = page.locator(".log");
    assert.match(await log.innerText(), /GET http:\/\/127\.0\.0\.1:\d+\/model\/model\.safetensors/);
    const first = (await log.innerText()).match(/GET /g)?.length;
    await page.reload();
    await live(page, "wasm");
    assert.is((await log.innerText()).match(/GET /g), null);
    assert.ok((first ?? 0) >= 3);
    await page.locator("summary", { hasText: "another model" }).click();
    assert.ok((await page.getByRole("button", { name: "delete" }).count()) >= 3);
    await page.locator('input[type="url"]').fill("/nothing/");
    await page.getByRole("button", { name: "load", exact: true }).click();
    await page.locator("[role=alert]").waitFor();
    assert.match(
      (await page.locator("[role=alert]").textContent()) ?? "",
      /nothing\/config\.json: the server answers 404\. A model's folder holds config\.json, tokenizer\.json, and model\.safetensors or/,
    );
  },
);

inChromium(
  "a model that is too large is refused by its header, before any of its weights are fetched",
  (port) => `http://127.0.0.1:${port}/?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page.locator("summary", { hasText: "another model" }).click();
    await page.locator('input[type="url"]').fill("/large/");
    await page.getByRole("button", { name: "load", exact: true }).click();
    assert.is(
      await alert(page),
      "The model is too large: model.safetensors has 8.9 GB (F16), which take 17.9 GB as float32, and wasm can hold 4.3 GB in a page. Nothing of its weights was loaded.",
    );
    assert.not.match(await page.locator(".log").innerText(), /GET \S+large\/model\.safetensors$/m);
    assert.match(await page.locator(".left dl").innerText(), /ioi-tiny|model\//); // the old one is still there
  },
);

inChromium(
  "a model of more than 1 GB is warned of by its header, before any of its weights are asked for",
  (port) => `http://127.0.0.1:${port}/?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page.evaluate(() => {
      const watch = new MutationObserver(() => {
        if (!/heavy\S+, bytes 0 to \d{6,}/.test(document.querySelector(".log")?.textContent ?? "")) return;
        watch.disconnect();
        document.body.dataset["before"] = document.querySelector("#panel")?.parentElement?.textContent ?? "";
      });
      watch.observe(document.body, { childList: true, characterData: true, subtree: true });
    });
    await page.locator("summary", { hasText: "another model" }).click();
    await page.locator('input[type="url"]').fill("/heavy/");
    await page.getByRole("button", { name: "load", exact: true }).click();
    await page.locator("body[data-before]").waitFor({ timeout: 60_000 });
    const told =
      "model.safetensors has 603.1 MB (F16), which take 1.2 GB as float32: other pages may become slow.";
    const before = await page.evaluate(() => document.body.dataset["before"] ?? "");
    assert.ok(before.includes(told), before);
    assert.is(await page.locator(".middle > [aria-live]").textContent(), told);
    assert.match(await page.locator(".left dl").innerText(), /ioi-tiny|model\//); // the old one is still there
  },
);

inChromium(
  "a tensor that no buffer of the graphics card can hold is refused by its header, with what can hold it",
  (port) => `http://127.0.0.1:${port}/?backend=webgpu`,
  async (page) => {
    await live(page, "webgpu");
    await page.locator("summary", { hasText: "another model" }).click();
    await page.locator('input[type="url"]').fill("/wide/");
    await page.getByRole("button", { name: "load", exact: true }).click();
    assert.is(
      await alert(page),
      "The model is too large for webgpu here: wte.weight takes 1.2 GB, and one buffer holds 1.1 GB. Choose wasm; nothing of its weights was loaded.",
    );
    assert.match(await page.locator(".left dl").innerText(), /ioi-tiny/);
  },
);

inChromium(
  "large weights come in chunks; where the connection breaks, what came is kept and gone on with",
  (port) => `http://127.0.0.1:${port}/?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page.locator("summary", { hasText: "another model" }).click();
    await page.locator('input[type="url"]').fill("/padded/");
    const [load, log] = [page.getByRole("button", { name: "load", exact: true }), page.locator(".log")];
    const asked = async (): Promise<readonly string[]> =>
      [...(await log.innerText()).matchAll(/GET \S+\/padded\/model\.safetensors, (bytes \d+ to \d+)/g)].map(
        ([, part = ""]) => part,
      );
    connection.isBroken = true;
    try {
      await load.click();
      assert.match(
        await alert(page),
        /padded\/model\.safetensors: the connection broke after 16\.\d of 21\.1 MB, 3 times\. What came of model\.safetensors is kept: load the model again to go on\.$/,
      );
    } finally {
      connection.isBroken = false;
    }
    assert.match(
      await page.locator(".left ul").innerText(),
      /padded\/model\.safetensors \(16\.\d of 21\.1 MB\)/,
    );
    assert.match(await page.locator(".left dl").innerText(), /ioi-tiny|\/model\//); // the old one is still there
    const before = await asked();
    assert.equal(before.slice(0, 4), [
      "bytes 0 to 7",
      before[1] ?? "",
      "bytes 0 to 16777215",
      "bytes 16777216 to 21089703",
    ]);
    await load.click();
    await page.waitForFunction(
      () => document.querySelector(".left dl")?.textContent?.includes("/padded/"),
      undefined,
      { timeout: 60_000 },
    );
    const after = (await asked()).slice(before.length);
    assert.ok(
      after.every(
        (part) => /^bytes 167\d{5} to /.test(part) || part.endsWith(" to 7") || part.startsWith("bytes 8 "),
      ),
      after.join("; "),
    );
    assert.match(await page.locator(".left ul").innerText(), /padded\/model\.safetensors \(21\.1 MB\)/);
    assert.is(await page.locator("[role=alert]").count(), 0);
  },
);

for (const when of ["at once", "after a part of it"] as const)
  inChromium(
    `a browser that takes no more, ${when}, is told of, keeps no half of a file, and the model is there all the same`,
    (port) => `http://127.0.0.1:${port}/?backend=wasm`,
    async (page) => {
      await live(page, "wasm");
      await page.workers()[0]?.evaluate((isLate) => {
        const full = (): DOMException => new DOMException("The disk is full.", "QuotaExceededError");
        const { FileSystemFileHandle: files, FileSystemSyncAccessHandle: handles } =
          globalThis as never as Record<string, { readonly prototype: Record<string, unknown> }>;
        if (!isLate && files !== undefined)
          files.prototype["createSyncAccessHandle"] = () => Promise.reject(full());
        if (isLate && handles !== undefined) {
          const write = handles.prototype["write"] as (bytes: Uint8Array, to: { at: number }) => number;
          handles.prototype["write"] = function (this: unknown, bytes: Uint8Array, to: { at: number }) {
            if (to.at > 100_000) throw full();
            return write.call(this, bytes, to);
          };
        }
      }, when !== "at once");
      await page.locator("summary", { hasText: "another model" }).click();
      await page.locator('input[type="url"]').fill("/again/");
      await page.getByRole("button", { name: "load", exact: true }).click();
      await page.waitForFunction(
        () => document.querySelector(".left dl")?.textContent?.includes("/again/"),
        undefined,
        { timeout: 60_000 },
      );
      assert.match(
        await page.locator(".log").innerText(),
        /model\.safetensors is not kept, and will be fetched again: QuotaExceededError: The disk is full\./,
      );
      assert.is(await page.locator("[role=alert]").count(), 0);
      assert.not.match(await page.locator(".left ul").innerText(), /again\/model\.safetensors/);
    },
  );

inChromium(
  "a graphics device that is lost is told of, and the model is loaded anew on wasm, with the reason shown",
  `${single}?backend=webgpu`,
  async (page) => {
    await live(page, "webgpu");
    await page.workers()[0]?.evaluate(() => {
      const { _tfengine: engine } = globalThis as never as {
        readonly _tfengine: { readonly backend: { readonly device: { destroy(): void } } };
      };
      engine.backend.device.destroy();
    });
    assert.match(
      await alert(page),
      /^The graphics device was lost \(.+\)\. The model is loaded anew, on wasm\.$/s,
    );
    await live(page, "wasm");
    assert.match(await page.locator(".left dl").innerText(), /wasm[\s\S]*the graphics device was lost/);
  },
);

inChromium(
  "without a graphics card wasm computes, and the card says why",
  single,
  async (page) => {
    await live(page, "wasm");
    assert.match(await page.locator(".left dl").innerText(), /because\s+webgpu: \S+/);
  },
  { flags: [] },
);

inChromium(
  "where WebAssembly is missing, too, the cpu computes, and the card says why",
  (port) => `http://127.0.0.1:${port}/`,
  async (page) => {
    await page.route("**/wasm/**", (route) => route.abort());
    await page.reload();
    await live(page, "cpu");
    assert.match(await page.locator(".left dl").innerText(), /because[\s\S]*webgpu[\s\S]*wasm/);
  },
  { flags: [] },
);

test.run();
