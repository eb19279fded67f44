import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import type { Graph, Lines, Matrix, Tokens } from "@hookdict/viz";
import { assert } from "../gate/suite.ts";
import { openReference } from "../models/ioi-tiny.ts";
import { inChromium, knockOut, live, metric, modelFolder, picture, single, test } from "./explorer.ts";

// Both builds of the explorer, driven as their readers do.

for (const backend of ["wasm", "webgpu"] as const) {
  inChromium(
    `one file from the disk, on ${backend}: pictures at once, then live; a head is clicked, knocked out, and its effect is seen`,
    `${single}?backend=${backend}`,
    async (page) => {
      await page.locator("hookdict-view h2").first().waitFor({ timeout: 5000 });
      await live(page, backend);
      assert.match(
        await page.locator(".left dl").innerText(),
        /ioi-tiny[\s\S]*gpt2[\s\S]*it was chosen here/,
      );
      const before = await metric(page);
      assert.equal(
        [before["clean"], before["corrupt, before"], before["corrupt, after"]],
        ["7.85", "−8.95", "−8.95"],
      );
      await knockOut(page, [0, 3]);
      await page.waitForFunction(
        () => document.querySelector(".metric")?.textContent?.endsWith("−8.95") === false,
        undefined,
        { timeout: 60_000 },
      );
      const after = await metric(page);
      assert.is(after["corrupt, before"], "−8.95");
      assert.ok(Math.abs(Number((after["corrupt, after"] ?? "").replace("−", "-")) - -8.95) > 0.1);
      await page.locator(".right input[type=checkbox]").uncheck();
      await page.waitForFunction(
        () => document.querySelector(".metric")?.textContent?.endsWith("−8.95"),
        undefined,
        { timeout: 60_000 },
      );
    },
  );
}

inChromium(
  "sweeps show their progress, can be cancelled, and agree with what TransformerLens computes",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page.getByRole("tab", { name: "patching" }).click();
    await page.getByRole("button", { name: "patch every position" }).click();
    await page.locator("progress").waitFor();
    await page.getByRole("button", { name: "cancel" }).click();
    await page.locator("[role=alert]").waitFor();
    assert.is(await page.locator("[role=alert]").textContent(), "Cancelled.");
    await page.getByRole("button", { name: "patch every position" }).click();
    await page.locator("#panel hookdict-view").waitFor({ timeout: 60_000 });
    const [block] = (await picture(page)).blocks as [Matrix];
    const raw = (block.details ?? []).map(([first]) => first?.[1] ?? Number.NaN);
    assert.is(raw.length, 4 * 15);
    await using reference = await openReference();
    const { data } = await reference.read("0/patch/resid_pre"); // TransformerLens's, [layer, pos]
    raw.forEach((value, i) => assert.ok(Math.abs(value - (data[i] ?? 0)) < 1e-3, `cell ${i}: ${value}`));
  },
);

inChromium("components tell what each head adds to the metric", `${single}?backend=wasm`, async (page) => {
  await live(page, "wasm");
  await page.getByRole("tab", { name: "components" }).click();
  const { axes } = await picture(page);
  const names = axes["component"]?.labels ?? [];
  assert.ok(names.includes("L1H1"));
  assert.ok(names.length > 4 * 4);
});

inChromium(
  "a generation grows by steps, with what is done in force",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page.getByRole("tab", { name: "generation" }).click();
    await page.getByRole("button", { name: "generate 8 tokens" }).click();
    await page.waitForFunction(
      () =>
        (
          document.querySelector("#panel hookdict-view") as never as {
            description?: { axes: { step: { labels: string[] } } };
          } | null
        )?.description?.axes.step.labels.length === 8,
      undefined,
      { timeout: 60_000 },
    );
    assert.is((await picture(page)).axes["step"]?.labels[0]?.trim(), "John");
  },
);

inChromium(
  "a link brings an experiment back; one of another version, or a damaged one, is refused in words",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page
      .locator(".left textarea")
      .first()
      .fill("When Mary and John went to the store , John gave a ball to");
    await knockOut(page, [1, 0]);
    await page.getByRole("button", { name: "link" }).click();
    await page.waitForFunction(() => location.hash.startsWith("#1."));
    const link = page.url();
    assert.ok(link.length < 1500);
    for (const [hash, want] of [
      ["#1.!!", "This link is damaged: it cannot be unpacked."],
      ["#9.abc", 'This link is of another version ("#9.a"); this page reads "#1.".'],
    ] as const) {
      const other = await page.context().newPage();
      await other.goto(`${single}?backend=wasm${hash}`);
      await other.locator("[role=alert]").waitFor({ timeout: 60_000 });
      assert.is(await other.locator("[role=alert]").textContent(), want);
      await other.close();
    }
    const again = await page.context().newPage();
    await again.goto(link);
    await live(again, "wasm");
    assert.is(
      await again.locator(".left textarea").first().inputValue(),
      "When Mary and John went to the store , John gave a ball to",
    );
    assert.match(await again.locator(".right ol").innerText(), /knock out head 1\.0/);
  },
);

inChromium(
  "a model's files are dropped; a folder without a model, and a broken one, are told in words",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page.locator("summary", { hasText: "another model" }).click();
    const input = page.locator('input[type="file"]');
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

inChromium("tensors do not grow over many runs", `${single}?backend=wasm`, async (page) => {
  await live(page, "wasm");
  const tensors = (): Promise<string> => page.locator(".left dl dd").last().innerText();
  const counts: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    await page.getByRole("button", { name: "run", exact: true }).click();
    await page.waitForTimeout(300);
    await live(page, "wasm");
    counts.push(await tensors());
  }
  assert.equal(new Set(counts).size, 1, counts.join(", "));
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
      /nothing\/config\.json: the server answers 404\. A model's folder holds config\.json/,
    );
  },
);

inChromium(
  "on a telephone there is one column, and nothing reaches beyond it",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    assert.is(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  },
  { viewport: { width: 400, height: 800 } },
);

/** Clicks until something is done; more than three are too many. */
async function byClicks(
  page: Page,
  names: readonly (readonly [role: "tab" | "button", name: string])[],
): Promise<void> {
  assert.ok(names.length <= 3);
  for (const [role, name] of names) await page.getByRole(role, { name, exact: true }).click();
}

const alert = async (page: Page): Promise<string> => {
  await page.locator("[role=alert]").waitFor({ timeout: 60_000 });
  return (await page.locator("[role=alert]").textContent()) ?? "";
};

const drawn = (page: Page, view: string): Promise<unknown> =>
  page.waitForFunction(
    (name) =>
      (document.querySelector("#panel hookdict-view") as never as { description?: { view: string } } | null)
        ?.description?.view === name && document.querySelector("progress") === null,
    view,
    { timeout: 60_000 },
  );

inChromium(
  "a circuit, and a run beside a pinned one, take three clicks at most",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await byClicks(page, [
      ["tab", "circuit"],
      ["button", "score every edge (two forward passes, one backward)"],
    ]);
    await drawn(page, "graph");
    const [circuit] = (await picture(page)).blocks as [Graph];
    assert.is(
      circuit.nodes.some(({ label }) => label === "logits"),
      true,
    );
    assert.ok(circuit.links.length > 10);

    await byClicks(page, [
      ["tab", "attention"],
      ["button", "pin this run"],
    ]);
    await knockOut(page, [0, 3]);
    await page.waitForFunction(
      () => document.querySelector(".metric")?.textContent?.endsWith("−8.95") === true,
    );
    await byClicks(page, [["tab", "lens"]]);
    await page.waitForFunction(
      () =>
        (
          document.querySelector("#panel hookdict-view") as never as {
            description?: { blocks: unknown[] };
          } | null
        )?.description?.blocks.length === 4,
      undefined,
      { timeout: 60_000 },
    );
    assert.equal(
      ((await picture(page)).blocks as readonly Matrix[]).map(({ title }) => title),
      ["this run", "pinned", "difference", undefined],
    );
  },
);

inChromium(
  "a generation is paused, gone on with and branched in three clicks at most each",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    // Eight tokens may be done before a click finds its button: this one comes as soon as there is one.
    await page.evaluate(() => {
      const watch = new MutationObserver(() => {
        const pause = [...document.querySelectorAll("button")].find(
          ({ textContent }) => textContent === "pause",
        );
        if (pause === undefined) return;
        watch.disconnect();
        pause.click();
      });
      watch.observe(document.body, { childList: true, subtree: true });
    });
    await byClicks(page, [
      ["tab", "generation"],
      ["button", "generate 8 tokens"],
    ]);
    assert.is(await alert(page), "Paused.");
    await byClicks(page, [["button", "one more"]]);
    await page.waitForFunction(() => document.querySelector("progress") === null);
    await page.locator("#panel hookdict-view [role=grid]").first().focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("Enter");
    await byClicks(page, [["button", "branch at step 0"]]);
    await page.waitForFunction(() => document.querySelector("progress") === null);
    await page.waitForFunction(() =>
      (
        document.querySelector("#panel hookdict-view") as never as {
          description: { blocks: { id: string }[] };
        }
      ).description.blocks.some(({ id }) => id === "other tokens"),
    );
    const { axes, blocks } = await picture(page);
    assert.is(axes["step"]?.labels[0]?.trim(), "Mary");
    const [tokens, , lines] = blocks as [Tokens, Tokens, Lines];
    assert.is(tokens.title, "branch");
    assert.is(lines.series.length, 2);
  },
);

inChromium(
  "steering, and the code that does the same, take three clicks at most",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page.locator("summary", { hasText: "steer" }).click();
    await byClicks(page, [["button", "steer before layer 1"]]);
    await page.waitForFunction(() => document.querySelectorAll(".right ol li").length === 1);
    await byClicks(page, [["button", "show the code"]]);
    assert.match(
      await page.locator(".right pre").innerText(),
      /hooks\.register\("blocks\.1\.hook_resid_pre"/,
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
      "The model is too large: model.safetensors has 9.0 GB (F16), which take 17.9 GB as float32, and wasm can hold 4.3 GB in a page. Nothing of its weights was loaded.",
    );
    assert.not.match(await page.locator(".log").innerText(), /GET \S+large\/model\.safetensors$/m);
    assert.match(await page.locator(".left dl").innerText(), /ioi-tiny|model\//); // the old one is still there
  },
);

inChromium(
  "a browser that keeps no more is told of, and the model is there all the same",
  (port) => `http://127.0.0.1:${port}/?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page.workers()[0]?.evaluate(() => {
      (
        FileSystemFileHandle.prototype as never as { createSyncAccessHandle: () => Promise<never> }
      ).createSyncAccessHandle = () =>
        Promise.reject(new DOMException("The disk is full.", "QuotaExceededError"));
    });
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
