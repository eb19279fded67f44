import type { Page } from "playwright-core";
import { fromJSON, type Matrix } from "@hookdict/viz";
import { assert } from "../gate/suite.ts";
import { TRIED } from "../viz/examples.ts";
import { violations } from "./axe.ts";
import { inChromium, test } from "./pictures.ts";

for (const [width, scheme] of [
  [1160, "light"],
  [1160, "dark"],
  [400, "light"],
  [400, "dark"],
] as const) {
  inChromium(
    `all views with hostile texts, ${scheme}, ${width} pixels: nothing runs, nothing is asked for, axe finds nothing`,
    [width, scheme],
    async (opened) => {
      assert.is(await opened.locator("hookdict-view").count(), TRIED.length);
      assert.is(await opened.locator("hookdict-view .fault").count(), 0);
      assert.is(await opened.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
      assert.equal(await violations(opened), []);
    },
  );
}

inChromium(
  "a keyboard goes through a matrix, selects, shows the table and comes back",
  [1160, "light"],
  async (opened) => {
    const view = opened.locator("hookdict-view").nth(TRIED.findIndex(({ name }) => name === "patching"));
    const grid = view.locator("[role=grid]");
    const told = (): Promise<string | null> => grid.locator("[role=gridcell]").textContent();
    await grid.focus();
    assert.match((await told()) ?? "", /^layer 0, position 0 /);
    await opened.keyboard.press("ArrowDown");
    await opened.keyboard.press("End");
    assert.match((await told()) ?? "", /^layer 1, position 15 /);
    await opened.keyboard.press("m");
    const largest = await told();
    await opened.keyboard.press("n");
    assert.is.not(await told(), largest);
    await opened.keyboard.press("Enter");
    assert.ok(
      Object.keys(
        await view.evaluate((element) => (element as never as { state: { at: object } }).state.at),
      ).includes("pos"),
    );
    await opened.keyboard.press("t");
    assert.is(await view.locator("tbody tr").count(), 2 * 16);
    await opened.keyboard.press("Escape");
    assert.equal(
      await view.evaluate((element) => (element as never as { state: { at: object } }).state.at),
      {},
    );
  },
);

inChromium(
  "what is selected in one view is selected in the others, by coordinate",
  [1160, "light"],
  async (opened) => {
    const at = (name: string): ReturnType<Page["locator"]> =>
      opened.locator("hookdict-view").nth(TRIED.findIndex((each) => each.name === name));
    await at("patching").locator("[role=grid]").focus();
    await opened.keyboard.press("ArrowRight");
    await opened.keyboard.press("Enter");
    const state = (name: string): Promise<Record<string, number>> =>
      at(name).evaluate(
        (element) => (element as never as { state: { at: Record<string, number> } }).state.at,
      );
    assert.equal([(await state("tokenScores"))["pos"], (await state("lens"))["pos"]], [1, 1]);
  },
);

/** Labels of an enlarged matrix stay in sight, each in its direction, when what they name is scrolled. */
async function labelsStay(view: ReturnType<Page["locator"]>): Promise<void> {
  const places = (): Promise<readonly (readonly [number, number])[]> =>
    view.evaluate((element) =>
      [...(element.shadowRoot?.querySelectorAll(".fixed") ?? [])].map((each) => {
        const { left, top } = each.getBoundingClientRect();
        return [Math.round(left), Math.round(top)] as const;
      }),
    );
  const scroll = (x: number, y: number): Promise<void> =>
    view.evaluate((element, to) => element.shadowRoot?.querySelector(".scrolled")?.scrollTo(to[0], to[1]), [
      x,
      y,
    ] as const);
  const before = await places();
  assert.is(before.length, 3);
  await scroll(700, 500);
  const [above, left, corner] = await places();
  const [[x, y] = [0, 0]] = before;
  assert.equal(
    [above, left, corner],
    [
      [x - 700, y],
      [x, y - 500],
      [x, y],
    ],
  );
  await scroll(0, 0);
}

/** The row and the column under the pointer are named in the labels that stay, where the ticks do not name them. */
async function labelsFollow(opened: Page, view: ReturnType<Page["locator"]>): Promise<void> {
  const labels = (side: string): Promise<readonly string[]> =>
    view.locator(`.fixed.${side} text`).allTextContents();
  const { x = 0, y = 0 } = (await view.locator(".scrolled").boundingBox()) ?? {};
  await opened.mouse.move(x + 423, y + 312);
  const told = (await view.locator(".told").textContent()) ?? "";
  const [, row = "", col = ""] = /^row (\d+), col (\d+):/.exec(told) ?? [];
  assert.ok(
    row !== "" && (await labels("left")).includes(row) && (await labels("above")).includes(col),
    told,
  );
  await opened.mouse.move(0, 0);
  assert.ok(!(await labels("left")).includes(row) && !(await labels("above")).includes(col), told);
}

inChromium(
  "a large matrix is painted in tiles where it is seen, and can be looked at closely",
  [1160, "light"],
  async (opened) => {
    const n = 1500;
    await opened.evaluate((count) => {
      const values = new Float32Array(count * count);
      values[count * count - 1] = -1;
      const axis = (name: string): object => ({
        name,
        title: name,
        kind: "plain",
        labels: Array.from({ length: count }, (_, i) => String(i)),
        at: Array.from({ length: count }, (_, i) => i),
      });
      const view = document.querySelectorAll("hookdict-view")[0] as never as { description: object };
      view.description = {
        hookdict: "view/1",
        view: "large",
        title: "Large",
        source: { hookdict: "0" },
        axes: { row: axis("row"), col: axis("col") },
        scales: { s: { type: "diverging", low: -1, high: 1, stretch: 1, title: "s" } },
        blocks: [
          {
            block: "matrix",
            id: "m",
            rows: "row",
            cols: "col",
            scale: "s",
            values,
          },
        ],
      };
    }, n);
    await opened.locator("hookdict-view").first().locator("canvas").first().scrollIntoViewIfNeeded();
    await opened.waitForTimeout(300);
    const view = opened.locator("hookdict-view").first();
    const painted = (): Promise<readonly number[]> =>
      view.evaluate((element) =>
        [...(element.shadowRoot?.querySelectorAll("canvas") ?? [])].map(
          ({ width, height }) => width * height,
        ),
      );
    const [whole = 0] = await painted();
    assert.ok(whole > 100_000 && whole < 1024 * 1024, String(whole));
    // The row and the column under the pointer have their labels, though few others have room; when it is gone, they are gone.
    const labels = (): Promise<readonly string[]> => view.locator("svg text").allTextContents();
    const grid = view.locator("[role=grid]");
    const { width = 0, height = 0 } = (await grid.boundingBox()) ?? {};
    await grid.hover({ position: { x: width * 0.6, y: height * 0.5 } });
    const [, row = "", col = ""] =
      /^row (\d+), col (\d+):/.exec((await view.locator(".told").textContent()) ?? "") ?? [];
    assert.ok(
      row !== "" && (await labels()).includes(row) && (await labels()).includes(col),
      `${row}, ${col}`,
    );
    await opened.mouse.move(0, 0);
    assert.ok(!(await labels()).includes(row) && !(await labels()).includes(col));
    await view.locator("select").nth(1).selectOption("4");
    await opened.waitForTimeout(200);
    const tiles = await painted();
    assert.is(tiles.length, 4);
    assert.is(tiles.filter((size) => size > 0).length, 1);
    await labelsStay(view);
    await labelsFollow(opened, view);
    await view.locator("[role=grid]").focus();
    await opened.keyboard.press("m"); // the only cell with a number: in the corner
    await opened.waitForTimeout(200);
    assert.match((await view.locator(".told").textContent()) ?? "", /^row 1499, col 1499: −1\.0000$/);
    const [first, , , last] = await painted();
    assert.equal([first === 0, last], [true, (n - 1024) ** 2]);
    const ink = await view.evaluate((element) => {
      const canvas = [...(element.shadowRoot?.querySelectorAll("canvas") ?? [])].at(-1);
      return [...(canvas?.getContext("2d")?.getImageData(475, 475, 1, 1).data ?? [])];
    });
    assert.equal(ink, [0x8a, 0x3b, 0, 255]); // the ramp's end
  },
);

inChromium(
  "what is no larger than a tile is painted before it comes into sight",
  [400, "light"],
  async (opened) => {
    const sizes = await opened.evaluate(() =>
      [...document.querySelectorAll("hookdict-view")].map((view) =>
        [...(view.shadowRoot?.querySelectorAll("canvas") ?? [])].map(({ width, height }) => width * height),
      ),
    );
    assert.ok(sizes.flat().length > 2, String(sizes.flat().length));
    assert.equal(
      sizes.flat().filter((size) => size === 0),
      [],
    );
  },
);

inChromium("every kind of file is made", [1160, "light"], async (opened) => {
  const view = opened.locator("hookdict-view").nth(TRIED.findIndex(({ name }) => name === "patching"));
  const made = (which: string): Promise<string> =>
    view.evaluate(
      (element, kind) =>
        new Promise<string>((resolve) => {
          element.addEventListener(
            "view-export",
            (event) => {
              event.preventDefault();
              void (event as CustomEvent<{ blob: Blob }>).detail.blob.text().then(resolve);
            },
            { once: true },
          );
          void (element as never as { export(kind: string): Promise<void> }).export(kind);
        }),
      which,
    );
  for (const [kind, start] of [
    ["svg", "<svg "],
    ["csv", "block,layer"],
    ["json", '{"axes"'],
    ["png", "\ufffdPNG"],
  ] as const) {
    const text = await made(kind);
    assert.ok(text.startsWith(start), `${kind}: ${text.slice(0, 20)}`);
  }
  // Files of more numbers than travel as they are have every one of them, too.
  await view.evaluate((element) => {
    const own = element as never as { description: { readonly blocks: readonly object[] } };
    const size = 101_000;
    const values = Float32Array.from({ length: size }, (_, i) => (i === 7 ? Number.NaN : i / 3));
    const axis = (name: string, length: number): object => ({
      name,
      title: name,
      kind: "plain",
      labels: Array.from({ length }, () => "a"),
      at: Array.from({ length }, (_, i) => i),
    });
    const axes = { row: axis("row", 101), col: axis("col", 1000) };
    const scales = { s: { type: "sequential", low: 0, high: size / 3, stretch: 1, title: "s" } };
    const block = { block: "matrix", id: "m", rows: "row", cols: "col", scale: "s", values };
    own.description = { ...own.description, axes, scales, blocks: [block] } as never;
  });
  const read = (fromJSON(await made("json")).blocks[0] as Matrix).values;
  assert.is(read.length, 101_000);
  assert.ok(
    read.every((value: number, i: number) => Object.is(value, i === 7 ? Number.NaN : Math.fround(i / 3))),
  );
});

test.run();
