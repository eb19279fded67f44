import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert, suite } from "../gate/suite.ts";

const test = suite("tables of other people's names and ours");

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Rows of the tables of a page, behind a heading. */
function rowsOf(page: string, from: string): readonly (readonly string[])[] {
  const text = readFileSync(join(root, "docs/coming-from", page), "utf8");
  const rows = text
    .slice(text.indexOf(from))
    .split("\n")
    .filter((line) => line.startsWith("|") && !line.startsWith("| -"));
  return rows.map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
}

/** What stands in code in a cell: each word of it, as `HookSpec` and `new` of `HookSpec::new`. */
const wordsOf = (cell: string | undefined): string[] =>
  [...(cell ?? "").matchAll(/`([^`]+)`/g)].flatMap(([, code = ""]) => code.match(/[A-Za-z_]\w*/g) ?? []);
const firstOf = (cell: string | undefined): string[] =>
  [...(cell ?? "").matchAll(/`([^`]+)`/g)].map(([, word = ""]) => /^[A-Za-z_]\w*/.exec(word)?.[0] ?? "");

const exported = new Set(
  readdirSync(join(root, "packages")).flatMap((name) => {
    const indexes = ["index.ts", "io/index.ts"].map((file) => join(root, "packages", name, "src", file));
    return indexes
      .filter((file) => existsSync(file))
      .flatMap((file) => readFileSync(file, "utf8").match(/[A-Za-z_]\w*/g) ?? []);
  }),
);

for (const [name, page, from] of [
  ["tdhook", "tdhook.md", "## Theirs and ours"],
  ["candle-mi", "candle-mi.md", "## Specs and interventions"],
] as const) {
  const rows = rowsOf(page, from);
  /** Public names: of Python's modules by `__all__` or, without it, without an underscore; of the crate its types and functions. */
  const theirs = JSON.parse(readFileSync(new URL(`${name}-names.json`, import.meta.url), "utf8")) as string[];

  test(`every public name of ${name} stands in its table`, () => {
    const named = new Set(rows.flatMap(([, cell]) => wordsOf(cell)));
    assert.equal(
      theirs.filter((each) => !named.has(each)),
      [],
    );
  });

  test(`what begins like a class of ours is one, beside ${name}`, () => {
    const ours = rows.flatMap(([, , cell]) => firstOf(cell)).filter((word) => /^[A-Z][a-z]/.test(word));
    assert.equal(
      ours.filter((word) => !exported.has(word)),
      [],
    );
  });
}

test.run();
