import { assert } from "../gate/suite.ts";
import { inChromium, knockOut, live, picture, single, test } from "./explorer.ts";

// What stands beside each picture, and beside each entry of the list.

inChromium(
  "a picture's own link opens the page with its tab and the picture in sight",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page.locator("summary", { hasText: "apply a HookSpec" }).click();
    await page
      .getByLabel("captures and interventions, as JSON")
      .fill('{"captures": [{"at": "blocks.1.hook_resid_post"}]}');
    await page.getByRole("button", { name: "apply", exact: true }).click();
    await page.locator(".right ol li").waitFor();
    await live(page, "wasm");
    await page.getByRole("tab", { name: "tokens" }).click();
    const second = page.locator("#panel hookdict-view").nth(1);
    const isInSight = (): Promise<boolean> =>
      second.evaluate((view) => {
        const { top } = view.getBoundingClientRect();
        return top >= 0 && top < innerHeight / 2;
      });
    assert.is(await isInSight(), false);
    const { title } = await picture(page, 1);
    await page
      .getByRole("button", { name: `link to ${title}`, exact: true })
      .last()
      .click();
    await page.waitForFunction(() => location.hash.startsWith("#1."));
    const link = page.url();
    await page.goto("about:blank");
    await page.goto(link);
    await live(page, "wasm");
    assert.is(await page.getByRole("tab", { name: "tokens" }).getAttribute("aria-selected"), "true");
    assert.match(await page.locator(".right ol").innerText(), /capture blocks\.1\.hook_resid_post/);
    assert.is((await picture(page, 1)).title, title);
    assert.is(await isInSight(), true);
    // It is brought there once: whoever scrolls on is left alone.
    await page.evaluate(() => scrollTo(0, 0));
    await page.getByRole("button", { name: "run", exact: true }).click();
    await page.waitForTimeout(200);
    await live(page, "wasm");
    assert.is(await isInSight(), false);
  },
  { viewport: { width: 1280, height: 300 } },
);

inChromium(
  "a link to a picture that must be computed opens its tab, and brings it into sight when it is there",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page.getByRole("tab", { name: "patching" }).click();
    const estimate = page.getByRole("button", { name: "estimate heads" });
    await estimate.click();
    const own = page.getByRole("button", { name: /^link to / });
    await own.click();
    await page.waitForFunction(() => location.hash.startsWith("#1."));
    const link = page.url();
    await page.goto("about:blank");
    await page.goto(link);
    await live(page, "wasm");
    await estimate.click();
    await own.waitFor();
    await page.waitForFunction(
      () => Math.abs(document.querySelector("#panel hookdict-view")?.getBoundingClientRect().top ?? 1e3) < 2,
    );
  },
  { viewport: { width: 1280, height: 300 } },
);

inChromium(
  "what stands beside each entry of the list is named by it",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await knockOut(page, [0, 3]);
    await live(page, "wasm");
    await page.locator("summary", { hasText: /^steer$/ }).click();
    await page.getByRole("button", { name: /^steer before layer/ }).click();
    await page.locator(".right ol li").nth(1).waitFor();
    const names = await page
      .locator(".right ol :is(button, input[type=range])")
      .evaluateAll((all) => all.map((each) => each.getAttribute("aria-label")));
    assert.equal(names, [
      "remove: knock out head 0.3",
      "how far it is steered: layer 0, “Mary” − “John”",
      "up: steer before layer 0 by 1 × (“Mary” − “John”)",
      "remove: steer before layer 0 by 1 × (“Mary” − “John”)",
    ]);
    await page.getByRole("button", { name: "remove: knock out head 0.3", exact: true }).click();
    await page.waitForFunction(() => document.querySelectorAll(".right ol li").length === 1);
    assert.match(await page.locator(".right ol").innerText(), /steer before layer 0/);
  },
);

test.run();
