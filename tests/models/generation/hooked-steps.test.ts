import { editWeight, MultiHookManager } from "@hookdict/core";
import { expectClose } from "@hookdict/core/testing";
import { Mlp, randomModel, type Transformer, TransformerCache } from "@hookdict/models";
import {
  abs,
  add,
  backend,
  clone,
  getBackend,
  matMul,
  max,
  mul,
  reshape,
  slice,
  softmax,
  sub,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { ints } from "./families.ts";

// Where a backend computes several parts of a step at once, hooks between them act as they do anywhere.
const test = suite("hooks between what a step computes at once");

const SIZES = { vocab_size: 50, num_hidden_layers: 2, max_position_embeddings: 200 };
const GROUPED = { hidden_size: 16, num_attention_heads: 4, num_key_value_heads: 2, intermediate_size: 24 };
const MODELS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  gpt2: { n_embd: 16, n_layer: 2, n_head: 4, n_positions: 200, vocab_size: 50 },
  llama: { ...SIZES, ...GROUPED },
  // ReLU; sums that are scaled; a norm that the stream goes on from; norms behind attention and MLP.
  opt: { ...SIZES, hidden_size: 16, num_attention_heads: 4, ffn_dim: 24, word_embed_proj_dim: 16 },
  granite: { ...SIZES, ...GROUPED, residual_multiplier: 0.5 },
  bloom: { ...SIZES, n_layer: 2, n_head: 4, hidden_size: 16, apply_residual_connection_post_layernorm: true },
  gemma2: { ...SIZES, ...GROUPED, head_dim: 4, query_pre_attn_scalar: 4, sliding_window: 100 },
};
const PROMPT = 9;
const STEPS = 4;
const NOISE = 2e-4;

/** Sites of a layer, and how a hook changes what it sees at every position by itself. */
const CHANGES: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  hook_resid_pre: (x) => mul(x, 1.5),
  "ln1.hook_scale": (x) => mul(x, 2),
  "ln1.hook_normalized": (x) => mul(x, 0.5),
  ln1: (x) => mul(x, 1.5),
  "attn.q": (x) => mul(x, 1.5),
  "attn.hook_q": (x) => mul(x, 0.5),
  "attn.k": (x) => mul(x, -1),
  "attn.hook_k": (x) => mul(x, 1.5),
  "attn.v": (x) => mul(x, 0.5),
  "attn.hook_v": (x) => mul(x, -1.5),
  "attn.hook_attn_scores": (x) => mul(x, 0.5),
  "attn.hook_pattern": (x) => mul(x, 0.5),
  "attn.hook_z": (x) => mul(x, 2),
  "attn.o": (x) => mul(x, 1.5),
  hook_attn_out: (x) => mul(x, -1),
  hook_resid_mid: (x) => mul(x, 1.5),
  "ln2.hook_scale": (x) => mul(x, 2),
  "ln2.hook_normalized": (x) => mul(x, 0.5),
  ln2: (x) => mul(x, 1.5),
  "mlp.in": (x) => mul(x, 1.5),
  "mlp.hook_pre": (x) => mul(x, 2),
  "mlp.hook_post": (x) => mul(x, 2),
  "mlp.out": (x) => mul(x, 0.5),
  hook_mlp_out: (x) => mul(x, -1),
  hook_resid_post: (x) => mul(x, 2),
  // Another tensor with the same memory changes nothing.
  mlp: (x) => clone(x),
};

const rows = (length: number): number[][] =>
  [0, 1].map((row) => Array.from({ length }, (_, i) => (row * 31 + i * 7 + ((i * i) % 11)) % 50));

const gap = (a: Tensor, b: Tensor): number => tidy(() => max(abs(sub(a, b))).dataSync()[0] ?? NaN);

/** The largest difference between the logits of steps and of all tokens at once. */
function gapOfSteps(model: Transformer): number {
  using cache = new TransformerCache(model);
  return tidy(() => {
    const tokens = ints(rows(PROMPT + STEPS));
    const whole = model.call(tokens);
    const part = (at: number, count: number): Tensor => slice(tokens, [0, at], [-1, count]);
    model.withCache(cache, () => model.call(part(0, PROMPT)));
    const gaps = Array.from({ length: STEPS }, (_, i) => {
      const logits = model.withCache(cache, () => model.call(part(PROMPT + i, 1)));
      return gap(logits, slice(whole, [0, PROMPT + i], [-1, 1]));
    });
    return Math.max(...gaps);
  });
}

for (const [type, config] of Object.entries(MODELS)) {
  const fresh = (): Transformer => randomModel<Transformer>({ model_type: type, ...config }, { seed: 3 });

  for (const [site, change] of Object.entries(CHANGES))
    test(`${type}: a hook on ${site} gives in steps what it gives at once`, () => {
      using model = fresh();
      using manager = new MultiHookManager(model);
      manager.register(`blocks.1.${site}`, "fwd", change);
      assert.ok(gapOfSteps(model) < NOISE, `${gapOfSteps(model)}`);
    });

  test(`${type}: an input of the keys' projection alone is changed`, () => {
    using model = fresh();
    using manager = new MultiHookManager(model);
    manager.register("blocks.0.attn.k", "fwd_pre", (x: Tensor) => mul(x, 2));
    assert.ok(gapOfSteps(model) < NOISE);
  });

  test(`${type}: a pattern is the softmax of the scores that stand before it, at every step`, () => {
    using model = fresh();
    using manager = new MultiHookManager(model);
    const gaps: number[] = [];
    let scores: Tensor | undefined;
    manager.register("blocks.0.attn.hook_attn_scores", "fwd", (x: Tensor) => void (scores = x));
    manager.register("blocks.0.attn.hook_pattern", "fwd", (x: Tensor) => {
      gaps.push(tidy(() => gap(x, softmax(scores as Tensor))));
    });
    gapOfSteps(model);
    assert.is(gaps.length, 2 + STEPS);
    assert.ok(Math.max(...gaps) < NOISE);
  });

  test(`${type}: weights that a hook edits on the way count for the parts behind it`, () => {
    using model = fresh();
    using cache = new TransformerCache(model);
    using manager = new MultiHookManager(model);
    const mlp = model.blocks[0]?.mlp;
    assert.ok(mlp instanceof Mlp);
    let [checks, edit]: [number, ReturnType<typeof editWeight> | undefined] = [0, undefined];
    manager.register("blocks.0.ln2.hook_normalized", "fwd", () => {
      edit = editWeight(mlp.out.weight, (weight) => mul(weight, 3));
    });
    manager.register("blocks.0.mlp.out", "fwd", (out: Tensor, { inputs }) => {
      const post = inputs as Tensor;
      const product = matMul(reshape(post, [-1, post.shape[2] ?? 0]), mlp.out.weight);
      expectClose(out, reshape(add(product, mlp.out.bias ?? 0), out.shape), { atol: NOISE });
      checks++;
      edit?.dispose();
    });
    for (const ids of [rows(PROMPT), [[1], [2]], [[3], [4]]])
      tidy(() => void model.withCache(cache, () => model.call(ints(ids))));
    assert.is(checks, 3);
  });

  test(`${type}: a part that is called alone leaves nothing else behind`, () => {
    using model = fresh();
    tidy(() => {
      const stream = model.call(ints([[1]]), { stopAtLayer: 0 });
      const before = model.blocks[0]?.attn.q.call(stream);
      assert.equal(before?.shape, [1, 1, 4, 4]);
    });
  });
}

if (getBackend() === "tensorflow")
  test("a step runs few operations, hooked by onlookers or not", () => {
    using model = randomModel<Transformer>({ model_type: "gpt2", ...MODELS["gpt2"] }, { seed: 3 });
    const counted = (): Map<string, number> => {
      const native = backend() as unknown as {
        binding: { executeOp(name: string, ...rest: unknown[]): unknown };
      };
      const { binding } = native;
      const counts = new Map<string, number>();
      const executeOp = (name: string, ...rest: unknown[]): unknown => {
        counts.set(name, (counts.get(name) ?? 0) + 1);
        return binding.executeOp(name, ...rest);
      };
      using cache = new TransformerCache(model);
      tidy(() => {
        const call = (ids: number[][]): void => void model.withCache(cache, () => model.call(ints(ids)));
        call(rows(PROMPT));
        call([[1], [2]]); // makes room
        native.binding = Object.create(binding, { executeOp: { value: executeOp } }) as typeof binding;
        try {
          call([[3], [4]]);
        } finally {
          native.binding = binding;
        }
      });
      return counts;
    };
    const bare = counted();
    const PER_LAYER = {
      HookdictFewNormProjections: 1,
      HookdictFewAttend: 1,
      HookdictFewMlp: 1,
      HookdictFewProjections: 0,
      HookdictFewLinear: 0,
      HookdictGelu: 0,
      HookdictSoftmax: 0,
    };
    for (const [name, count] of Object.entries(PER_LAYER)) assert.is(bare.get(name) ?? 0, count * 2, name);
    assert.is(bare.get("HookdictLayerNorm"), 1, "before the head");
    assert.is(bare.get("HookdictAdd"), 1, "of the positions");
    using manager = new MultiHookManager(model);
    manager.register("**", "fwd", () => undefined);
    assert.equal(counted(), bare);
  });

test.run();
