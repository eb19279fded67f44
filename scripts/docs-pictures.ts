import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun, root, sourceFlags } from "./command.ts";

// `pnpm docs:pictures` runs each example of these pages that an image follows, and draws its `picture` anew.
const PAGES = ["pictures.md", "attribution/images.md"];

const docs = join(root, "docs");
const examples = join(docs, ".examples");
mkdirSync(examples, { recursive: true });
const found = PAGES.flatMap((page) =>
  [
    ...readFileSync(join(docs, page), "utf8").matchAll(
      /```ts\n((?:(?!```)[\s\S])*)```\n\n!\[[^\]]*\]\(images\/(\w+)\.svg\)/g,
    ),
  ].map(([, code = "", name = ""]) => ({ images: join(docs, page, "..", "images"), code, name })),
);
for (const { images, code, name } of found) {
  mkdirSync(images, { recursive: true });
  const file = join(examples, `picture-${name}.ts`);
  const image = join(images, `${name}.svg`);
  const ending = `\n(await import("node:fs")).writeFileSync(${JSON.stringify(image)}, picture.toSVG({ width: 900 }));\n`;
  writeFileSync(file, code + ending);
  try {
    await mustRun("node", [...sourceFlags, file]);
  } finally {
    rmSync(file);
  }
  console.log(name);
}
