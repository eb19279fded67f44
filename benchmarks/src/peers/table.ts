import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type PeerResults, renderRatios } from "./report.ts";

// `pnpm bench:table`: writes the comparison that is kept in results/peers.json into the README, between its marks.

const file = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const MARKS = /(<!-- peers -->\n)[\s\S]*?(\n<!-- \/peers -->)/;

const results = JSON.parse(await readFile(file("benchmarks/results/peers.json"), "utf8")) as PeerResults; // written by run.ts
const readme = await readFile(file("README.md"), "utf8");
if (!MARKS.test(readme)) throw new Error("README.md has no <!-- peers --> and <!-- /peers -->");
await writeFile(
  file("README.md"),
  readme.replace(MARKS, (_, open: string, close: string) => `${open}\n${renderRatios(results)}\n${close}`),
);
