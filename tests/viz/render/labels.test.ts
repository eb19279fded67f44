import {
  NO_STATE,
  type Matrix,
  attention,
  graph,
  lens,
  patching,
  stream,
  toCSV,
  toSVG,
  toText,
  tokenScores,
  tree,
} from "@hookdict/viz";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("labels of pictures");
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
/** The texts of a drawing, in their order. */
const textsOf = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = ""]) => text);

const layers = range(33).map((i) => `before layer ${i}`);
const tall = lens({
  tokens: [" a", " b"],
  layers,
  top: range(66).map(() => " x"),
  p: range(66).map((i) => i / 66),
  ranks: [{ token: " x", values: range(33) }],
});

test("names of layers with two digits are whole beside rows, and below lines as many as have room", () => {
  const texts = textsOf(toSVG(tall, { width: 1160 }));
  for (const layer of layers) assert.ok(texts.includes(layer), layer);
  for (const width of [400, 1160]) {
    const below = textsOf(toSVG(tall, { width })).filter((text) => /^be.*…/.test(text));
    assert.equal(below, [], String(width));
  }
});

test("few cells hold the beginning of a label, not its two ends", () => {
  const tokens = ["When", " Mary", " and", " John", ...range(12).map((i) => ` w${i}`)];
  const d = patching({
    layers: [0, 1],
    columns: tokens,
    over: "position",
    values: range(32).map((i) => i / 32),
    from: 0,
    to: 1,
  });
  const [head = ""] = toText(d, { columns: 80, colour: 0 }).split("\n").slice(2);
  assert.match(head, /Wh… ·M… and ·J…|Wh… Ma… and Jo…/);
});

test("where there is no room for every label, the largest have theirs, tokens with their numbers", () => {
  const n = 300;
  const pattern = new Float32Array(n * n);
  pattern[200 * n + 7] = 1;
  const texts = textsOf(
    toSVG(attention({ tokens: range(n).map(() => " a"), heads: 1, pattern }), { width: 1160 }),
  );
  for (const label of ["200 a", "7 a", "50"]) assert.ok(texts.includes(label), label);
  const heads = patching({
    layers: [0],
    columns: range(64).map((head) => `head ${head}`),
    over: "head",
    values: range(64),
    from: 0,
    to: 63,
  });
  assert.ok(textsOf(toSVG(heads, { width: 400 })).includes("head 63"));
});

test("sites of one folder stand in it, though others were named between them", () => {
  const item = (path: string) => ({ path, type: "HookPoint", hooks: [] as readonly string[] });
  const d = tree({ items: ["a.x", "b.x", "a.y", ""].map(item) });
  assert.equal(
    toText(d, { columns: 40, colour: 0 })
      .split("\n")
      .slice(2, 7)
      .map((line) => line.trimEnd()),
    ["▾ a", "  x", "  y", "▾ b", "  x"],
  );
});

test("a hook that never fired is told after that it did not", () => {
  const d = tree({ items: [{ path: "a", type: "HookPoint", hooks: ["fwd cache"], fired: false }] });
  assert.match(toText(d, { columns: 60, colour: 0 }), /a ✕ never fired: fwd cache/);
});

test("ranks are told as ranks, tokens without the space before them", () => {
  const d = stream({
    steps: [
      {
        token: " a",
        p: 0.5,
        top: [
          [" b", 0.9],
          ["\n", 0.05],
        ],
      },
    ],
  });
  const text = toText(d, { columns: 100, colour: 0 });
  assert.match(text, /rank 1, step 0 a: b 0\.90; rank 2, step 0 a: ↵ 0\.05/);
});

test("a legend names a channel once", () => {
  const values = [1, 2];
  const d = tokenScores({
    tokens: ["a", "b"],
    channels: [
      { name: "norm", values },
      { name: "sum", values, centre: 0 },
    ],
  });
  assert.not.match(toSVG(d), /norm; shown: norm/);
});

test("a node has its name where nothing stands right of it in its layer, and none that others would cover", () => {
  const node = (id: string, pos: number, layer: number) => ({
    id,
    label: `a long name of ${id}`,
    pos,
    layer,
    kind: "feature",
    influence: 1,
  });
  const tokens = range(14).map((i) => ` token${i}`);
  const nodes = [
    node("free", 2, 0),
    node("covered", 2, 1),
    ...range(11).map((i) => node(`next${i}`, i + 3, 1)),
  ];
  const texts = textsOf(toSVG(graph({ tokens, layers: ["0", "1"], nodes, links: [] }), { width: 1160 }));
  assert.ok(texts.includes("a long name of free"));
  assert.not.ok(texts.includes("a long name of covered"));
});

test("further numbers of cells are exported beside them, and must be as many", () => {
  const data = {
    layers: [0],
    columns: [" a", " b"],
    over: "position",
    from: -9,
    to: 1,
    metric: "difference",
  } as const;
  const d = patching({ ...data, values: [-9, 1] });
  assert.equal(toCSV(d).trim().split("\r\n"), [
    "block,layer,layer label,pos,pos label,value,difference",
    "patches,0,layer 0,0,a,0,-9",
    "patches,0,layer 0,1,b,1,1",
  ]);
  const [block] = d.blocks as readonly [Matrix];
  const short = { ...d, blocks: [{ ...block, also: [{ name: "x", values: [1] }] }] };
  assert.throws(() => toCSV(short), /also, x, has 1|also, x,/);
});

test("the strongest links of the selected node are drawn as bars, with their signs", () => {
  const node = (id: string, layer: number) => ({
    id,
    label: id,
    pos: 0,
    layer,
    kind: "feature",
    influence: 1,
  });
  const d = graph({
    tokens: ["a"],
    layers: ["0", "1", "2"],
    nodes: [node("low", 0), node("middle", 1), node("top", 2)],
    links: [
      { from: "low", to: "middle", weight: -2 },
      { from: "middle", to: "top", weight: 1 },
    ],
  });
  const texts = textsOf(toSVG(d, { state: { ...NO_STATE, at: { "graph.node": 1 } } }));
  const at = texts.indexOf("into middle");
  assert.equal(texts.slice(at, at + 6), ["into middle", "low", "−2.00", "out of middle", "top", "1.00"]);
  assert.not.ok(textsOf(toSVG(d)).includes("into middle"));
});

test("numbers stand in all cells of a matrix, or in none", () => {
  const values = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 0.5 : -0.5));
  const columns = Array.from({ length: 10 }, (_, i) => String(i));
  const d = patching({ layers: [0, 1], columns, over: "head", values, from: 0, to: 1 });
  const counts = Array.from({ length: 40 }, (_, i) => {
    const svg = toSVG(d, { width: 240 + i * 10 });
    return [...svg.matchAll(/>−?0\.50</g)].length;
  });
  assert.equal(new Set(counts), new Set([0, 20]));
});

test.run();
