import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert, suite } from "../gate/suite.ts";

const test = suite("tables of other people's names and ours");

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "docs/coming-from/tdhook.md"), "utf8");
const rows = page
  .slice(page.indexOf("## Theirs and ours"))
  .split("\n")
  .filter((line) => line.startsWith("|") && !line.startsWith("| -"))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
const wordsOf = (cell: string | undefined): string[] =>
  [...(cell ?? "").matchAll(/`([^`]+)`/g)].map(([, word = ""]) => /^[A-Za-z_]\w*/.exec(word)?.[0] ?? "");

/** The public names of tdhook's modules, by `__all__` or, without it, what has no leading underscore. */
const THEIRS = JSON.parse(readFileSync(new URL("tdhook-names.json", import.meta.url), "utf8")) as string[];

test("every public name of tdhook stands in its table", () => {
  const named = new Set(rows.flatMap(([, theirs]) => wordsOf(theirs)));
  assert.equal(
    THEIRS.filter((name) => !named.has(name)),
    [],
  );
});

test("what begins like a class of ours is one", () => {
  const exported = new Set(
    readdirSync(join(root, "packages")).flatMap((name) => {
      const index = readFileSync(join(root, "packages", name, "src/index.ts"), "utf8");
      return [...index.matchAll(/[A-Za-z_]\w*/g)].map(([word]) => word);
    }),
  );
  const ours = rows.flatMap(([, , cell]) => wordsOf(cell)).filter((word) => /^[A-Z][a-z]/.test(word));
  assert.equal(
    ours.filter((word) => !exported.has(word)),
    [],
  );
});

test.run();
