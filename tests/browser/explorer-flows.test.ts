import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Bars, Graph, Lines, Matrix, Tokens } from "@hookdict/viz";
import { assert } from "../gate/suite.ts";
import { openReference } from "../models/ioi-tiny.ts";
import {
  alert,
  byClicks,
  drawn,
  inChromium,
  knockOut,
  live,
  metric,
  picture,
  single,
  test,
} from "./explorer.ts";

// What one does with the explorer, as its readers do it: each flow takes three clicks at most.

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
    const raw = Object.values(block.also?.[0]?.values ?? []); // as JSON has it
    assert.is(raw.length, 4 * 15);
    await using reference = await openReference();
    const { data } = await reference.read("0/patch/resid_pre"); // TransformerLens's, [layer, pos]
    raw.forEach((value, i) => assert.ok(Math.abs(value - (data[i] ?? 0)) < 1e-3, `cell ${i}: ${value}`));
  },
);

inChromium(
  "one backward pass estimates what patches of positions and of heads do",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    for (const [button, at, largest] of [
      ["estimate positions (one backward pass)", 0, [3, 14]],
      ["estimate heads", 1, undefined],
    ] as const) {
      await byClicks(page, [
        ["tab", "patching"],
        ["button", button],
      ]);
      await page.waitForFunction(
        (count) => document.querySelectorAll("#panel hookdict-view").length === count,
        at + 1,
        { timeout: 60_000 },
      );
      const [block] = (await picture(page, at)).blocks as [Matrix];
      const values = Object.values(block.values);
      assert.ok(values.every((value) => typeof value === "number" && Math.abs(value) < 2));
      const best = values.indexOf(Math.max(...values));
      if (largest !== undefined) assert.equal([Math.floor(best / 15), best % 15], largest);
    }
  },
);

inChromium("components tell what each head adds to the metric", `${single}?backend=wasm`, async (page) => {
  await live(page, "wasm");
  await page.getByRole("tab", { name: "components" }).click();
  const { axes } = await picture(page);
  const names = axes["component"]?.labels ?? [];
  assert.ok(names.includes("L1H1"));
  const [bars] = (await picture(page)).blocks as [Bars];
  const sum = Object.values(bars.values).reduce((whole, value) => whole + value, 0);
  // The rest is what the unembedding's bias adds.
  assert.ok(Math.abs((bars.sum ?? 0) + 8.95) < 0.01 && Math.abs(sum + 8.95) < 0.1, `${bars.sum}, ${sum}`);
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
    // Its slider is in the list from then on.
    await page.getByLabel("how far it is steered").press("ArrowRight");
    await page.waitForFunction(
      () => document.querySelector(".right ol")?.textContent?.includes("by 1.25 ×") === true,
    );
    await byClicks(page, [["button", "show the code"]]);
    assert.match(
      await page.locator(".right pre").innerText(),
      /done0\.register\("blocks\.1\.hook_resid_pre"/,
    );
  },
);

inChromium("the code that is shown computes what the page does", `${single}?backend=wasm`, async (page) => {
  await live(page, "wasm");
  await knockOut(page, [0, 3]);
  await page.locator("summary", { hasText: "steer" }).click();
  await page.getByRole("button", { name: "steer before layer" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".right ol li").length === 2);
  await page.locator("summary", { hasText: "apply a HookSpec" }).click();
  await page.getByRole("button", { name: "apply" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".right ol li").length === 3);
  await live(page, "wasm");
  const { "corrupt, after": told = "" } = await metric(page);
  await page.getByRole("button", { name: "show the code" }).click();
  const code = await page.locator(".right pre").innerText();
  const file = fileURLToPath(new URL("shown-code.tmp.ts", import.meta.url));
  try {
    writeFileSync(file, code);
    const flags = ["--conditions=@hookdict/source", "--import", "@hookdict/loader", file];
    const cwd = fileURLToPath(new URL("../..", import.meta.url));
    const { stdout, stderr } = spawnSync(process.execPath, flags, { cwd, encoding: "utf8" });
    assert.ok(
      Math.abs(Number(stdout.trim()) - Number(told.replace("−", "-"))) < 0.01,
      `${told}: ${stdout}${stderr}`,
    );
  } finally {
    rmSync(file, { force: true });
  }
});

test.run();
