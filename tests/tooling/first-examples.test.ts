import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert, suite } from "../gate/suite.ts";

// That they run, and give what they say, is seen by `pnpm docs:check`.

const docs = fileURLToPath(new URL("../../docs/", import.meta.url));
const pages = readdirSync(docs, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".md") && !/^(?:runner|node_modules)\b/.test(path))
  .filter((path) => path !== "browser.md") // its example is a page's script
  .toSorted();

const test = suite("the first example of each page");

for (const page of pages) {
  test(`${page} loads a backend itself, so that it stands alone`, () => {
    const [, code = ""] = /```ts\n(.*?)```/s.exec(readFileSync(join(docs, page), "utf8")) ?? [];
    assert.match(code, /^(?:const .* = )?await loadBackend\(/m);
    for (const [, path = ""] of code.matchAll(/fromPretrained\("([^"]*)"/g))
      assert.ok(readdirSync(join(docs, "..", path)).includes("config.json"), path);
  });
}

test.run();
