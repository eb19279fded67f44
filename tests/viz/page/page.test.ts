import { inspect } from "node:util";
import {
  attention,
  BLOCKS,
  describe,
  graph,
  make,
  page,
  patching,
  Picture,
  plainAxis,
  tokenScores,
} from "@hookdict/viz";
import { scriptOf } from "@hookdict/viz/page";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";
import { HOSTILE, TRIED } from "../examples.ts";

const test = suite("pages and outputs");
const scores = tokenScores({ tokens: ["a", " b"], channels: [{ name: "norm", values: [1, 2] }] });
const SCRIPT = scriptOf(["tokens"]);
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test("a page takes the script of what it draws, and of nothing else", async () => {
  assert.ok((await page([scores])).includes(SCRIPT));
  const circuit = graph({ tokens: [], layers: [], nodes: [], links: [] });
  assert.ok(
    (await page([scores, circuit])).includes(
      scriptOf([...circuit.blocks.map(({ block }) => block), "tokens"]),
    ),
  );
  assert.is(scriptOf(["tokens", "no such kind"]), SCRIPT);
});

const KINDS = BLOCKS.map(({ block }) => block);
const LARGE = ["graph", "points"];
const bytesOf = (kinds: readonly string[]): number => Buffer.byteLength(scriptOf(kinds));

test("a script with all kinds of blocks but circuits and points has 60 kB at the most, with these two 150", () => {
  const [core, all] = [bytesOf(KINDS.filter((kind) => !LARGE.includes(kind))), bytesOf(KINDS)];
  assert.is(KINDS.length, 12);
  assert.ok(core > 40_000 && core <= 60_000, String(core));
  assert.ok(all > core && all <= 150_000, String(all));
});

for (const { name, view, examples } of TRIED) {
  const kinds = view(examples[0] as never).blocks.map(({ block }) => block);
  test(`the script of ${name} is smaller than that of all kinds`, () => {
    const bytes = bytesOf(kinds);
    assert.ok(
      bytes > 20_000 && bytes < bytesOf([...KINDS.filter((kind) => !LARGE.includes(kind)), ...kinds]),
    );
  });
}

test("a page forbids everything but its own script and style, and asks for nothing", async () => {
  const html = await page([scores], { title: "A title" });
  assert.match(
    html,
    /content="default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; img-src data:; base-uri 'none'; form-action 'none'"/,
  );
  assert.not.match(html.split(SCRIPT).join(""), /(?:src|href)=| style=| on[a-z]+=/);
});

test("hostile texts end no script and open no element", async () => {
  const all = HOSTILE.join(" ");
  const d = tokenScores({
    title: all,
    caption: all,
    tokens: HOSTILE,
    channels: [{ name: "x", values: HOSTILE.map((_, i) => i) }],
  });
  const html = (await page([d], { title: all, lead: all })).split(SCRIPT).join("");
  assert.is(html.match(/<script/g)?.length, 2);
  assert.not.match(html, /<img|<svg|<!--/);
});

test("large heads are pooled to thumbnails, which the caption says", async () => {
  const n = 100;
  const pattern = new Float32Array(2 * n * n).fill(0.01);
  const d = attention({ tokens: range(n).map(() => "a"), heads: 2, pattern });
  const exact = await page([d]);
  const small = await page([d], { maxBytes: exact.length - 1 });
  assert.ok(small.length < exact.length - 50_000);
  assert.match(small, /pooled to 24 × 24/);
});

test("what is too large is refused before it is written", async () => {
  const n = 300;
  const d = attention({ tokens: range(n).map(() => "a"), heads: 1, pattern: new Float32Array(n * n) });
  assert.match(await page([d], { maxBytes: 200_000 }), /pooled to 24 × 24/);
  const whole = patching({
    layers: range(n),
    columns: range(n).map(String),
    over: "head",
    values: new Float32Array(n * n),
    from: 0,
    to: 1,
  });
  assert.equal(await asyncFailure(() => page([whole], { maxBytes: 200_000 })), [
    "PAGE_TOO_LARGE",
    "The page would have 240000 bytes, and maxBytes is 200000. Show fewer layers, heads or positions, or give a larger maxBytes.",
  ]);
});

test("512 × 512 numbers and 32 × 32 heads are drawn", () => {
  const big = patching({
    layers: range(512),
    columns: range(512).map(String),
    over: "position",
    values: new Float32Array(512 * 512).map((_, i) => Math.sin(i)),
    from: -1,
    to: 1,
  });
  const svg = new Picture(big).toSVG();
  assert.match(svg, /<image /);
  assert.ok(svg.length < 600_000, String(svg.length));
  const heads = attention({
    tokens: range(12).map(() => "a"),
    heads: 32,
    pattern: new Float32Array(32 * 32 * 144).fill(1 / 12),
  });
  assert.is(new Picture(heads).toSVG().match(/<image /g)?.length, 1);
});

test("pooling keeps the cell that is farthest from nothing", () => {
  const values = new Float32Array(4 * 1000);
  values[1234] = -0.9;
  const d = patching({
    layers: range(4),
    columns: range(1000).map(String),
    over: "position",
    values,
    from: 0,
    to: 1,
  });
  const text = new Picture(d).toText({ columns: 60, colour: 0 });
  assert.match(text, /each cell is the largest of 1 × 20/);
  assert.match(text, /largest: layer 1, position 234 234: −0\.90/);
});

test("CSV tells each cell, and disarms formulas", () => {
  const d = tokenScores({ tokens: ["=1+1", 'a"b'], channels: [{ name: "n", values: [1, 2] }] });
  assert.is(new Picture(d).toCSV(), 'block,pos,pos label,n\r\ntokens,0,\'=1+1,1\r\ntokens,1,"a""b",2\r\n');
});

test("consoles and notebooks are shown the picture", async () => {
  const picture = new Picture(scores);
  assert.match(inspect(picture), /norm/);
  const display = (picture as never as Record<symbol, () => Promise<Record<string, string>>>)[
    Symbol.for("Jupyter.display")
  ];
  const shown = await display?.call(picture);
  assert.match(
    shown?.["text/html"] ?? "",
    /^<img alt="norm" src="data:image\/svg\+xml;base64,[^"]+"><details><summary>interactive<\/summary><iframe loading="lazy" sandbox="allow-scripts"/,
  );
  assert.match(shown?.["text/plain"] ?? "", /^norm\n\na b\n/);
});

test("circuit-tracer's JSON is read, pruned, and written again", () => {
  const file = {
    metadata: { slug: "s", scan: "m", prompt_tokens: ["a", "b"] },
    qParams: { pinnedIds: ["x"], supernodes: [["names", "x", "y"]] },
    nodes: [
      { node_id: "x", layer: "E", ctx_idx: 0, feature_type: "embedding", clerp: "A", influence: 0.875 },
      {
        node_id: "y",
        layer: "1",
        ctx_idx: 1,
        feature_type: "cross layer transcoder",
        clerp: "",
        influence: 0.5,
        activation: 3,
      },
      { node_id: "z", layer: "2", ctx_idx: 1, feature_type: "logit", influence: null },
      { node_id: "w", layer: "1", ctx_idx: 0, feature_type: "mlp reconstruction error", influence: 1 },
    ],
    links: [
      { source: "x", target: "y", weight: -2 },
      { source: "y", target: "z", weight: 1 },
    ],
  };
  const data = graph.read(JSON.stringify(file), { maxNodes: 3 });
  assert.equal(
    data.nodes.map(({ id, kind, layer, influence }) => [id, kind, layer, influence]),
    [
      ["z", "logit", 2, 1],
      ["y", "feature", 1, 0.5],
      ["x", "token", 0, 0.375], // of 0.875, which it has together with the one before
    ],
  );
  assert.equal(data.links.length, 2);
  assert.equal([data.total, data.pinned], [{ nodes: 4, links: 2 }, ["x"]]);
  assert.equal(graph.read(graph.write(data)).nodes, data.nodes);
});

test("a block of one's own is drawn by everything, and in a page as it is", async () => {
  const kind = {
    block: "dot",
    svg: () => ({ node: make("circle", { r: 3 }), width: 10, height: 10 }),
    text: () => "•",
  };
  const d = describe({
    view: "mine",
    title: "Mine",
    axes: [plainAxis("x", [])],
    blocks: [{ block: "dot", id: "d" }],
  });
  const picture = new Picture(d, { blocks: [kind] });
  assert.match(picture.toText({ columns: 40 }), /•/);
  assert.match(picture.toSVG(), /<circle/);
  assert.match(await picture.toHTML(), /<img alt="Mine" src="data:image/);
});

test.run();
