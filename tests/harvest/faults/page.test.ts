import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { HarvestReader } from "@hookdict/harvest";
import { loadBackend } from "@hookdict/backends";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { findChromium, visit } from "../../browser/browser.ts";
import { bundleForBrowsers } from "../../browser/bundle.ts";
import type { HarvestAnswer } from "../../browser/harvest-page.ts";
import { fixture, planWithoutBackend } from "../support/harvests.ts";
import { build, runCommand } from "../support/processes.ts";

const test = suite("a harvest in a page");

test.before(build);

/** A server of a folder, for pages from elsewhere, that gives ranges; it lists nothing. */
async function served(
  folder: string,
  use: (address: string, ranges: () => number) => Promise<void>,
): Promise<void> {
  let ranges = 0;
  const open = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "range",
    "access-control-expose-headers": "content-range",
  };
  const server = createServer((request, response) => {
    const file = join(folder, request.url ?? "");
    if (request.method === "OPTIONS") return void response.writeHead(204, open).end();
    if (!existsSync(file)) return void response.writeHead(404, open).end();
    const bytes = readFileSync(file);
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    if (from === undefined || to === undefined) return void response.writeHead(200, open).end(bytes);
    ranges++;
    const range = `bytes ${from}-${to}/${bytes.byteLength}`;
    return void response
      .writeHead(206, { ...open, "content-range": range })
      .end(bytes.subarray(Number(from), Number(to) + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => ranges);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const page = (url: string): string => `<!doctype html><script type="module">
const post = (found) => fetch("/report", { method: "POST", body: JSON.stringify(found) });
import("/bundle.js").then(({ answer }) => answer(${JSON.stringify(url)})).then(post, (error) => post({ error: String(error?.stack ?? error) }));
</script>`;

const chromium = findChromium();
const name = "a page reads rows over HTTP ranges, of a harvest that goes on and of one that is sealed";
if (chromium === undefined) test.skip(`${name} (no Chromium on the PATH, none in CHROMIUM)`);
else
  test(name, async () => {
    await using made = await planWithoutBackend();
    const run = await runCommand(["run", made.acts, "--recipe", fixture("faulty.mjs"), "--processes", "0"]);
    assert.is(run.code, 0, run.output);
    const { code } = await bundleForBrowsers('export { answer } from "./harvest-page.ts";');
    await loadBackend({ backend: "cpu" });
    await using reader = await HarvestReader.open(made.acts);
    using td = await reader.read([9, 4]);
    const want = [...td.get<Tensor>(["fwd", "hidden"]).dataSync()];
    for (const isSealed of [false, true]) {
      if (isSealed) await runCommand(["seal", made.acts]);
      await served(made.plan.store.name, async (address, ranges) => {
        const site = (path: string) =>
          path === "/" ? { type: "text/html", body: page(address) } : { type: "text/javascript", body: code };
        const found = JSON.parse(await visit(chromium, site)) as HarvestAnswer & { error?: string };
        assert.is(found.error, undefined);
        assert.equal([found.isSealed, found.rows], [isSealed, want]);
        assert.is(new Set(found.documents).size, 10);
        assert.ok(ranges() > 5);
        assert.equal(found.refused, [
          "HARVEST_NEEDS_NODE",
          '"./acts", a folder on disk, needs Node. In a page, read harvests with HarvestReader.open(url).',
        ]);
      });
    }
  });

test.run();
