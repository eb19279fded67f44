import { ActivationCaching } from "@hookdict/latent";
import { GPT2 } from "@hookdict/models";
import {
  attention,
  describe,
  fromJSON,
  graph,
  make,
  page,
  Picture,
  plainAxis,
  sequential,
  toSVG,
  toText,
  tokenScores,
} from "@hookdict/viz";
import { defineElement, render } from "@hookdict/viz/element";
import { scriptOf } from "@hookdict/viz/page";
import { viewConformance } from "@hookdict/viz/testing";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";
import { ioiTiny } from "../../models/ioi-tiny.ts";

const test = suite("errors of pictures");
const scores = tokenScores({ tokens: ["a"], channels: [{ name: "norm", values: [1] }] });

test("all that does not fit is told at once", () => {
  const d = describe({
    view: "mine",
    title: "Mine",
    axes: [plainAxis("x", ["a", "b"])],
    scales: { s: sequential([1], "s") },
    blocks: [
      { block: "matrix", id: "m", rows: "x", cols: "y", scale: "s", values: [1] },
      { block: "bars", id: "m", axis: "x", scale: "t", values: [1, 2, 3] },
    ] as never,
  });
  assert.equal(
    failure(() => new Picture(d)),
    [
      "VIEW_INVALID",
      'The view "mine" has 5 faults: \n' +
        '- two blocks have the id "m"\n' +
        '- matrix "m": cols names the axis "y", which there is not\n' +
        '- matrix "m": values has 1 items and needs 2 × 0 = 0\n' +
        '- bars "m": its scale "t" is not there\n' +
        '- bars "m": values has 3 items and needs 2\n' +
        " Mend what is named: numbers of a block must be as many as its axes are long, multiplied.",
    ],
  );
});

test("a block that nobody draws is named, with those that are known", () => {
  const d = describe({ view: "mine", title: "Mine", axes: [], blocks: [{ block: "pie", id: "p" }] });
  assert.equal(
    failure(() => toSVG(d)),
    [
      "BLOCK_UNKNOWN",
      'No renderer draws the block "pie". Known are bands, bars, facets, graph, histogram, lines, matrix, points, raster, table, tokens, tree; give the kinds of others as { blocks: [...] }.',
    ],
  );
});

test("data without what a view needs are told so", () => {
  assert.equal(
    failure(() => tokenScores({ tokens: ["a"] } as never)),
    ["VIEW_DATA", "tokenScores was given channels as nothing. Give a list."],
  );
  assert.equal(
    failure(() => attention({ tokens: ["a"], heads: 2, layers: [0], pattern: [1] })),
    ["VIEW_DATA", "attention was given pattern of the shape [1]. Needed is [2]."],
  );
  assert.equal(
    failure(() => graph.read("{")),
    ["VIEW_DATA", "graph was given a text that is no JSON. Give a file of circuit-tracer."],
  );
  assert.equal(
    failure(() => graph.read({ nodes: [{}], links: [] })),
    ["VIEW_DATA", "graph was given nodes[0].node_id as nothing. Give a file of circuit-tracer: a text."],
  );
  assert.equal(
    failure(() => graph.read({ nodes: [], links: [{}] })),
    ["VIEW_DATA", "graph was given links[0].source as nothing. Give a file of circuit-tracer: a text."],
  );
});

test("a text that is no picture is told so", () => {
  assert.equal(
    failure(() => fromJSON("{}")),
    [
      "VIEW_JSON",
      'What was given is no description of a picture: it does not begin with { hookdict: "view/1" }, blocks, axes and scales. Give what toJSON() of a picture wrote.',
    ],
  );
  assert.is(failure(() => fromJSON("["))[0], "VIEW_JSON");
  assert.equal(
    failure(() => toSVG({ ...scores, title: 7 as never })),
    [
      "VIEW_JSON",
      "What was given is no description of a picture: it has title as 7, not a text. Give what toJSON() of a picture wrote.",
    ],
  );
  assert.equal(
    failure(() =>
      toSVG({ ...scores, blocks: [{ ...scores.blocks[0], channels: [{ name: "n" }] }] } as never),
    ),
    [
      "VIEW_INVALID",
      'The view "tokenScores" has a fault: tokens "tokens": channels[0].scale as nothing, not a text. Mend what is named: numbers of a block must be as many as its axes are long, multiplied.',
    ],
  );
});

test("options that cannot be are told so", async () => {
  assert.equal(
    failure(() => toSVG(scores, { width: 10 })),
    ["VIEW_OPTION", "The option width is 10. Give a number of pixels from 200 to 8,000."],
  );
  assert.equal(
    failure(() => toSVG(scores, { theme: "blue" as never })),
    ["VIEW_OPTION", 'The option theme is "blue". Give "light" or "dark".'],
  );
  assert.equal(
    failure(() => toText(scores, { columns: 3 })),
    ["VIEW_OPTION", "The option columns is 3. Give a whole number from 20 to 10,000."],
  );
  assert.equal(
    failure(() => toText(scores, { colour: 9 as never })),
    ["VIEW_OPTION", "The option colour is 9. Give 0, 1, 2 or 3."],
  );
  assert.equal(
    failure(() => toSVG(scores, null as never)),
    ["VIEW_OPTION", "The options are null. Give { blocks, width, theme, state }."],
  );
  assert.equal(
    failure(() => toText(scores, { blocks: [null] as never })),
    ["VIEW_OPTION", "The option blocks[0] is null. Give { block, svg, text, faults }."],
  );
  assert.equal(await asyncFailure(page([scores], { maxBytes: 0 })), [
    "VIEW_OPTION",
    "The option maxBytes is 0. Give a number of bytes.",
  ]);
});

test("names that every object has are names as others are", () => {
  assert.is(scriptOf(["constructor", "tokens"]), scriptOf(["tokens"]));
  const d = describe({
    view: "mine",
    title: "Mine",
    axes: [],
    blocks: [{ block: "bars", id: "b", axis: "constructor", scale: "toString", values: [] }] as never,
  });
  assert.match(failure(() => toSVG(d))[1], /names the axis "constructor", which there is not/);
});

test("what only a page can do says so elsewhere", () => {
  assert.equal(
    failure(() => defineElement()),
    [
      "NO_PAGE",
      "defineElement needs a page, and there are no elements here. Call it in a browser; elsewhere, new Picture(description) gives SVG, HTML and text.",
    ],
  );
});

test("the one member of a list that does not fit is told by its place", () => {
  const values = Float32Array.of(1, 2);
  assert.equal(
    failure(() => tokenScores({ tokens: ["a", undefined as never], channels: [{ name: "n", values }] })),
    ["VIEW_DATA", "tokenScores was given tokens[1] as nothing. Give a list of texts."],
  );
});

test("what stands in a node is a node, a text, a number or nothing", () => {
  assert.equal(make("g", { x: 1 }, "a", 2, null, make("g", {})).children.length, 4);
  assert.equal(
    failure(() => make("g", {}, false as never)),
    ["VIEW_DATA", "make was given children[0] as false. Give what make() gives, a text, a number or null."],
  );
  assert.is(failure(() => render("a", null as never))[0], "VIEW_DATA");
  assert.is(failure(() => render("a", { insertBefore: () => null } as never))[0], "NO_PAGE");
});

test("a page that is too large, also with thumbnails, names its bytes and the option", async () => {
  const [code, message] = await asyncFailure(page([scores], { maxBytes: 1000 }));
  assert.is(code, "PAGE_TOO_LARGE");
  assert.match(
    message ?? "",
    /^The page would have \d+ bytes, and maxBytes is 1000\. Show fewer layers, heads or positions, or give a larger maxBytes\.$/,
  );
});

test("a view that is not pure does not conform", () => {
  let count = 0;
  const view = (): ReturnType<typeof tokenScores> =>
    tokenScores({ tokens: ["a"], channels: [{ name: "n", values: [(count += 1)] }] });
  assert.equal(
    failure(() => viewConformance(view, [undefined])),
    [
      "VIEW_CONFORMANCE",
      'The view "tokenScores" does not hold on example 0: it gave something else the second time.',
    ],
  );
});

test("a site that was not captured is named, with what was", async () => {
  using model = await GPT2.fromPretrained(ioiTiny.pathname);
  using hooked = new ActivationCaching("blocks.0.hook_resid_pre").prepare(model);
  const tokens = model.tokens("Mary");
  hooked.call(tokens).dispose();
  tokens.dispose();
  assert.equal(await asyncFailure(attention.read(hooked, { tokens: ["", "Mary"] })), [
    "CAPTURE_MISSING",
    'attention reads blocks.*.attn.hook_pattern, and the cache holds blocks.0.hook_resid_pre. Capture it: new ActivationCaching("blocks.*.attn.hook_pattern").',
  ]);
  assert.is(
    (await asyncFailure(tokenScores.read(hooked, { path: "blocks.0.hook_resid_pre", tokens: ["a"] })))[0],
    "VIEW_DATA",
  );
  assert.equal(await asyncFailure(tokenScores.read({} as never, { path: "x", tokens: [] })), [
    "VIEW_DATA",
    "tokenScores was given no captures. Give the cache of ActivationCaching, or the hooked module that has it.",
  ]);
});

test.run();
