import { BLOCKS, describe, NO_STATE, Picture, plainAxis, sequential, themeOf, VIEWS } from "@hookdict/viz";
import { TensorDict } from "@hookdict/tensordict";
import { tensor, type Tensor } from "@tensorflow/tfjs-core";
import { Point } from "../../support/models.ts";
import { TRIED } from "../../viz/examples.ts";
import type { Recipes } from "../recipes.ts";

/** Data of each view, in which most of its fields are. */
const data = (name: string): (() => readonly unknown[]) => {
  const examples = TRIED.find((each) => each.name === name)?.examples ?? [];
  return () => [examples[1]];
};
const picture = (): ReturnType<typeof describe> =>
  describe({
    view: "mine",
    title: "Mine",
    caption: "Of me",
    source: { model: "m", prompt: "p", seed: 1, n: 1, interval: 0.5 },
    axes: [plainAxis("x", ["a"])],
    scales: { s: sequential([1], "s") },
    blocks: [{ block: "bars", id: "b", axis: "x", scale: "s", values: [1] } as never], // a block of its kind
  });
const captures = (path: string, shape: number[]): TensorDict =>
  new TensorDict({ fwd: { [path]: tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape) } });
const SCALE = sequential([1], "s");

export const VIZ: Recipes = {
  subjects: {
    Picture: () => ({ value: new Picture(picture()) }),
  },
  right: {
    ...Object.fromEntries(VIEWS.map(({ name }) => [name, data(name)])),
    "attention.read": () => [
      captures("blocks.0.attn.hook_pattern", [1, 1, 2, 2]),
      { tokens: ["a", "b"], sources: ["a", "b"], layers: [0], batch: 0, causal: true, title: "t" },
    ],
    "distribution.read": () => [
      captures("hook_x", [1, 2, 3]),
      { paths: ["hook_x"], tokens: ["a", "b"], batch: 0, levels: [0.5], count: 2 },
    ],
    "embedding.project": () => [Float32Array.of(1, 2, 3, 5), 2],
    "embedding.read": () => [
      { labels: ["a", "b"], vectors: tensor([1, 2, 3, 5], [2, 2]), groups: ["g", "h"] },
    ],
    "graph.read": () => [
      {
        metadata: { slug: "a", scan: "b", prompt: "c", prompt_tokens: ["d"] },
        qParams: {},
        nodes: [],
        links: [],
      },
      {},
    ],
    "imageScores.read": () => [
      { image: tensor(new Float32Array(12), [2, 2, 3]), scores: tensor([1], [1, 1]), quantity: "q" },
    ],
    "lens.read": () => [
      captures("blocks.0.hook_resid_pre", [1, 2, 3]),
      { tokens: ["a", "b"], logits: (x: Tensor) => x.clone(), token: String, batch: 0, k: 2, follow: [1] },
    ],
    "new Picture": () => [picture(), { blocks: BLOCKS }],
    "Picture.toHTML": () => [{ title: "t", lead: "l", maxBytes: 1e6, columns: 2 }],
    "Picture.toJSON": () => [{ readable: true }],
    "Picture.toSVG": () => [{ width: 400, theme: "dark", state: NO_STATE, blocks: [] }],
    "Picture.toText": () => [{ columns: 40, colour: 1, theme: "dark", blocks: [] }],
    "stream.branch": () => [{ steps: [{ token: "a", p: 1 }] }, 0, { token: "b", p: 1 }],
    "stream.grow": () => [{ steps: [] }, { step: { token: "a", p: 1 } }],
    "stream.read": () => [[{ token: "a", p: 1 }], { readouts: [], onStep: () => undefined }],
    "tokenScores.read": () => [
      captures("hook_x", [1, 2, 3]),
      { path: "hook_x", tokens: ["a", "b"], batch: 0, reduce: "norm" },
    ],
    "tree.read": () => [new Point(), { shapes: { hook_x: [1] }, unfired: ["hook_x"] }],
    checkDescription: () => [picture(), { blocks: BLOCKS }],
    colourOf: () => [SCALE, themeOf("light"), 1],
    describe: () => [
      {
        view: "v",
        title: "t",
        caption: "c",
        source: {},
        axes: [plainAxis("x", ["a"])],
        scales: { s: SCALE },
        blocks: [],
      },
    ],
    csvParts: () => [picture(), { blocks: BLOCKS }],
    diverging: () => [[1], "s", { centre: 0, unit: "u", stretch: 1, reach: 2 }],
    fromJSON: () => [new Picture(picture()).toJSON(), { blocks: BLOCKS }],
    globToRegExp: () => ["a.*"],
    group: () => [[], [1, 2]],
    jsonParts: () => [picture()],
    line: () => [[0, 0], [1, 1], "#000000", {}],
    make: () => ["g", {}, "a"],
    overview: () => [picture(), { most: 100 }],
    page: () => [[picture()], { title: "t", lead: "l", maxBytes: 1e6, columns: 2 }],
    plainAxis: () => ["x", ["a", 1], { title: "t", at: [0, 1], of: "y" }],
    rect: () => [[0, 0, 1, 1], "#000000", {}],
    scriptOf: () => [["tokens"]],
    select: () => [picture(), NO_STATE, { x: 0 }],
    sequential: () => [[1], "s", { low: 0, high: 1, unit: "u", stretch: 1 }],
    shown: () => ["a"],
    text: () => [1, 2, "a", { size: 1, fill: "#000000", anchor: "start", sans: true }],
    themeOf: () => ["light"],
    toCSV: () => [picture(), { blocks: BLOCKS }],
    toJSON: () => [picture(), { readable: true }],
    toSVG: () => [picture(), { width: 400, theme: "dark", state: NO_STATE, blocks: [] }],
    toText: () => [picture(), { columns: 40, colour: 1, theme: "dark", blocks: [] }],
    tokenAxis: () => ["x", ["a"], { title: "t", at: [0], of: "y" }],
    viewConformance: () => [data("tree"), [], { columns: [20], widths: [200] }],
    windowOf: () => [
      TRIED.find(({ name }) => name === "attention")?.view(data("attention")()[0] as never),
      { block: "head", at: { layer: 0 }, rows: [0, 1], cols: [0, 1], by: [1, 1] },
    ],
    viewsFor: () => [["batch", "pos"], []],
  },
  spared: {
    ViewError: "an error: its maker is inside the package",
    ViewElement: "an element, which pages make: it shows what is wrong with what it is given",
  },
};
