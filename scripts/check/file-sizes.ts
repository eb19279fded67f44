import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "../command.ts";
import { findFiles } from "../workspace.ts";

// Reports how long the sources are. The limits themselves are the linter's (`max-lines`, `max-lines-per-function`).

const sizes = findFiles(join(root, "packages"), [".ts"])
  .map((file) => ({ file: relative(root, file), lines: readFileSync(file, "utf8").split("\n").length - 1 }))
  .sort((a, b) => b.lines - a.lines);

const [longest] = sizes;
const over = sizes.filter(({ lines }) => lines > 150).length;
const median = sizes[Math.floor(sizes.length / 2)]?.lines ?? 0;
const summary = `${sizes.length} source files, median ${median} lines, ${over} over 150`;
console.log(
  longest === undefined ? "no source file" : `${summary}, longest ${longest.file} (${longest.lines})`,
);
