import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { chromium as driver, type Browser, type Locator, type Page } from "playwright-core";
import { page } from "@hookdict/viz";
import { assert, suite } from "../gate/suite.ts";
import { TRIED } from "../viz/examples.ts";
import { findChromium } from "./browser.ts";

// What Chromium paints, in 24 × 24 cells of their mean colours: HOOKDICT_GOLDENS=write writes them anew. Texts are hidden, as
// fonts are others elsewhere; one picture is compared with its texts, less strictly.
const file = new URL("../reference/viz/screens.json", import.meta.url);
const isWriting = process.env["HOOKDICT_GOLDENS"] === "write";
const SIDE = 24;
/** Levels of 255 by which a cell may differ. */
const SLACK = 8;

const test = suite("screens as they were", { browser: undefined as Browser | undefined, html: "" });
const chromium = findChromium();
const goldens: Record<string, string> = isWriting
  ? {}
  : (JSON.parse(readFileSync(file, "utf8")) as Record<string, string>);

test.before(async (context) => {
  if (chromium === undefined) return;
  const args = [
    "--no-sandbox",
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--force-color-profile=srgb",
  ];
  context.browser = await driver.launch({ executablePath: chromium, args });
  context.html = await page(TRIED.map(({ view, examples }) => view(examples[1] as never)));
});
test.after(async ({ browser }) => {
  await browser?.close();
  if (!isWriting) return;
  mkdirSync(new URL(".", file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(goldens, undefined, 1)}\n`);
});

/** The mean colours of a part of the page, 24 × 24 × red, green and blue. */
async function cellsOf(opened: Page, part: Locator): Promise<Uint8Array> {
  const png = (await part.screenshot({ scale: "css", animations: "disabled" })).toString("base64");
  const bytes = await opened.evaluate(
    async ([data, side]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = new OffscreenCanvas(side, side);
      const pen = canvas.getContext("2d");
      if (pen === null) return [];
      pen.imageSmoothingQuality = "high";
      pen.drawImage(image, 0, 0, side, side);
      return [...pen.getImageData(0, 0, side, side).data].filter((_, i) => i % 4 < 3);
    },
    [png, SIDE] as const,
  );
  return Uint8Array.from(bytes);
}

/** Shares of the cells that are of another colour than they were. */
function changed(name: string, cells: Uint8Array): number {
  if (isWriting) goldens[name] = Buffer.from(cells).toString("base64");
  const golden = Buffer.from(goldens[name] ?? "", "base64");
  assert.is(cells.length, golden.length, name);
  let count = 0;
  for (let i = 0; i < cells.length; i += 3)
    if ([0, 1, 2].some((c) => Math.abs((cells[i + c] ?? 0) - (golden[i + c] ?? 0)) > SLACK)) count += 1;
  return count / (SIDE * SIDE);
}

for (const scheme of ["light", "dark"] as const) {
  const name = `every view is painted as it was, ${scheme}`;
  if (chromium === undefined) test.skip(`${name} (no Chromium on the PATH, none in CHROMIUM)`);
  else
    test(name, async ({ browser, html }) => {
      const context = await browser?.newContext({
        viewport: { width: 1160, height: 900 },
        colorScheme: scheme,
      });
      const opened = await context?.newPage();
      if (context === undefined || opened === undefined) throw new Error("there is no browser");
      await opened.setContent(html);
      await opened.locator("hookdict-view h2").first().waitFor();
      const sheets = TRIED.map((_, i) => opened.locator("hookdict-view").nth(i).locator(".sheet").first());
      const at = TRIED.findIndex((each) => each.name === "patching");
      const whole = await cellsOf(opened, sheets[at] as Locator); // there is one for each view
      assert.ok(changed(`patching with texts, ${scheme}`, whole) <= 0.015);
      await opened.evaluate(() => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync("svg text{visibility:hidden}");
        for (const { shadowRoot } of document.querySelectorAll("hookdict-view"))
          shadowRoot?.adoptedStyleSheets.push(sheet);
      });
      const others: string[] = [];
      for (const [i, each] of TRIED.entries()) {
        const share = changed(`${each.name}, ${scheme}`, await cellsOf(opened, sheets[i] as Locator));
        if (share > 0.001) others.push(`${each.name}: ${(share * 100).toFixed(1)} % of the cells`);
      }
      assert.equal(others, []);
      await context.close();
    });
}

test.run();
