import { chromium as driver, type Browser, type Page } from "playwright-core";
import { page } from "@hookdict/viz";
import { assert, suite } from "../gate/suite.ts";
import { HOSTILE, TRIED } from "../viz/examples.ts";
import { findChromium } from "./browser.ts";

// Opens a page of all views, with hostile texts, in Chromium.

export const test = suite("pages of pictures in Chromium", {
  browser: undefined as Browser | undefined,
  html: "",
});
export const chromium = findChromium();

test.before(async (context) => {
  if (chromium === undefined) return;
  context.browser = await driver.launch({
    executablePath: chromium,
    args: ["--no-sandbox", "--font-render-hinting=none", "--disable-lcd-text", "--force-color-profile=srgb"],
  });
  context.html = await page(
    TRIED.map(({ view, examples }) => view(examples[1] as never)),
    { title: HOSTILE.join(" ") },
  );
});
test.after(async ({ browser }) => browser?.close());

/** A test that needs Chromium; what the page complains of, or asks of the net, fails it. */
export function inChromium(
  name: string,
  [width, colorScheme]: readonly [number, "light" | "dark"],
  body: (page: Page) => Promise<void>,
): void {
  if (chromium === undefined) return test.skip(`${name} (no Chromium on the PATH, none in CHROMIUM)`);
  test(name, async ({ browser, html }) => {
    const context = await browser?.newContext({ viewport: { width, height: 900 }, colorScheme });
    const opened = await context?.newPage();
    if (context === undefined || opened === undefined) throw new Error("there is no browser");
    const complaints: string[] = [];
    opened.on("console", (message) => complaints.push(message.text()));
    opened.on("pageerror", (error) => complaints.push(String(error)));
    opened.on("dialog", (dialog) => complaints.push(dialog.message()));
    await opened.route("**/*", (route) => {
      const url = route.request().url();
      if (url === "http://page.test/") return route.fulfill({ contentType: "text/html", body: html });
      complaints.push(url);
      return route.abort();
    });
    await opened.goto("http://page.test/");
    await opened.locator("hookdict-view h2").first().waitFor();
    await body(opened);
    assert.equal(
      complaints.filter((text) => !text.endsWith("/favicon.ico")),
      [],
    );
    await context.close();
  });
}
