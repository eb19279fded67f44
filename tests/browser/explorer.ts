import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium as driver, type Page } from "playwright-core";
import type { Description } from "@hookdict/viz";
import { assert, suite } from "../gate/suite.ts";
import { findChromium } from "./browser.ts";
import { largeModel, type ModelFiles } from "./large-model.ts";
import { sharded, WRONG } from "./sharded.ts";

// Builds the explorer, serves it, and opens it in Chromium.

export const test = suite("the explorer in Chromium", {
  browser: undefined as Browser | undefined,
  server: undefined as Server | undefined,
});
const chromium = findChromium();
const folder = fileURLToPath(new URL("../../explorer/", import.meta.url));
/** The single file's address. */
export const single = new URL("../../explorer/out/explorer.html", import.meta.url).href;
/** A model's files. */
export const modelFolder = fileURLToPath(new URL("../../examples/ioi-patching/model/", import.meta.url));

test.before(async (context) => {
  if (chromium === undefined) return;
  built();
  context.browser = await launch(chromium, ["--enable-unsafe-webgpu"]);
  context.server = serve();
  await new Promise<void>((resolve) => context.server?.listen(0, "127.0.0.1", resolve));
});
test.after(async ({ browser, server }) => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

/** Builds both pages, once for all files of tests: whoever comes first does it, and the others wait. */
function built(): void {
  const lock = join(folder, "out.lock");
  const flags = ["--conditions=@hookdict/source", "--import", "@hookdict/loader", "src/build.ts"];
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  try {
    const page = join(folder, "out/explorer.html");
    if (existsSync(page) && statSync(page).mtimeMs > newest()) return;
    const { status, stderr } = spawnSync(process.execPath, flags, { cwd: folder, encoding: "utf8" });
    assert.is(status, 0, stderr);
  } finally {
    rmdirSync(lock);
  }
}

/** When a source of the pages was last written. */
function newest(): number {
  const roots = [
    "explorer/src",
    ...readdirSync(join(folder, "../packages")).map((name) => `packages/${name}/src`),
  ];
  const files = roots.flatMap((root) =>
    readdirSync(join(folder, "..", root), { recursive: true, encoding: "utf8" }).map((name) =>
      join(folder, "..", root, name),
    ),
  );
  return Math.max(...files.map((file) => statSync(file).mtimeMs));
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/** A connection that breaks in the second chunk of the large files. */
export const connection = { isBroken: false };

/** The model with so many spaces in its header that it is fetched in two chunks: JSON takes them. */
function padded(): Buffer {
  const file = readFileSync(join(modelFolder, "model.safetensors"));
  const length = Number(file.readBigUInt64LE(0));
  const spaces = Buffer.alloc(17 * 1024 ** 2, " ");
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(length + spaces.length));
  return Buffer.concat([head, file.subarray(8, 8 + length), spaces, file.subarray(8 + length)]);
}

/** Models whose headers claim more than a page, or one buffer of a graphics card, can hold: their weights are nowhere. */
const CLAIMS: Readonly<Record<string, readonly [number, number]>> = {
  large: [50257, 89000],
  wide: [50257, 6000],
  heavy: [50257, 6000],
};

interface Served {
  readonly bytes: number;
  read(from: number, to: number): Buffer;
}

const whole = (file: Buffer): Served => ({
  bytes: file.length,
  read: (from, to) => file.subarray(from, to),
});

/** Models that are made when they are asked for, by the folder that they are in. */
const MADE = new Map<string, ModelFiles>();

function made(name: string): ModelFiles {
  const known = MADE.get(name);
  if (known !== undefined) return known;
  const files =
    name === "heads"
      ? largeModel(modelFolder, 512)
      : name === "shards"
        ? sharded(modelFolder)
        : (WRONG[name]?.(made("shards")) ?? {});
  MADE.set(name, files);
  return files;
}

function largeFile(path: string): Served | undefined {
  const [, model = "", name = ""] = path.split("/");
  if (model === "heads" || model === "shards" || Object.hasOwn(WRONG, model)) {
    const file = made(model)[name];
    return file === undefined ? undefined : whole(Buffer.from(file));
  }
  const shape = Object.hasOwn(CLAIMS, model) ? CLAIMS[model] : undefined;
  if (shape === undefined) return undefined;
  if (name === "config.json") return whole(readFileSync(join(modelFolder, name)));
  return name === "model.safetensors" ? claimed(shape) : undefined;
}

/** The header of a file whose one tensor is that large. */
function claimed(shape: readonly [number, number]): Served {
  const bytes = shape[0] * shape[1] * 2;
  const claim = JSON.stringify({ "wte.weight": { dtype: "F16", shape, data_offsets: [0, bytes] } });
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(claim.length));
  const start = Buffer.concat([head, Buffer.from(claim)]);
  return { bytes: start.length + bytes, read: (from, to) => start.subarray(from, to) };
}

/** The hosted build, its model under another name, and the large one. */
function serve(): Server {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const inside = pathname === "/" ? "index.html" : pathname.replace(/^\/(again|padded)\//, "/model/");
    const file = join(folder, "out/hosted", inside);
    const large = pathname === "/padded/model.safetensors" ? whole(padded()) : largeFile(pathname);
    if (large === undefined && (!existsSync(file) || !statSync(file).isFile())) {
      response.writeHead(404).end();
      return;
    }
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    if (pathname.startsWith("/heavy/") && Number(to) > 1e6) return; // its weights are waited for without end
    const headers = {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "content-length": large?.bytes ?? statSync(file).size,
      etag: '"1"',
    };
    if (request.method === "HEAD") response.writeHead(200, headers).end();
    else if (from !== undefined) {
      const bytes =
        large?.read(Number(from), Number(to) + 1) ??
        readFileSync(file).subarray(Number(from), Number(to) + 1);
      response.writeHead(206, { ...headers, "content-length": bytes.length });
      const breaks = connection.isBroken && Number(from) >= 16 * 1024 ** 2;
      if (breaks) response.write(bytes.subarray(0, 1000), () => response.destroy());
      else response.end(bytes);
    } else if ((large?.bytes ?? 0) > 5e8)
      response.writeHead(500).end(); // nobody should ask for it
    else response.writeHead(200, headers).end(large?.read(0, large.bytes) ?? readFileSync(file));
  });
}

/** A test that needs Chromium; errors of the page, and requests of the single file, fail it. */
export function inChromium(
  name: string,
  address: string | ((port: number) => string),
  body: (page: Page) => Promise<void>,
  { flags, ...options }: BrowserContextOptions & { readonly flags?: readonly string[] } = {},
): void {
  if (chromium === undefined) {
    test.skip(`${name} (no Chromium on the PATH, none in CHROMIUM)`);
    return;
  }
  test(name, async ({ browser: shared, server }) => {
    const own = flags === undefined ? undefined : await launch(chromium, flags);
    const context = await (own ?? shared)?.newContext({ viewport: { width: 1280, height: 900 }, ...options });
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
    await own?.close();
  });
}

const launch = (executablePath: string, flags: readonly string[]): Promise<Browser> =>
  driver.launch({ executablePath, args: ["--no-sandbox", ...flags] });

/** Waits until the page computes. */
export const live = (page: Page, backend = ""): Promise<void> =>
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
export async function metric(page: Page): Promise<Record<string, string>> {
  const cells = await page.locator(".metric > *").allTextContents();
  return Object.fromEntries(cells.flatMap((cell, i) => (i % 2 === 0 ? [[cell, cells[i + 1] ?? ""]] : [])));
}

/** What the tab's picture shows. */
export const picture = (page: Page, at = 0): Promise<Description> =>
  page
    .locator("#panel hookdict-view")
    .nth(at)
    .evaluate(
      (element) =>
        JSON.parse(JSON.stringify((element as never as { description: object }).description)) as never,
    );

/** Selects a head and knocks it out. */
export async function knockOut(page: Page, [layer, head]: readonly [number, number]): Promise<void> {
  const grid = page.locator("#panel hookdict-view [role=grid]").first();
  await grid.focus();
  await page.keyboard.press("Home");
  for (let i = 0; i < layer; i += 1) await page.keyboard.press("ArrowDown");
  for (let i = 0; i < head; i += 1) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: `knock out head ${layer}.${head}` }).click();
}

/** Clicks until something is done; more than three are too many. */
export async function byClicks(
  page: Page,
  names: readonly (readonly [role: "tab" | "button", name: string])[],
): Promise<void> {
  assert.ok(names.length <= 3);
  for (const [role, name] of names) await page.getByRole(role, { name, exact: true }).click();
}

/** What the page says that it does. */
export const status = (page: Page): Promise<string> => page.locator("[role=status]").innerText();

/** Runs the prompts that stand there. */
export const run = (page: Page): Promise<void> =>
  page.getByRole("button", { name: "run", exact: true }).click();

/** What the page says went wrong, or was paused. */
export const alert = async (page: Page): Promise<string> => {
  await page.locator("[role=alert]").waitFor({ timeout: 60_000 });
  return (await page.locator("[role=alert]").textContent()) ?? "";
};

/** Loads a model from an address of the server's. */
export async function loadFrom(page: Page, address: string): Promise<void> {
  await page.locator("summary", { hasText: "another model" }).click();
  await page.locator('input[type="url"]').fill(address);
  await page.getByRole("button", { name: "load", exact: true }).click();
  await page.waitForFunction(
    (part) => document.querySelector(".left dl")?.textContent?.includes(part),
    address,
    { timeout: 60_000 },
  );
  await live(page);
}

/** Waits until the tab shows a view, and nothing is computed. */
export const drawn = (page: Page, view: string): Promise<unknown> =>
  page.waitForFunction(
    (name) =>
      (document.querySelector("#panel hookdict-view") as never as { description?: { view: string } } | null)
        ?.description?.view === name && document.querySelector("progress") === null,
    view,
    { timeout: 60_000 },
  );
