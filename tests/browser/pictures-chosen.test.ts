import { feature, page } from "@hookdict/viz";
import { assert } from "../gate/suite.ts";
import { TRIED } from "../viz/examples.ts";
import { violations } from "./axe.ts";
import { chromium, inChromium, test } from "./pictures.ts";

// What readers choose in pages of pictures: an outlier, colours of their own, one picture of many.

inChromium(
  "an outlier is clicked, or gone to with the keyboard: its channel over the positions is selected",
  [1160, "light"],
  async (opened) => {
    const view = opened.locator("hookdict-view").nth(TRIED.findIndex(({ name }) => name === "distribution"));
    const at = (): Promise<Record<string, number>> =>
      view.evaluate((element) => (element as never as { state: { at: Record<string, number> } }).state.at);
    const dot = view.locator("circle").first();
    await dot.scrollIntoViewIfNeeded();
    const box = await dot.boundingBox();
    await opened.mouse.click((box?.x ?? 0) + 3, (box?.y ?? 0) + 3);
    assert.equal(await at(), { pos: 0, channel: 1, outlier: 0, site: 3 });
    assert.match(await view.locator(".told").first().innerText(), /channel 1 at 0 .* 9\.0000$/s);
    const [quantiles, outliers] = [view.locator("[role=grid]").nth(0), view.locator("[role=grid]").nth(1)];
    await quantiles.press("ArrowDown");
    await quantiles.press("Enter");
    assert.equal(await at(), { pos: 2, channel: 5, outlier: 0, site: 3 });
    assert.is(await outliers.getAttribute("aria-rowcount"), "1");
  },
);

if (chromium !== undefined)
  test("where colours are the reader's own, signs are marked without them", async ({ browser, html }) => {
    const context = await browser?.newContext({
      forcedColors: "active",
      viewport: { width: 1160, height: 900 },
    });
    const opened = await context?.newPage();
    if (context === undefined || opened === undefined) throw new Error("there is no browser");
    await opened.setContent(html);
    const view = opened.locator("hookdict-view").nth(TRIED.findIndex(({ name }) => name === "distribution"));
    await view.locator("h2").waitFor();
    const found = await view.evaluate((element) => {
      const all = [...(element.shadowRoot?.querySelectorAll(".sheet rect") ?? [])];
      const dashed = (rect: Element): boolean => getComputedStyle(rect).strokeDasharray !== "none";
      return [
        all.some(dashed),
        all.every(dashed),
        all.filter(dashed).every(({ classList }) => classList.contains("below")),
      ];
    });
    assert.equal(found, [true, false, true]);
    assert.is(await view.getByText("dashed: below the centre").isVisible(), true);
    await opened.emulateMedia({ forcedColors: "none" });
    assert.is(await view.getByText("dashed: below the centre").isVisible(), false);
    await context.close();
  });

if (chromium !== undefined)
  test("pictures one by one are turned with buttons and a list; those that are not seen are not drawn", async ({
    browser,
  }) => {
    const [, tried] = TRIED.find(({ name }) => name === "feature")?.examples ?? [];
    const features = [7, 8, 9].map((number) =>
      feature({ ...(tried as Parameters<typeof feature>[0]), feature: number }),
    );
    const opened = await browser?.newPage();
    if (opened === undefined) throw new Error("there is no browser");
    await opened.setContent(await page(features, { title: "Features", oneByOne: true }));
    const [previous, next] = [
      opened.getByRole("button", { name: "previous" }),
      opened.getByRole("button", { name: "next" }),
    ];
    const seen = (): Promise<readonly string[]> =>
      opened.locator("hookdict-view h2").filter({ visible: true }).allInnerTexts();
    assert.equal(await seen(), ["Feature 7"]);
    assert.is(await opened.locator("hookdict-view h2").count(), 1);
    assert.equal([await previous.isDisabled(), await next.isDisabled()], [true, false]);
    await next.click();
    await next.click();
    await opened.locator("h2", { hasText: "Feature 9" }).waitFor();
    assert.equal([await seen(), await next.isDisabled()], [["Feature 9"], true]);
    await opened.getByLabel("picture", { exact: true }).selectOption("Feature 8");
    await opened.locator("h2", { hasText: "Feature 8" }).waitFor();
    await previous.click();
    assert.equal(await seen(), ["Feature 7"]);
    assert.equal(await violations(opened), []);
    await opened.close();
  });

test.run();
