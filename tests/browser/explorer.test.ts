import { spawnSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium as driver, type Page } from "playwright-core";
import type { Description, Matrix } from "@hookdict/viz";
import { assert, suite } from "../gate/suite.ts";
import { openReference } from "../models/ioi-tiny.ts";
import { findChromium } from "./browser.ts";

// Both builds of the explorer, driven as their readers do.
const test = suite("the explorer in Chromium", {
  browser: undefined as Browser | undefined,
  server: undefined as Server | undefined,
});
const chromium = findChromium();
const folder = fileURLToPath(new URL("../../explorer/", import.meta.url));
const single = new URL("../../explorer/out/explorer.html", import.meta.url).href;
const modelFolder = fileURLToPath(new URL("../../examples/ioi-patching/model/", import.meta.url));

test.before(async (context) => {
  if (chromium === undefined) return;
  const flags = ["--conditions=@hookdict/source", "--import", "@hookdict/loader", "src/build.ts"];
  const { status, stderr } = spawnSync(process.execPath, flags, { cwd: folder, encoding: "utf8" });
  assert.is(status, 0, stderr);
  context.browser = await driver.launch({
    executablePath: chromium,
    args: ["--no-sandbox", "--enable-unsafe-webgpu"],
  });
  context.server = serve();
  await new Promise<void>((resolve) => context.server?.listen(0, "127.0.0.1", resolve));
});
test.after(async ({ browser, server }) => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/** The hosted build; a folder without a model beside it. */
function serve(): Server {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const file = join(folder, "out/hosted", pathname === "/" ? "index.html" : pathname);
    if (!existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    const headers = {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "content-length": statSync(file).size,
      etag: '"1"',
    };
    response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : readFileSync(file));
  });
}

/** A test that needs Chromium; errors of the page, and requests of the single file, fail it. */
function inChromium(
  name: string,
  address: string | ((port: number) => string),
  body: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): void {
  if (chromium === undefined) {
    test.skip(`${name} (no Chromium on the PATH, none in CHROMIUM)`);
    return;
  }
  test(name, async ({ browser, server }) => {
    const context = await browser?.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context?.newPage();
    if (page === undefined || server === undefined) throw new Error("there is no browser");
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => {
      const foreign = !/^(file|blob|data):|^http:\/\/127\.0\.0\.1:/.test(request.url());
      if (foreign) complaints.push(request.url());
    });
    const { port } = server.address() as AddressInfo; // it listens at a port
    await page.goto(typeof address === "string" ? address : address(port));
    await body(page);
    assert.equal(complaints, []);
    await context?.close();
  });
}

const live = (page: Page, backend = ""): Promise<void> =>
  page
    .waitForFunction(
      (name) =>
        document.querySelector("[role=status]")?.textContent === `live, on ${name}` ||
        (name === "" && /^live, on \w+$/.test(document.querySelector("[role=status]")?.textContent ?? "")),
      backend,
      { timeout: 60_000 },
    )
    .then(() => undefined);

/** The metric's lines, by name. */
async function metric(page: Page): Promise<Record<string, string>> {
  const cells = await page.locator(".metric > *").allTextContents();
  return Object.fromEntries(cells.flatMap((cell, i) => (i % 2 === 0 ? [[cell, cells[i + 1] ?? ""]] : [])));
}

const picture = (page: Page, at = 0): Promise<Description> =>
  page
    .locator("#panel hookdict-view")
    .nth(at)
    .evaluate(
      (element) =>
        JSON.parse(JSON.stringify((element as never as { description: object }).description)) as never,
    );

async function knockOut(page: Page, [layer, head]: readonly [number, number]): Promise<void> {
  const grid = page.locator("#panel hookdict-view [role=grid]").first();
  await grid.focus();
  await page.keyboard.press("Home");
  for (let i = 0; i < layer; i += 1) await page.keyboard.press("ArrowDown");
  for (let i = 0; i < head; i += 1) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: `knock out head ${layer}.${head}` }).click();
}

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

test.run();
