import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as esbuild, type BuildOptions, type Plugin } from "esbuild";
import { transform } from "oxc-transform";
import { build as vite, type BuildEnvironmentOptions } from "vite";
import { assert, suite } from "../gate/suite.ts";
import { findChromium, type Site, visit, type VisitOptions } from "./browser.ts";
import type { Started } from "./start/start.ts";

// Pages as docs/browser.md has them built, in Chromium.
const test = suite("pages from bundlers", { folder: "" });

test.before((context) => void (context.folder = mkdtempSync(join(tmpdir(), "hookdict-page-"))));
test.after(({ folder }) => rmSync(folder, { recursive: true }));

const sources = fileURLToPath(new URL("./start/", import.meta.url));
const installed = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"));
const modules = fileURLToPath(new URL("../node_modules", import.meta.url));
const chromium = findChromium();

/** A test that needs Chromium. */
function inChromium(name: string, body: (folder: string, browser: string) => Promise<void>): void {
  if (chromium === undefined) test.skip(`${name} (no Chromium on the PATH, none in CHROMIUM)`);
  else test(name, ({ folder }) => body(mkdtempSync(join(folder, "page-")), chromium));
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/** The files of a folder. */
const filesOf =
  (folder: string): Site =>
  (path) => {
    const file = join(folder, path === "/" ? "index.html" : path);
    if (!existsSync(file)) return undefined;
    return { type: TYPES[extname(file)] ?? "application/octet-stream", body: readFileSync(file) };
  };

async function open(browser: string, site: Site, options: VisitOptions = {}): Promise<Started> {
  const report = JSON.parse(await visit(browser, site, options)) as Started & { error?: string };
  assert.is(report.error, undefined);
  return report;
}

async function withVite(folder: string, options: BuildEnvironmentOptions = {}): Promise<Site> {
  await vite({
    root: sources,
    configFile: false,
    logLevel: "silent",
    resolve: { conditions: ["@hookdict/source", "browser", "module", "import", "default"] },
    build: { outDir: folder, emptyOutDir: true, ...options },
  });
  return filesOf(folder);
}

/** A page with the script, as on a machine with so many processors: TensorFlow.js takes at most half of them. */
const pageWith = (processors: number): { readonly type: string; readonly body: string } => ({
  type: "text/html",
  body: `<!doctype html>
    <script>Object.defineProperty(navigator, "hardwareConcurrency", { value: ${processors} });</script>
    <script type="module" src="/page.js"></script>`,
});
const PAGE = pageWith(8);

async function withEsbuild(folder: string, entry: string, options: BuildOptions = {}): Promise<Site> {
  await esbuild({
    entryPoints: { page: join(sources, entry) },
    outdir: folder,
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "esnext",
    loader: { ".wasm": "file" },
    conditions: ["@hookdict/source"],
    logLevel: "silent",
    ...options,
  });
  const files = filesOf(folder);
  return (path) => (path === "/" ? PAGE : files(path));
}

const ROUNDS = ["end 0", "thrown", "end 1", "end 2"];
const COMPUTED = { name: "wasm", product: [2 * 3 * 300], rounds: ROUNDS };
const ALONE = {
  ...COMPUTED,
  isolated: false,
  threads: 1,
  warnings: ["wasm runs on one thread: the page is not isolated from other origins"],
  events: ["WASM_THREADS"],
};
const SHARED = { ...COMPUTED, isolated: true, threads: 2, warnings: [], events: [] };

inChromium("Vite's page computes on one thread where it is not isolated", async (folder, browser) => {
  assert.equal(await open(browser, await withVite(folder)), ALONE);
});

inChromium("and on more where it is, minified by esbuild", async (folder, browser) => {
  const site = await withVite(folder, { minify: "esbuild", target: "es2022" });
  assert.equal(await open(browser, site, { isolated: true }), SHARED);
});

inChromium(
  "Vite's own minifier breaks TensorFlow.js's workers: there is one thread, and a warning tells the cure",
  async (folder, browser) => {
    const { warnings, ...told } = await open(browser, await withVite(folder), { isolated: true });
    assert.equal(told, { ...COMPUTED, isolated: true, threads: 1, events: ["WASM_THREADS"] });
    assert.match(
      warnings.join("\n"),
      /^wasm runs on one thread: its workers did not start \(.+\)\. The page's minifier may have changed TensorFlow\.js's code, which starts its workers from its own text: with Vite, set build: \{ minify: "esbuild" \}; or ask for threads: 1$/,
    );
  },
);

for (const minify of [false, true])
  inChromium(`esbuild's page computes on threads, minified: ${minify}`, async (folder, browser) => {
    const site = await withEsbuild(folder, "esbuild.ts", { minify });
    assert.equal(await open(browser, site, { isolated: true }), SHARED);
    assert.equal(await open(browser, site), ALONE);
  });

inChromium("a page in one file has the bytes of its WebAssembly in it", async (folder, browser) => {
  await withEsbuild(folder, "esbuild.ts", { loader: { ".wasm": "binary" } });
  const code = readFileSync(join(folder, "page.js"), "utf8");
  const only: Site = (path) =>
    path === "/" ? PAGE : path === "/page.js" ? { type: "text/javascript", body: code } : undefined;
  assert.equal(await open(browser, only), ALONE);
  assert.equal(await open(browser, only, { isolated: true }), SHARED);
});

inChromium("without options a page takes the files beside it", async (folder, browser) => {
  const [site, files] = [await withEsbuild(folder, "plain.ts"), filesOf(installed)];
  const told = await open(browser, (path) => site(path) ?? files(`../wasm-out${path}`));
  assert.equal(told, { ...ALONE, warnings: [], events: [] }); // nobody asked for threads
});

inChromium(
  "where they are missing, cpu computes, and a warning names file and option",
  async (folder, browser) => {
    const { warnings, ...told } = await open(browser, await withEsbuild(folder, "plain.ts"));
    assert.equal(told, { ...COMPUTED, name: "cpu", isolated: false, events: ["WASM_MISSING"] });
    assert.match(
      warnings.join("\n"),
      /^cpu computes, many times slower than wasm, which did not load: There is no WebAssembly at "http:\/\/127\.0\.0\.1:\d+\/tfjs-backend-wasm-simd\.wasm" \(the server answers 404\)\. Put the \.wasm files of @tensorflow\/tfjs-backend-wasm there, or give loadBackend the option wasmPath: their folder, or a URL or the bytes of each\.$/,
    );
  },
);

inChromium(
  "a page with few processors has fewer threads than asked for, and a warning",
  async (folder, browser) => {
    const site = await withEsbuild(folder, "esbuild.ts");
    const few: Site = (path) => (path === "/" ? pageWith(2) : site(path));
    const { warnings, ...told } = await open(browser, few, { isolated: true });
    assert.equal(told, { ...COMPUTED, isolated: true, threads: 1, events: ["WASM_THREADS"] });
    const cause = "TensorFlow.js takes at most half of a page's processors";
    assert.equal(warnings, [`wasm computes on threads: 1, not 2: ${cause}`]);
  },
);

inChromium("workers that never answer are waited for ten seconds", async (folder, browser) => {
  const site = await withEsbuild(folder, "esbuild.ts");
  const mute = "<script>Worker = class extends EventTarget { postMessage() {} terminate() {} };</script>";
  const page = { ...PAGE, body: mute + PAGE.body };
  const { warnings, ...told } = await open(browser, (path) => (path === "/" ? page : site(path)), {
    isolated: true,
  });
  assert.equal(told, { ...COMPUTED, isolated: true, threads: 1, events: ["WASM_THREADS"] });
  assert.match(
    warnings.join("\n"),
    /its workers did not start \(none was up after 10 s\)\. The page's minifier/,
  );
});

/** Of docs/browser.md: `using` by oxc, before esbuild lowers the rest. */
const lowerUsing: Plugin = {
  name: "lower using",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const { code } = await transform(path, text, { target: "es2022", sourceType: "module" });
      return { contents: code, loader: "js" };
    });
  },
};

inChromium("for older browsers esbuild's page has its loops lowered by oxc", async (folder, browser) => {
  const site = await withEsbuild(folder, "esbuild.ts", {
    target: "es2022",
    plugins: [lowerUsing],
    nodePaths: [modules], // for the packages' sources, which users have built
  });
  assert.equal(await open(browser, site), ALONE);
});

test.run();
