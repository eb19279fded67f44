import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { BackendError } from "@hookdict/backends";
import type { Plugin } from "esbuild";
import { assert, rejected, suite } from "../gate/suite.ts";
import { asyncFailure, failure } from "../support/failure.ts";
import { bundleForBrowsers } from "./bundle.ts";

const test = suite("bundles for browsers", { folder: "" });

test.before((context) => void (context.folder = mkdtempSync(join(tmpdir(), "hookdict-bundle-"))));
test.after(({ folder }) => rmSync(folder, { recursive: true }));

/** Replaces modules by others. */
const replace = (filter: RegExp, contents: (path: string) => string): Plugin => ({
  name: `replace ${filter.source}`,
  setup: (build) => {
    const namespace = filter.source;
    build.onResolve({ filter }, ({ path }) => ({ path, namespace }));
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({ contents: contents(path) }));
  },
});

/** What lets a bundle run here: TensorFlow.js's core for browsers does not start in Node, so Node's takes its place. */
const forNode: Plugin[] = [
  {
    name: "tfjs-core of Node",
    setup: (build) => {
      const path = pathToFileURL(createRequire(import.meta.url).resolve("@tensorflow/tfjs-core")).href;
      build.onResolve({ filter: /^@tensorflow\/tfjs-core$/ }, () => ({ path, external: true }));
    },
  },
];

/** Runs a bundle and gives what it exports. */
async function load<T>(folder: string, name: string, code: string): Promise<T> {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, code);
  return (await import(pathToFileURL(file).href)) as T;
}

test("every package is bundled without Node's modules and with the files for browsers", async () => {
  const entries = [
    "tensordict",
    "tensordict/io",
    "tensordict/tensors",
    "core",
    "core/layers",
    "core/graph",
    "core/testing",
    "contexts",
    "latent",
    "models",
    "backends",
  ];
  const source = entries.map((entry, i) => `export * as e${i} from "@hookdict/${entry}";`).join("\n");
  const { inputs } = await bundleForBrowsers(source);
  const ours = inputs.filter((input) => input.includes("packages/"));
  assert.ok(ours.some((input) => input.endsWith("tensordict/src/io/files.browser.ts")));
  assert.ok(ours.some((input) => input.endsWith("backends/src/platform.browser.ts")));
  assert.equal(
    ours.filter((input) => input.endsWith(".node.ts")),
    [],
  );
});

test("the gradients come with the bundle", async () => {
  const { inputs } = await bundleForBrowsers('export { loadBackend } from "@hookdict/backends";');
  assert.ok(inputs.some((input) => input.endsWith("tfjs-core/dist/register_all_gradients.js")));
});

test("a path on disk is refused where there is no disk", async ({ folder }) => {
  const { code } = await bundleForBrowsers('export * from "@hookdict/tensordict/io";', forNode);
  const io = await load<typeof import("@hookdict/tensordict/io")>(folder, "io", code);
  const expected = [
    "NO_FILE_SYSTEM",
    '"./ioi-tiny" is a path on disk, and this platform has no file system. Give a full http(s) URL, File objects or byte arrays instead.',
  ];
  assert.equal(
    failure(() => io.openDirectory("./ioi-tiny")),
    expected,
  );
  assert.equal(await asyncFailure(io.openSource("./ioi-tiny")), expected);
  assert.equal(await asyncFailure(io.openSink("./ioi-tiny")), expected);
});

test("in a page, a path is relative to its address", async ({ folder }) => {
  const { code } = await bundleForBrowsers('export * from "@hookdict/tensordict/io";', forNode);
  const io = await load<typeof import("@hookdict/tensordict/io")>(folder, "io-page", code);
  const page = globalThis as { location?: { href: string } };
  page.location = { href: "http://127.0.0.1:9/app/index.html" };
  try {
    assert.is(io.openDirectory("./model").name, "http://127.0.0.1:9/app/model");
    assert.is((await asyncFailure(io.openSource("/model.safetensors")))[0], "URL_UNREACHABLE");
    assert.is((await asyncFailure(io.openSink("./out")))[0], "NO_FILE_SYSTEM");
  } finally {
    delete page.location;
  }
});

test("where no backend can be loaded, each says why", async ({ folder }) => {
  const { code } = await bundleForBrowsers('export { loadBackend } from "@hookdict/backends";', [
    ...forNode,
    replace(/register_all_gradients/, () => ""),
    replace(/tfjs-backend-(cpu|wasm)$/, (path) => `throw new Error("there is no ${path}");`),
  ]);
  const { loadBackend } = await load<typeof import("@hookdict/backends")>(folder, "backends", code);
  const error = (await rejected(loadBackend())) as BackendError;
  assert.is(error.code, "BACKEND_NONE");
  assert.is(
    error.message,
    "No TensorFlow.js backend could be loaded: " +
      "tfjs-node-gpu: @tensorflow/tfjs-node-gpu runs in Node only; " +
      "tfjs-node: @tensorflow/tfjs-node runs in Node only; " +
      "webgpu: WebGPU finds no adapter. " +
      "In Node, install the graphics card's driver (on Linux its Vulkan driver and libvulkan1); " +
      "in a browser, take one that has WebGPU, and serve the page over https or from localhost. " +
      "Otherwise use the wasm backend.; " +
      "wasm: there is no @tensorflow/tfjs-backend-wasm; cpu: there is no @tensorflow/tfjs-backend-cpu. " +
      "Reinstall @hookdict/backends: it brings the wasm and cpu backends.",
  );
});

test.run();
