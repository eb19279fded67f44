import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BLOCKS, NO_STATE, themeOf, VIEWS, viewsFor } from "@hookdict/viz";
import { assert, suite } from "../../gate/suite.ts";
import { TRIED } from "../examples.ts";

const sources = fileURLToPath(new URL("../../../packages/viz/src/", import.meta.url));
const files = (folder: string): string[] =>
  readdirSync(sources + folder).map((name) => name.replace(".ts", ""));
const dashed = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const test = suite("lists of views and blocks");

test("the folder of views and the list of views hold the same twelve", () => {
  const parts = ["view", "views", "circuit-tracer", "project"];
  assert.equal(
    files("views")
      .filter((name) => !parts.includes(name))
      .sort(),
    VIEWS.map(({ name }) => dashed(name)).sort(),
  );
  assert.is(VIEWS.length, 12);
});

test("the folder of blocks and the list of blocks hold the same twelve", () => {
  const parts = [
    "block",
    "blocks",
    "faults",
    "text",
    "controls",
    "arcs",
    "cell-layer",
    "matrix-cells",
    "facets-cells",
    "facets-parts",
    "graph-layout",
    "graph-edges",
  ];
  assert.equal(
    files("blocks")
      .filter((name) => !parts.includes(name))
      .sort(),
    BLOCKS.map(({ block }) => block).sort(),
  );
  assert.is(BLOCKS.length, 12);
  const names = BLOCKS.map(({ block }) => block).sort();
  assert.equal(files("blocks/text").sort(), names);
  assert.equal(
    files("blocks/faults")
      .filter((name) => name !== "faults")
      .sort(),
    names,
  );
});

test("every view is tried, and the views together compose every block", () => {
  assert.equal(TRIED.map(({ name }) => name).sort(), VIEWS.map(({ name }) => name).sort());
  const used = new Set(
    TRIED.flatMap(({ view, examples }) =>
      examples.flatMap((data) => view(data as never).blocks.map(({ block }) => block)),
    ),
  );
  assert.equal([...used].sort(), BLOCKS.map(({ block }) => block).sort());
});

test("a capture is offered the views whose axes it has", () => {
  const names = (axes: readonly string[]): string[] => viewsFor(axes).map(({ name }) => name);
  assert.equal(names(["batch", "head", "dest", "src"]), ["attention"]);
  assert.equal(names(["batch", "pos", "dModel"]), ["distribution", "lens", "tokenScores"]);
  assert.equal(names(["nothing"]), []);
  const own = {
    name: "mine",
    axes: [["nothing"]],
    view: () => TRIED[0]?.view({ tokens: [], heads: 0, pattern: [] } as never) as never,
  };
  assert.equal(
    viewsFor(["nothing"], [own]).map(({ name }) => name),
    ["mine"],
  );
});

test("every control of every block changes the state that it is given, and nothing else", () => {
  for (const { view, examples } of TRIED) {
    const d = view(examples[1] as never);
    for (const block of d.blocks) {
      const kind = BLOCKS.find((each) => each.block === block.block);
      for (const control of kind?.controls?.(d, block, NO_STATE) ?? []) {
        const next =
          control.kind === "range"
            ? control.set(NO_STATE, control.high)
            : control.set(NO_STATE, control.kind === "choice" ? (control.options.at(-1)?.[0] ?? "") : "x");
        const again = kind?.controls?.(d, block, next).find(({ name }) => name === control.name);
        assert.is(
          String(again?.value),
          control.kind === "range"
            ? String(control.high)
            : control.kind === "choice"
              ? control.options.at(-1)?.[0]
              : "x",
        );
        kind?.svg(d, block, { width: 500, theme: themeOf("light"), state: next });
      }
    }
  }
});

test.run();
