import { chromium as driver, type Browser, type Page } from "playwright-core";
import type { Matrix, WindowRequest } from "@hookdict/viz";
import { assert, suite } from "../gate/suite.ts";
import { findChromium } from "./browser.ts";
import { bundleForBrowsers } from "./bundle.ts";

// A matrix that is larger than what a page holds of one: an element asks for it.

const chromium = findChromium();
const test = suite("windows of a matrix in Chromium", {
  browser: undefined as Browser | undefined,
  code: "",
});

/** 2,048 by 2,048 numbers, each of which tells where it is; one is far larger. */
const SOURCE = `
import { describe, overview, plainAxis, sequential, windowOf } from "@hookdict/viz";
import { showWindows, toElement } from "@hookdict/viz/element";
const labels = Array.from({ length: 2048 }, (_, i) => i);
const values = Float32Array.from({ length: 2048 * 2048 }, (_, i) => i / (2048 * 2048));
values[1500 * 2048 + 1200] = 9;
const whole = describe({
  view: "mine", title: "Mine",
  axes: [plainAxis("row", labels), plainAxis("col", labels)],
  scales: { s: sequential([9], "s") },
  blocks: [{ block: "matrix", id: "m", rows: "row", cols: "col", scale: "s", values }],
});
const seen = overview(whole);
const asked = [];
const element = toElement(seen.description);
document.body.append(element);
const stop = showWindows(element, {
  overview: seen,
  window: async (request) => { asked.push(request); return windowOf(whole, request); },
  file: async (kind) => new Blob([kind]),
});
Object.assign(globalThis, { element, asked, stop });
`;

test.before(async (context) => {
  if (chromium === undefined) return;
  context.browser = await driver.launch({ executablePath: chromium, args: ["--no-sandbox"] });
  const { code } = await bundleForBrowsers(SOURCE);
  context.code = code;
});
test.after(async ({ browser }) => browser?.close());

/** What the element shows, when its title is so. */
async function shown(page: Page, title: string | undefined, count: number): Promise<Matrix> {
  await page.waitForFunction(
    ([name, size]) => {
      const { element } = globalThis as never as {
        element?: { description: { blocks: readonly Matrix[] } };
      };
      const block = element?.description.blocks[0];
      return (block?.title ?? null) === name && block?.values.length === size;
    },
    [title ?? null, count] as const,
  );
  return page.evaluate(() => {
    const { element } = globalThis as never as { element: { description: { blocks: readonly Matrix[] } } };
    return { ...element.description.blocks[0], values: [] } as never;
  });
}

const asked = (page: Page): Promise<readonly WindowRequest[]> =>
  page.evaluate(() => (globalThis as never as { asked: readonly WindowRequest[] }).asked);

if (chromium === undefined)
  test.skip("a large matrix is asked for in parts (no Chromium on the PATH, none in CHROMIUM)");
else
  test("what does not fit is asked for pooled, exact where cells are enlarged, anew where the selection leaves it, and no more when it is over", async ({
    browser,
    code,
  }) => {
    const page = await browser?.newPage();
    if (page === undefined) throw new Error("there is no browser");
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.route("**/*", (route) =>
      route.request().url().endsWith("/page.js")
        ? route.fulfill({ contentType: "text/javascript", body: code })
        : route.fulfill({
            contentType: "text/html",
            body: '<!doctype html><script type="module" src="page.js"></script>',
          }),
    );
    await page.goto("http://page.test/");
    const pooled = await shown(page, undefined, 2 ** 20);
    assert.equal(pooled.pooled, [2, 2]);
    assert.is((await asked(page)).length, 1);

    // Its largest is found in what is pooled, and is selected in the middle of an exact part.
    const grid = page.locator("hookdict-view [role=grid]");
    await grid.focus();
    await page.keyboard.press("m");
    await page.keyboard.press("Enter");
    assert.match(await page.locator("hookdict-view .told").innerText(), /: 9\.0000$/);
    assert.is((await asked(page)).length, 1);
    await page.locator("hookdict-view select").last().selectOption("4");
    const title = "row 768 to 1791 of 2048, col 768 to 1791 of 2048";
    const close = await shown(page, title, 2 ** 20);
    assert.is(close.pooled, undefined);
    const [, near] = await asked(page);
    assert.equal(
      [near?.rows, near?.cols, near?.by],
      [
        [768, 1792],
        [768, 1792],
        [1, 1],
      ],
    );
    const value = await page.evaluate(() => {
      const { element } = globalThis as never as {
        element: { description: { blocks: readonly { values: ArrayLike<number> }[] } };
      };
      return element.description.blocks[0]?.values[(1500 - 768) * 1024 + 1200 - 768];
    });
    assert.is(value, 9);

    await page.evaluate(() => {
      const { element } = globalThis as never as { element: { follow(at: object): void } };
      element.follow({ row: 3, col: 5 });
    });
    await shown(page, "row 0 to 1023 of 2048, col 0 to 1023 of 2048", 2 ** 20);
    await page.locator("hookdict-view select").last().selectOption("fit");
    await shown(page, undefined, 2 ** 20);

    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "CSV" }).click();
    assert.is((await download).suggestedFilename(), "mine.csv");

    const before = (await asked(page)).length;
    await page.evaluate(() => {
      const here = globalThis as never as { element: { follow(at: object): void }; stop(): void };
      here.stop();
      here.element.follow({ row: 2000, col: 2000 });
    });
    await page.locator("hookdict-view select").last().selectOption("4");
    assert.is((await asked(page)).length, before);
    assert.equal(complaints, []);
    await page.close();
  });

test.run();
