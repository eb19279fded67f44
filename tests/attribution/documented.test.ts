import { METHODS } from "@hookdict/attribution";
import * as attribution from "@hookdict/attribution";
import { readdirSync, readFileSync } from "node:fs";
import { assert, suite } from "../gate/suite.ts";

const test = suite("documentation of methods");

const folder = new URL("../../docs/attribution/", import.meta.url);
const pages = readdirSync(folder).filter((name) => name.endsWith(".md"));

/** Rows of tables whose first cell names something, with the heads of their columns. */
const rows = pages.flatMap((page) => {
  let heads: readonly string[] = [];
  return readFileSync(new URL(page, folder), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .flatMap((line) => {
      const cells = line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()); // a bar in a cell is escaped
      if (/^[a-z]/.test(cells[0] ?? "")) heads = cells;
      return /^`\w+`/.test(cells[0] ?? "") ? [{ page, heads, cells }] : [];
    });
});

/** The row of a name, in the only table that gives formula, paper and use. */
function rowOf(name: string): readonly string[] {
  const found = rows.filter(({ heads, cells }) => heads.includes("use it") && cells[0] === `\`${name}\``);
  assert.is(found.length, 1, `${name} has ${found.length} rows`);
  return found[0]?.cells ?? [];
}

for (const { name } of METHODS)
  test(`${name} has a formula, a paper, when to use it and when not`, () => {
    for (const cell of rowOf(name)) assert.is.not(cell, "");
  });

test("so has every metric", () => {
  const metrics = readdirSync(new URL("../../packages/attribution/src/metrics/", import.meta.url))
    .flatMap((file) =>
      [
        ...readFileSync(
          new URL(`../../packages/attribution/src/metrics/${file}`, import.meta.url),
          "utf8",
        ).matchAll(/^export function (\w+)/gm),
      ].map(([, name]) => name ?? ""),
    )
    .filter((name) => name in attribution && !/^tdhook|^sumOf/.test(name)); // these are other tools' words
  assert.is(metrics.length, 9);
  for (const name of metrics) rowOf(name);
});

test("every rule and composite is named", () => {
  const page = readFileSync(new URL("relevance.md", folder), "utf8");
  const composites = Object.entries(attribution)
    .filter(([name, value]) => /^(epsilon\w|excitation|\w+Relus)/.test(name) && typeof value === "function")
    .map(([name]) => name);
  assert.is(composites.length, 10);
  for (const name of [...attribution.RULES.map((rule) => rule.name), ...composites])
    assert.ok(page.includes(`\`${name}\``), name);
});

test.run();
