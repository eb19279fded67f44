import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { assert, suite } from "../gate/suite.ts";
import {
  firstFarOff,
  ioiTiny,
  openReference,
  type ReferenceCase,
  referenceCases,
} from "../models/ioi-tiny.ts";
import { type Site, findChromium, visit } from "./browser.ts";
import { bundleForBrowsers } from "./bundle.ts";
import type { Answer, Question } from "./page.ts";

const test = suite("in a browser");

const site = "blocks.2.hook_resid_pre";
const backends = createRequire(createRequire(import.meta.url).resolve("@hookdict/backends/package.json"));
const wasm = new URL(".", pathToFileURL(backends.resolve("@tensorflow/tfjs-backend-wasm")));

/** Posts the answer, or what went wrong. */
const page = (question: Question): string => `<!doctype html><script type="module">
const post = (found) => fetch("/report", { method: "POST", body: JSON.stringify(found) });
import("/bundle.js")
  .then(({ answer }) => answer(location.href, ${JSON.stringify(question)}))
  .then(post, (error) => post({ error: String(error?.stack ?? error) }));
</script>`;

/** The page at `/`, the bundle, the model's files below `/model/`, TensorFlow.js's below `/wasm/`. */
function siteWith(question: Question, bundle: string): Site {
  const types: Record<string, string> = { ".json": "application/json", ".wasm": "application/wasm" };
  return (path) => {
    if (path === "/") return { type: "text/html", body: page(question) };
    if (path === "/bundle.js") return { type: "text/javascript", body: bundle };
    const [, folder, name = ""] = path.split("/");
    const file = new URL(name, folder === "model" ? ioiTiny : wasm);
    if (name === "" || !existsSync(file)) return undefined;
    return { type: types[extname(name)] ?? "application/octet-stream", body: readFileSync(file) };
  };
}

const chromium = findChromium();
for (const backend of ["wasm", "webgpu"] as const) {
  const name = `a trained GPT-2 on ${backend} gives TransformerLens's logits, captures and gradients`;
  if (chromium === undefined) test.skip(`${name} (no Chromium on the PATH, none in CHROMIUM)`);
  else test(name, () => compareOn(backend, chromium));
}

async function compareOn(backend: Question["backend"], browser: string): Promise<void> {
  const question: Question = { ...(referenceCases[0] as ReferenceCase), site, backend }; // there are two
  const { code } = await bundleForBrowsers('export { answer } from "./page.ts";');
  const report = JSON.parse(await visit(browser, siteWith(question, code))) as Answer & { error?: string };
  assert.is(report.error, undefined);
  assert.equal([report.backend, report.left], [backend, 0]);
  await using reference = await openReference();
  for (const [key, got] of [
    ["0/logits", report.logits],
    [`0/fwd/${site}`, report.fwd],
    [`0/bwd/${site}`, report.bwd],
  ] as const) {
    const want = await reference.read(key);
    assert.is(firstFarOff(Float32Array.from(got), want.data), undefined, key);
  }
}

test.run();
