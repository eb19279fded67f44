import { openSession } from "@hookdict/contexts";
import {
  type EncoderDecoder,
  loadModel,
  looksAhead,
  type Transformer,
  TransformerCache,
} from "@hookdict/models";
import { abs, max, slice, sub, type Tensor, tensor2d, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { familyFolder, variants } from "./families/variants.ts";

const test = suite("runs whose output is wanted at one position");

/** Sums in another order. */
const NOISE = 2e-4;
const ROWS = [
  [3, 5, 7, 2, 9],
  [1, 1, 8, 2, 6],
];

const ints = (rows: readonly number[][]): Tensor2D => tensor2d(rows as number[][], undefined, "int32");
const gap = (a: Tensor, b: Tensor): number => tidy(() => max(abs(sub(a, b))).dataSync()[0] ?? Number.NaN);
const column = (x: Tensor, at: number): Tensor => slice(x, [0, at], [-1, 1]);

for (const family of [...variants("decoder"), ...variants("encoder")]) {
  test(`${family}: gives what the whole run gives there`, async () => {
    using model = await loadModel<Transformer>(familyFolder(family));
    tidy(() => {
      const tokens = ints(ROWS);
      const attentionMask = ints([
        [1, 1, 1, 1, 1],
        [0, 0, 1, 1, 1],
      ]);
      for (const inputs of [{}, { attentionMask }, { stopAtLayer: 1 }]) {
        const whole = model.call(tokens, inputs);
        for (const at of [-1, 2]) {
          const got = model.call(tokens, { ...inputs, outputAt: at });
          assert.equal(got.shape, [2, 1, whole.shape[2]]);
          const far = gap(got, column(whole, at < 0 ? at + 5 : at));
          assert.ok(far < NOISE, `${Object.keys(inputs).join()} ${at}: ${far}`);
        }
      }
      const stream = model.call(tokens, { stopAtLayer: model.blocks.length });
      const got = model.call(stream, { startAtLayer: model.blocks.length, outputAt: 1 });
      assert.ok(gap(got, column(model.call(tokens), 1)) < NOISE);
    });
  });
}

for (const family of ["gpt2", "llama", "mistral", "bloom"]) {
  test(`${family}: goes on from a prefix`, async () => {
    using model = await loadModel(familyFolder(family));
    using cache = new TransformerCache(model);
    tidy(() => {
      const tokens = ints(ROWS);
      const whole = model.withCache(cache, () => model.call(tokens));
      using prefix = cache.prefix(2, [0, 1]);
      const rest = slice(tokens, [0, 2], [-1, -1]);
      for (const at of [0, 2])
        assert.ok(gap(model.call(rest, { prefix, outputAt: at }), column(whole, 2 + at)) < NOISE);
    });
  });
}

test("a prompt may end behind what is read, unless something looks at how long it is", async () => {
  const ahead: string[] = [];
  for (const family of variants("decoder")) {
    using model = await loadModel<Transformer>(familyFolder(family));
    if (looksAhead(model.config)) {
      ahead.push(family);
      continue;
    }
    tidy(() => {
      const tokens = ints(ROWS);
      const rest = model.call(slice(tokens, [0, 0], [-1, 3]));
      assert.ok(gap(rest, slice(model.call(tokens), [0, 0, 0], [-1, 3, -1])) < NOISE, family);
    });
  }
  assert.equal(ahead, ["llama-dynamic", "mpt", "mpt-heads6", "phi3"]);
  using bert = await loadModel<Transformer>(familyFolder("bert"));
  assert.ok(looksAhead(bert.config));
});

test("hooks are told at which positions they are", async () => {
  using model = await loadModel(familyFolder("llama"));
  const tokens = ints([[3, 5, 7, 2]]);
  using hooked = openSession(model);
  const seen = new Map<string, string>();
  hooked.context.hook("**", "fwd", (value: unknown, info) => {
    const axis = info.site.axes?.findIndex((name) => name === "pos" || name === "dest") ?? -1;
    const size = axis < 0 ? "" : String((value as Tensor).shape[axis]);
    seen.set(info.site.path, `${size} from ${info.firstPosition}`);
  });
  hooked.call(tokens, { outputAt: 2 }).dispose();
  const { blocks } = model;
  const layer = (i: number, path: string): string | undefined => seen.get(`blocks.${i}.${path}`);
  const last = blocks.length - 1;
  for (const path of ["hook_resid_pre", "attn.hook_k", "attn.hook_v", "attn.hook_rot_k", "ln1"])
    assert.is(layer(last, path), "4 from 0", path);
  for (const path of ["attn.q", "attn.hook_q", "attn.hook_rot_q", "attn.hook_pattern", "attn.hook_z", "attn"])
    assert.is(layer(last, path), "1 from 2", path);
  for (const path of ["hook_attn_out", "hook_resid_mid", "ln2", "mlp.hook_post", "mlp", "hook_resid_post"])
    assert.is(layer(last, path), "1 from 2", path);
  assert.is(seen.get("ln_final.hook_normalized"), "1 from 2");
  assert.is(layer(last - 1, "hook_resid_post"), "4 from 0");
  assert.is(layer(last - 1, "attn.hook_q"), "4 from 0");
  tokens.dispose();
});

test("a position that there is not is refused, and so is one of a model without the option", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  using pair = await loadModel<EncoderDecoder>(familyFolder("t5"));
  const tokens = ints([[3, 5, 7]]);
  for (const at of [3, -4, 0.5])
    assert.equal(
      failure(() => model.call(tokens, { outputAt: at })),
      [
        "OUTPUT_RANGE",
        `"outputAt" is ${at}; the run has 3 positions. Give an integer from -3 to 2; negative ones count from the end.`,
      ],
    );
  assert.is(
    failure(() => pair.call(tokens, { decoderTokens: tokens, outputAt: 1 } as never))[0],
    "LAYERS_WHOLE",
  );
  tokens.dispose();
});

test.run();
