import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { renderTables, type Results } from "./report.ts";

const README = new URL("../../README.md", import.meta.url);
const MARKED = /<!-- figures -->[^]*<!-- \/figures -->/;

/** The figures that the README shows, as they were measured. */
export const README_RESULTS: string = fileURLToPath(new URL("../results/readme.json", import.meta.url));

/** Puts the figures of `results/readme.json` into the README, between its marks. */
export async function writeReadme(): Promise<void> {
  const results = JSON.parse(await readFile(README_RESULTS, "utf8")) as Results; // written by run.ts
  const text = await readFile(README, "utf8");
  if (!MARKED.test(text)) throw new Error("README.md has no marks <!-- figures --> and <!-- /figures -->");
  const where = `Measured on ${results.cores} cores with Node ${results.node.slice(1)}, ${results.date}.`;
  const figures = `<!-- figures -->\n\n${renderTables(results)}\n\n${where}\n\n<!-- /figures -->`;
  await writeFile(README, text.replace(MARKED, figures));
}
