import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { BLOCKS, toJSON } from "@hookdict/viz";
import { scriptOf } from "@hookdict/viz/page";
import { Experiment } from "./worker/experiment.ts";
import { PROMPTS } from "./page/state.ts";
import { STYLE } from "./page/style.ts";

// `pnpm explorer:build` writes out/explorer.html, which is one file, and out/hosted/, for a server.

const here = fileURLToPath(new URL("..", import.meta.url));
const out = join(here, "out");
const hosted = join(out, "hosted");
const modelFolder = fileURLToPath(new URL("../../examples/ioi-patching/model/", import.meta.url));
const MODEL = [
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "generation_config.json",
  "model.safetensors",
];
const wasmFolder = dirname(
  createRequire(createRequire(import.meta.url).resolve("@hookdict/backends/package.json")).resolve(
    "@tensorflow/tfjs-backend-wasm",
  ),
);
const WASM = [
  "tfjs-backend-wasm-simd.wasm",
  "tfjs-backend-wasm-threaded-simd.wasm",
  "tfjs-backend-wasm.wasm",
];
const SINGLE_WASM = "tfjs-backend-wasm-simd.wasm";

async function bundle(entry: string): Promise<string> {
  const result = await build({
    entryPoints: [join(here, "src", entry)],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    charset: "ascii",
    legalComments: "none",
    conditions: ["@hookdict/source"],
    // Node's modules stand in branches of TensorFlow.js that pages never take.
    external: ["fs", "path", "util", "crypto", "os", "worker_threads", "perf_hooks"],
    logLevel: "error",
  });
  return (result.outputFiles[0]?.text ?? "").replaceAll("</script", "<\\/script");
}

/** The default experiment, run here: what the page shows before it has computed anything. */
async function record(): Promise<string> {
  const experiment = new Experiment(() => undefined);
  const files = Object.fromEntries(
    MODEL.map((name) => [name, new Uint8Array(readFileSync(join(modelFolder, name)))]),
  );
  await experiment.start({ backend: "wasm", wasm: wasmFolder, model: files });
  await experiment.load({ kind: "built-in" }, () => Promise.resolve());
  const { pictures, ...rest } = await experiment.look({ prompts: PROMPTS, deeds: [], which: "corrupt" });
  // Their numbers as lists: then the page reads them as it reads everything else.
  const plain = Object.entries(pictures).map(([name, { overview }]) => {
    if (overview.windows.length > 0) throw new Error(`The recorded picture ${name} is too large for a page.`);
    const description: unknown = JSON.parse(toJSON(overview.description, { readable: true }));
    return [name, { overview: { description, windows: [] } }];
  });
  return JSON.stringify({ ...rest, pictures: Object.fromEntries(plain) }).replaceAll("<", "\\u003c");
}

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

function html(policy: string, recorded: string, carried: string, script: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>hookdict explorer</title>
<style>${STYLE}</style>
<body>
<script type="application/json" id="recorded">${recorded}</script>
${carried}${script}
</body>
</html>
`;
}

const packed = (bytes: Uint8Array): string => gzipSync(bytes, { level: 9 }).toString("base64");
const part = (id: string, text: string): string => `<script type="text/plain" id="${id}">${text}</script>\n`;

rmSync(out, { recursive: true, force: true });
for (const folder of [hosted, join(hosted, "wasm"), join(hosted, "model")])
  mkdirSync(folder, { recursive: true });
const [page, worker, recorded] = await Promise.all([
  bundle("page/main.ts"),
  bundle("worker/worker.ts"),
  record(),
]);
const common = `default-src 'none'; style-src ${hash(STYLE)}; img-src data: blob:; base-uri 'none'; form-action 'none'`;

/** What draws pictures: the script that pages of pictures have, with all kinds of blocks. */
const views = scriptOf(BLOCKS.map(({ block }) => block));
writeFileSync(join(hosted, "views.js"), views);
writeFileSync(join(hosted, "page.js"), page);
writeFileSync(join(hosted, "worker.js"), worker);
const hostedPolicy = `${common}; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self' https:`;
writeFileSync(
  join(hosted, "index.html"),
  html(hostedPolicy, recorded, "", '<script src="views.js"></script>\n<script src="page.js"></script>'),
);
for (const name of WASM) copyFileSync(join(wasmFolder, name), join(hosted, "wasm", name));
for (const name of MODEL) copyFileSync(join(modelFolder, name), join(hosted, "model", name));

const model = JSON.stringify(
  Object.fromEntries(MODEL.map((name) => [name, packed(readFileSync(join(modelFolder, name)))])),
);
const carried =
  part("worker", packed(Buffer.from(worker))) +
  part("wasm", packed(readFileSync(join(wasmFolder, SINGLE_WASM)))) +
  part("model", model);
const singlePolicy = `${common}; script-src ${hash(views)} ${hash(page)} 'wasm-unsafe-eval'; worker-src blob:; connect-src blob:`;
const single = html(singlePolicy, recorded, carried, `<script>${views}</script>\n<script>${page}</script>`);
writeFileSync(join(out, "explorer.html"), single);
const kB = (text: string): string => `${Math.round(text.length / 1000)} kB`;
console.log(
  `explorer.html ${kB(single)}; hosted: page ${kB(page)}, views ${kB(views)}, worker ${kB(worker)}, recorded ${kB(recorded)}`,
);
