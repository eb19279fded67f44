import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { type Facets, fromJSON, type Matrix } from "@hookdict/viz";
import { assert } from "../gate/suite.ts";
import { alert, inChromium, live, loadFrom, metric, picture, test } from "./explorer.ts";

// A model of GPT-2's 144 heads: their patterns stay in the worker, and the page asks for what is looked at.

const WORDS = "When Mary and John went to the store , John gave a drink to".split(" ");
const TOKENS = 60;
const ALL = TOKENS + 1; // the first token stands before them
/** A prompt of so many tokens, one of which is another. */
const prompt = (other: string): string =>
  Array.from({ length: TOKENS }, (_, i) => (i === 50 ? other : WORDS[i % WORDS.length])).join(" ");

/** Bytes that the page was sent since it was opened, and the most at once. */
interface Sent {
  readonly sum: number;
  readonly most: number;
  readonly count: number;
}
const sent = (page: Page): Promise<Sent> => page.evaluate(() => (globalThis as never as { sent: Sent }).sent);

/** Counts bytes of numbers in messages. Put there before the page's own script. */
function countMessages(): void {
  const total = { sum: 0, most: 0, count: 0 };
  Object.assign(globalThis, { sent: total });
  const bytesOf = (value: unknown): number => {
    if (ArrayBuffer.isView(value)) return value.byteLength;
    if (typeof value !== "object" || value === null) return 0;
    return Object.values(value).reduce((sum: number, each) => sum + bytesOf(each), 0);
  };
  // Called on each worker below.
  const add = Reflect.get(Worker.prototype, "addEventListener");
  Worker.prototype.addEventListener = function (this: Worker, type: string, listener: never): void {
    if (type === "message")
      add.call(this, type, (event) => {
        const bytes = bytesOf((event as MessageEvent).data);
        Object.assign(total, {
          sum: total.sum + bytes,
          most: Math.max(total.most, bytes),
          count: total.count + 1,
        });
      });
    add.call(this, type, listener);
  };
}

async function opened(page: Page): Promise<void> {
  await page.addInitScript(countMessages);
  await page.reload();
  await live(page, "wasm");
  await loadFrom(page, "/heads/");
  const areas = page.locator(".left textarea");
  await areas.nth(0).fill(prompt("John"));
  await areas.nth(1).fill(prompt("Mary"));
  await run(page);
}

async function run(page: Page): Promise<void> {
  const { count } = await sent(page);
  await page.getByRole("button", { name: "run", exact: true }).click();
  await page.waitForFunction(
    (before) => (globalThis as never as { sent: { count: number } }).sent.count > before,
    count,
  );
  await live(page);
}

/** The large matrix, when it is the exact one of a head. */
async function exact(page: Page, name: string): Promise<Matrix> {
  await page.waitForFunction(
    (told) => {
      const view = document.querySelector("#panel hookdict-view") as never as {
        readonly description: { readonly blocks: readonly { readonly values: ArrayLike<number> }[] };
        readonly shadowRoot: ShadowRoot;
      };
      const isWhole = view.description.blocks[1]?.values.length === 61 * 61;
      return isWhole && view.shadowRoot.querySelector(".told")?.textContent?.startsWith(told) === true;
    },
    name,
    { timeout: 30_000 },
  );
  return (await picture(page)).blocks[1] as Matrix;
}

/** Everything, from the file that the worker makes. */
async function file(page: Page, kind: "CSV" | "JSON"): Promise<string> {
  const download = page.waitForEvent("download", { timeout: 60_000 });
  await page.locator("#panel hookdict-view").first().getByRole("button", { name: kind, exact: true }).click();
  return readFileSync(await (await download).path(), "utf8");
}

inChromium(
  "of 144 heads the page gets thumbnails, asks for the head that is looked at, and for exact files",
  (port) => `http://127.0.0.1:${port}/?backend=wasm`,
  async (page) => {
    await opened(page);
    const { sum, most } = await sent(page);
    const whole = 144 * ALL * ALL * 4;
    assert.ok(most < whole / 3 && sum < whole, `${sum} bytes, ${most} at once, of ${whole}`);
    assert.match(await page.locator(".left dl").innerText(), /held\s+2\.1 MB of pictures/);
    const facets = (await picture(page)).blocks[0] as Facets;
    assert.equal(facets.size, [21, 21]);

    const all = (fromJSON(await file(page, "JSON")).blocks[0] as Facets).values;
    assert.is(all.length, 144 * ALL * ALL);
    const grid = page.locator("#panel hookdict-view [role=grid]").first();
    await grid.focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter"); // layer 1, head 1
    const own = Object.values((await exact(page, "layer 1, head 1")).values);
    const held = Array.from(all.slice(13 * ALL * ALL, 14 * ALL * ALL));
    assert.equal(own, held);

    // What is told of a cell is its own number.
    const large = page.locator("#panel hookdict-view [role=grid]").nth(1);
    await large.focus();
    await page.keyboard.press("Home");
    for (let i = 0; i < 5; i += 1) await page.keyboard.press("ArrowDown");
    const told = await page.locator("#panel hookdict-view .told").nth(1).innerText();
    assert.ok(told.endsWith(`: ${(held[5 * ALL] ?? 0).toFixed(4)}`), told);

    const csv = await file(page, "CSV");
    assert.is(csv.split("\r\n").length, 1 + 144 * ALL * ALL + 1 + ALL * ALL + 1 + ALL + 1);
    assert.ok(csv.includes(`\r\nheads,1,1,5,${WORDS[4]},0,<|endoftext|>,${held[5 * ALL]}\r\n`));
    assert.is(await page.locator("[role=alert]").count(), 0);
  },
);

inChromium(
  "a file that is cancelled is not offered, and what the worker holds stays the same over 20 experiments",
  (port) => `http://127.0.0.1:${port}/?backend=wasm`,
  async (page) => {
    await opened(page);
    const offered: string[] = [];
    page.on("download", (download) => offered.push(download.suggestedFilename()));
    await page
      .locator("#panel hookdict-view")
      .first()
      .getByRole("button", { name: "CSV", exact: true })
      .click();
    await page.getByRole("button", { name: "cancel" }).click();
    assert.is(await alert(page), "Cancelled.");
    assert.equal(offered, []);

    const facts = (): Promise<string> =>
      page
        .locator(".left dl")
        .innerText()
        .then((text) => text.replaceAll(/\s+/g, " ").replace(/.*wasm/, ""));
    await run(page);
    const before = await facts();
    assert.match(before, /tensors \d+ held 2\.1 MB/);
    for (let i = 0; i < 20; i += 1) await run(page);
    assert.is(await facts(), before);
    // A short prompt needs none of it.
    const areas = page.locator(".left textarea");
    await areas.nth(0).fill("When Mary");
    await areas.nth(1).fill("When John");
    await run(page);
    assert.not.match(await facts(), /held/);
    assert.ok(Number.isFinite(Number((await metric(page))["clean"]?.replace("−", "-"))));
  },
);

test.run();
