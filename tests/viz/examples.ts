import {
  attention,
  components,
  distribution,
  embedding,
  feature,
  graph,
  imageScores,
  lens,
  patching,
  stream,
  tokenScores,
  tree,
  type View,
} from "@hookdict/viz";

/** Sixteen texts that should do nothing but be read. */
export const HOSTILE: readonly string[] = [
  "</script><script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  '"><svg onload=alert(1)>',
  "<!--",
  "]]>",
  "&amp;&lt;",
  "\u0000\u001b[31m",
  "\u202eabc\u2066",
  "\u2028\u2029",
  "\ud800",
  "\ufffe\uffff",
  "javascript:alert(1)",
  "=cmd|' /C calc'!A0",
  "x".repeat(5000),
  "👩‍👩‍👧‍👦🇩🇪 汉字",
  "",
];

const wave = (count: number, step = 1): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.fround(Math.sin(i * step)));
const list = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** A view, and data of several sizes for it. */
export interface Tried {
  readonly name: string;
  readonly view: View<never>;
  readonly examples: readonly unknown[];
}

function tried<D>(name: string, view: View<D>, examples: readonly D[]): Tried {
  return { name, view, examples };
}

const words = (count: number): string[] =>
  list(count).map((i) => [" the", " cat", "s", "\n", " 汉字"][i % 5] ?? "");

function patterns(layers: number, heads: number, n: number): Float32Array {
  return Float32Array.from({ length: layers * heads * n * n }, (_, i) =>
    Math.floor(i / n) % n >= i % n ? 1 / ((Math.floor(i / n) % n) + 1) : 0,
  );
}

/** Every view with data of sizes 0, 1 and more, with missing numbers, and with hostile texts. */
export const TRIED: readonly Tried[] = [
  tried("attention", attention, [
    { tokens: [], heads: 0, pattern: [] },
    { tokens: ["a"], heads: 1, pattern: [1] },
    { tokens: HOSTILE, heads: 2, pattern: patterns(3, 2, 16) },
    { tokens: words(61), heads: 2, pattern: patterns(1, 2, 61) },
    { tokens: ["a", "b"], sources: ["x", "y", "z"], heads: 1, pattern: wave(6).map(Math.abs), causal: false },
  ]),
  tried("components", components, [
    { names: [], values: [] },
    { names: HOSTILE, values: wave(16), low: wave(16), high: wave(16), sum: 3 },
    { names: list(100).map(String), values: wave(100), quantity: "logit difference", unit: "nats" },
    { names: ["a", "b"], values: [Number.NaN, Infinity], accumulated: true },
  ]),
  tried("distribution", distribution, [
    { sites: [], levels: [0.5], quantiles: [], outliers: [], tokens: [], channels: [], values: [] },
    {
      sites: HOSTILE,
      levels: [0.1, 0.5, 0.9],
      quantiles: wave(48),
      outliers: [
        { site: 3, value: 9, pos: 0, channel: 1, over: wave(16) },
        { site: 3, value: -8, pos: 2, channel: 5 },
      ],
      tokens: HOSTILE,
      channels: [1, 5],
      values: wave(32),
    },
    {
      sites: HOSTILE,
      levels: [0.5],
      quantiles: wave(16),
      outliers: [],
      statistics: [{ name: HOSTILE[0] ?? "", values: wave(16) }],
      tokens: [],
      channels: [],
      values: [],
    },
  ]),
  tried("embedding", embedding, [
    { labels: [], coordinates: [] },
    { labels: HOSTILE, coordinates: wave(32), groups: HOSTILE },
    {
      labels: list(6000).map(String),
      coordinates: wave(12000),
      groups: list(6000).map((i) => String(i % 30)),
    },
  ]),
  tried("feature", feature, [
    { feature: 1, counts: [], edges: [0], examples: [], logits: { tokens: [], values: [] } },
    {
      feature: 7,
      counts: [3, 2, 0],
      edges: [0, 1, 2, 3],
      examples: [{ tokens: HOSTILE, values: wave(16).map(Math.abs), group: "quantile 0.9" }],
      logits: { tokens: HOSTILE, values: wave(16) },
      neighbours: { features: [1, 2], similarity: [0.9, Number.NaN], labels: HOSTILE.slice(0, 2) },
    },
  ]),
  tried("graph", graph, [
    { tokens: [], layers: [], nodes: [], links: [] },
    {
      tokens: HOSTILE,
      layers: ["E", "0", "logits"],
      nodes: HOSTILE.map((label, i) => ({
        id: `n${i}`,
        label,
        pos: i,
        layer: i % 3,
        kind: i % 2 === 0 ? "feature" : "logit",
        influence: i / 16,
        ...(i < 4 && { group: "names" }),
      })),
      links: list(15).map((i) => ({ from: `n${i}`, to: `n${i + 1}`, weight: Math.sin(i) })),
    },
  ]),
  tried("imageScores", imageScores, [
    { image: [], size: [0, 0], scores: [], scoresSize: [0, 0] },
    { image: wave(8 * 6 * 3).map((x) => 128 + 100 * x), size: [8, 6], scores: wave(4), scoresSize: [2, 2] },
    { image: [], size: [20, 20], scores: [1, Number.NaN, 0, 0.5], scoresSize: [2, 2] },
  ]),
  tried("lens", lens, [
    { tokens: [], layers: [], top: [], p: [] },
    {
      tokens: HOSTILE,
      layers: ["before layer 0", "after layer 0"],
      top: [...HOSTILE, ...HOSTILE],
      p: wave(32).map(Math.abs),
      ranks: [{ token: HOSTILE[0] ?? "", values: [3, 0] }],
    },
    {
      tokens: words(70),
      layers: ["a"],
      top: words(70),
      p: wave(70),
      measure: { title: "KL to the end", unit: "nats", centre: 0 },
    },
    {
      tokens: HOSTILE,
      layers: ["a"],
      top: HOSTILE,
      p: wave(16).map(Math.abs),
      name: HOSTILE[0] ?? "",
      other: { name: HOSTILE[1] ?? "", top: HOSTILE.toReversed(), p: wave(16, 2).map(Math.abs) },
    },
  ]),
  tried("patching", patching, [
    { layers: [], columns: [], over: "head", values: [], from: 0, to: 1 },
    {
      layers: [0, 1],
      columns: HOSTILE,
      over: "position",
      values: wave(32),
      low: wave(32).map((x) => x - 0.1),
      high: wave(32).map((x) => x + 0.1),
      from: -1,
      to: 1,
      raw: true,
    },
    {
      layers: [0, 1],
      columns: ["0", "1"],
      over: "head",
      values: [1, Number.NaN, Infinity, -Infinity],
      from: 0,
      to: 1,
    },
    {
      layers: [0],
      columns: words(500),
      over: "position",
      values: wave(500),
      from: -1,
      to: 1,
      isChange: true,
    },
    { layers: list(3), columns: words(1100), over: "position", values: wave(3300), from: -1, to: 1 },
    { layers: [0], columns: ["a"], over: "head", values: [1], from: 1, to: 1 },
  ]),
  tried("stream", stream, [
    { steps: [] },
    {
      steps: HOSTILE.map((token, i) => ({
        token,
        p: i / 16,
        top: [[token, i / 16]] as const,
        readouts: [i, Number.NaN],
      })),
      readouts: ["a", "b"],
    },
    { steps: list(2100).map((i) => ({ token: ` ${i}`, p: 1 })) },
    {
      steps: HOSTILE.map((token) => ({ token, p: 0.5 })),
      other: {
        name: HOSTILE[1] ?? "",
        steps: HOSTILE.toReversed().map((token, i) => ({ token, p: i / 16 })),
      },
    },
  ]),
  tried("tokenScores", tokenScores, [
    { tokens: [], channels: [] },
    {
      tokens: HOSTILE,
      channels: [
        { name: HOSTILE[0] ?? "", values: wave(16), centre: 0 },
        { name: "norm", values: wave(16).map(Math.abs) },
      ],
    },
    { tokens: words(500), channels: [{ name: "norm", values: wave(500) }] },
    { tokens: words(6001), channels: [{ name: "norm", values: wave(6001) }] },
  ]),
  tried("tree", tree, [
    { items: [] },
    {
      items: HOSTILE.filter((path) => path !== "").map((path) => ({
        path,
        type: "HookPoint",
        hooks: [path],
        shape: [1, 2],
        fired: false,
      })),
    },
    { items: list(500).map((i) => ({ path: `blocks.${i}.hook_z`, type: "HookPoint", hooks: [] })) },
  ]),
];
