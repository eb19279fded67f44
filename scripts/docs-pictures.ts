import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun, root, sourceFlags } from "./command.ts";

// `pnpm docs:pictures` runs each example of docs/pictures.md that an image follows, and draws its `picture` anew.

const docs = join(root, "docs");
const text = readFileSync(join(docs, "pictures.md"), "utf8");
mkdirSync(join(docs, "images"), { recursive: true });
for (const [, code = "", name = ""] of text.matchAll(
  /```ts\n((?:(?!```)[\s\S])*)```\n\n!\[[^\]]*\]\(images\/(\w+)\.svg\)/g,
)) {
  const file = join(docs, `picture-${name}.ts`);
  const image = join(docs, "images", `${name}.svg`);
  const ending = `\n(await import("node:fs")).writeFileSync(${JSON.stringify(image)}, picture.toSVG({ width: 900 }));\n`;
  writeFileSync(file, code + ending);
  try {
    await mustRun("node", [...sourceFlags, file]);
  } finally {
    rmSync(file);
  }
  console.log(name);
}
