import { type Tensor, tensor3d, zeros } from "@tensorflow/tfjs-core";
import { TensorDict } from "@hookdict/tensordict";
import { ActivationCaching } from "@hookdict/latent";
import { GPT2 } from "@hookdict/models";
import {
  attention,
  distribution,
  fromJSON,
  lens,
  Picture,
  tokenScores,
  toJSON,
  toText,
  tree,
} from "@hookdict/viz";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";
import { ioiTiny } from "../../models/ioi-tiny.ts";

const test = suite("pictures of captures");
const SITES = ["blocks.*.hook_resid_{pre,post}", "**.hook_pattern"];
const PROMPT = "When Mary and John went to the store , John gave a drink to";

/** The prompt's captures of all that the views read. */
function run(model: GPT2): ReturnType<ActivationCaching["prepare"]> {
  const hooked = new ActivationCaching(SITES).prepare(model);
  const ids = model.tokens(PROMPT);
  hooked.call(ids).dispose();
  ids.dispose();
  return hooked;
}

test("attention holds every head, and begins with the one that looks elsewhere", async () => {
  using model = await GPT2.fromPretrained(ioiTiny.pathname);
  using hooked = run(model);
  const tokens = model.tokenLabels(PROMPT);
  const data = await attention.read(hooked, { tokens });
  assert.equal([data.heads, data.layers], [4, [0, 1, 2, 3]]);
  assert.is(data.pattern.length, 4 * 4 * 15 * 15);
  const last = [...data.pattern].slice(-15);
  assert.ok(Math.abs(last.reduce((sum, p) => sum + p, 0) - 1) < 1e-5);
  const csv = new Picture(attention(data)).toCSV().split("\r\n");
  assert.is(csv[0], "block,layer,head,dest,dest label,src,src label,value");
  assert.is(csv.filter((line) => line.startsWith("heads,")).length, 4 * 4 * 15 * 15);
});

test("the lens says Mary after the last layer, and follows her rank", async () => {
  using model = await GPT2.fromPretrained(ioiTiny.pathname);
  using hooked = run(model);
  const tokens = model.tokenLabels(PROMPT);
  const data = await lens.read(hooked, {
    tokens,
    logits: (resid) => {
      const normal = model.ln_final.call(resid);
      const logits = model.unembed.call(normal);
      normal.dispose();
      return logits;
    },
    token: (id) => model.decode([id]),
    follow: [model.singleToken("Mary")],
  });
  assert.equal(data.layers.at(-1), "after layer 3");
  assert.is(data.top.at(-1)?.trim(), "Mary");
  assert.is(data.ranks?.[0]?.values[4], 0);
  assert.is(data.top.length, 5 * 15);
  const text = toText(lens(data), { columns: 130, colour: 0, theme: "dark" });
  assert.match(text, /^after layer 3 .* Mary $/m);
});

test("scores are norms of rows, sums, or one channel", async () => {
  using model = await GPT2.fromPretrained(ioiTiny.pathname);
  using hooked = run(model);
  const tokens = model.tokenLabels(PROMPT);
  const path = "blocks.2.hook_resid_pre";
  const tensor = hooked.cache.get<Tensor>(["fwd", path]);
  const row = [...tensor.dataSync()].slice(0, 128);
  for (const [reduce, want] of [
    ["norm", Math.hypot(...row)],
    ["sum", row.reduce((sum, x) => sum + x, 0)],
    [7, row[7] ?? 0],
  ] as const) {
    const { channels } = await tokenScores.read(hooked, { path, tokens, reduce });
    assert.ok(Math.abs((channels[0]?.values[0] ?? 0) - want) < 1e-3);
  }
});

test("scores of a site with several vectors a position are refused", async () => {
  using cache = new TensorDict({ fwd: { "attn.hook_z": zeros([1, 2, 4, 8]) } });
  const told = await asyncFailure(tokenScores.read(cache, { path: "attn.hook_z", tokens: ["a", "b"] }));
  assert.equal(told, [
    "VIEW_DATA",
    "tokenScores was given attn.hook_z of one example of the shape [2, 4, 8]. Needed is [2, 4].",
  ]);
});

test("a distribution has rising quantiles, and its outliers are the largest values", async () => {
  using model = await GPT2.fromPretrained(ioiTiny.pathname);
  using hooked = run(model);
  const tokens = model.tokenLabels(PROMPT);
  const data = await distribution.read(hooked, {
    tokens,
    paths: ["blocks.0.hook_resid_pre", "blocks.3.hook_resid_post"],
  });
  const rows = [data.quantiles, data.quantiles].map((all, i) => [...all].slice(i * 5, i * 5 + 5));
  for (const row of rows)
    assert.equal(
      row,
      [...row].sort((one, other) => one - other),
    );
  const values = hooked.cache.get<Tensor>(["fwd", "blocks.3.hook_resid_post"]).dataSync();
  assert.is(Math.abs(data.outliers[3]?.value ?? 0), Math.max(...values.map(Math.abs)));
});

test("a distribution tells norm, largest, mean, deviation and kurtosis of each site", async () => {
  using captures = new TensorDict({
    fwd: {
      "blocks.0.hook_resid_pre": tensor3d([
        [
          [3, 4, 0],
          [0, 0, -5],
        ],
      ]),
      "blocks.1.hook_resid_pre": zeros([1, 2, 3]),
    },
  });
  const data = await distribution.read(captures, {
    tokens: ["a", "b"],
    paths: ["blocks.0.hook_resid_pre", "blocks.1.hook_resid_pre"],
  });
  const [mean, n] = [2 / 6, 6];
  const moment = (k: number): number =>
    [3, 4, 0, 0, 0, -5].reduce((sum, value) => sum + (value - mean) ** k, 0) / n;
  const wanted = {
    norm: 5,
    largest: 5,
    mean,
    std: Math.sqrt(moment(2)),
    kurtosis: moment(4) / moment(2) ** 2,
  };
  for (const { name, values } of data.statistics ?? []) {
    assert.ok(Math.abs((values[0] ?? 0) - wanted[name as keyof typeof wanted]) < 1e-6, name);
    assert.ok(Object.is(values[1], name === "kurtosis" ? Number.NaN : 0), name);
  }
  const text = toText(distribution(data), { columns: 80, colour: 0 });
  assert.match(text, /site +norm +largest +mean +std +kurtosis\n0 resid_pre +5\.0000 +5\.0000 +0\.3333/);
});

test("the tree tells which sites have whose hooks", async () => {
  using model = await GPT2.fromPretrained(ioiTiny.pathname);
  using _hooked = run(model);
  const { items } = tree.read(model);
  const item = items.find(({ path }) => path === "blocks.1.attn.hook_pattern");
  assert.equal(
    item?.hooks.map((hook) => hook.split(" ").slice(0, 2).join(" ")),
    ["fwd ActivationCaching"],
  );
  assert.equal(items.find(({ path }) => path === "hook_embed")?.hooks, []);
});

test("JSON comes back to the same numbers, those that are not finite too", () => {
  const d = tokenScores({
    tokens: ["a", "b", "c"],
    channels: [
      { name: "n", values: Float32Array.of(Number.NaN, Infinity, 0.1) },
      { name: "m", values: [Number.NaN, -Infinity, 2] },
    ],
  });
  const back = fromJSON(toJSON(d));
  assert.equal(JSON.parse(JSON.stringify(back.blocks, show)), JSON.parse(JSON.stringify(d.blocks, show)));
});

test("many numbers travel as halves, and large ones do not", () => {
  const values = Float32Array.from({ length: 100_001 }, (_, i) => Math.sin(i) * 100);
  const d = (scale: number): ReturnType<typeof tokenScores> =>
    tokenScores({
      tokens: Array.from({ length: values.length }, () => "a"),
      channels: [{ name: "n", values: values.map((x) => x * scale) }],
    });
  const far = (scale: number): number => {
    const back = fromJSON(toJSON(d(scale))).blocks[0] as never as { channels: [{ values: Float32Array }] };
    return Math.max(
      ...back.channels[0].values.map((x, i) => Math.abs(x - (values[i] ?? 0) * scale)).slice(0, 5000),
    );
  };
  assert.ok(far(1) > 0 && far(1) < 0.05);
  assert.ok(far(1e4) < 0.2); // beyond float16, so float32
});

const show = (_: string, value: unknown): unknown =>
  value instanceof Float32Array ? [...value].map(String) : typeof value === "number" ? String(value) : value;

test.run();
