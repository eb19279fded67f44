import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type Example, markdownExamples, sourceExamples } from "./extract.ts";

/** The repository's root folder. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** The examples of the documentation, by where they stand. */
export interface Documented {
  /** From the root's Markdown files: complete programs that choose a backend themselves. */
  readonly programs: readonly Example[];
  /** From `docs/` and the packages' READMEs. */
  readonly pages: readonly Example[];
  /** From doc comments of the packages. */
  readonly comments: readonly Example[];
}

/** Reads every example in the repository. */
export function gatherExamples(): Documented {
  const pages = [...find("docs", ".md"), ...find("packages", ".md")];
  const programs = readdirSync(root).filter((name) => name.endsWith(".md"));
  return {
    programs: programs.sort().flatMap((file) => markdownExamples(file, read(file))),
    pages: pages.flatMap((file) => markdownExamples(file, read(file))),
    comments: find("packages", ".ts").flatMap((file) => sourceExamples(file, read(file))),
  };
}

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

const skipped = new Set(["node_modules", "dist", ".examples"]);

function find(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : find(path, ending);
      return entry.name.endsWith(ending) ? [relative(root, join(root, path))] : [];
    });
}
