import { ActivationCaching } from "@hookdict/latent";
import { generate, randomModel, type Transformer, TransformerCache } from "@hookdict/models";
import { abs, concat, max, reverse, slice, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { Custom } from "../../support/custom.ts";
import { ints } from "./families.ts";

// Caches append in place where the backend can write into tensors, and a generation leaves out what nobody reads.
const test = suite("what a step of generation does not do again");

/** Sums in another order. */
const NOISE = 2e-4;

const SIZES = {
  vocab_size: 50,
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 24,
  max_position_embeddings: 400,
};

/** Llama sees everything, Mistral the latest 30 positions, Gemma 2 both by turns. */
const CONFIGS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  llama: {},
  mistral: { sliding_window: 30 },
  gemma2: { sliding_window: 30, head_dim: 4, query_pre_attn_scalar: 4 },
};

const fresh = (type: string): Transformer =>
  randomModel<Transformer>({ model_type: type, ...SIZES, ...CONFIGS[type] }, { seed: 3 });

function rowsOf(batch: number, pos: number): number[][] {
  return Array.from({ length: batch }, (_, row) =>
    Array.from({ length: pos }, (__, i) => (row * 31 + i * 7 + ((i * i) % 11)) % 50),
  );
}

const gap = (a: Tensor, b: Tensor): number => tidy(() => max(abs(sub(a, b))).dataSync()[0] ?? Number.NaN);

for (const type of Object.keys(CONFIGS)) {
  // More than the room that is made at once, several times; pieces longer than what is read in place; rows that change places.
  test(`${type}: 200 tokens in pieces are what they are at once`, () => {
    using model = fresh(type);
    using cache = new TransformerCache(model);
    const tokens = ints(rowsOf(2, 200));
    const worst = tidy(() => {
      const whole = model.call(tokens);
      const pieces = [7, ...Array<number>(70).fill(1), 20, 3, ...Array<number>(60).fill(1), 40];
      const got = pieces.map((pos) => {
        const piece = slice(tokens, [0, cache.length], [-1, pos]);
        return model.withCache(cache, () => model.call(piece));
      });
      return gap(concat(got, 1), whole);
    });
    tokens.dispose();
    assert.ok(worst < NOISE, `${worst}`);
  });

  test(`${type}: what a run stored that failed, what is chosen, and prefixes do not get in each other's way`, () => {
    using model = fresh(type);
    using cache = new TransformerCache(model);
    const [first, wrong, next] = [rowsOf(2, 40), [[1], [2]], [[3], [4]]].map(ints) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const failing = new Custom((context) => {
      context.hook("blocks.1.hook_resid_pre", "fwd", () => {
        throw new Error("no");
      });
    });
    const go = (tokens: Tensor): Tensor => model.withCache(cache, () => model.call(tokens));
    const worst = tidy(() => {
      go(first);
      go(next);
      // Its first layer has stored the wrong tokens by then.
      using hooked = failing.prepare(model);
      const before = cache.length;
      thrown(() => model.withCache(cache, () => hooked.call(wrong)));
      assert.is(cache.length, before);
      hooked.dispose();
      using prefix = cache.prefix(41, [1, 0]);
      const behind = model.call(wrong, { prefix });
      const after = go(next);
      const again = model.call(wrong, { prefix }); // what was stored meanwhile did not change it
      cache.select([1, 0]);
      const turned = go(wrong);
      const whole = model.call(concat([first, next, next, reverse(wrong, 0)], 1));
      const swapped = model.call(concat([first, next, reverse(wrong, 0)], 1));
      return [
        gap(after, slice(whole, [0, 41, 0], [-1, 1, -1])),
        gap(turned, reverse(slice(whole, [0, 42, 0], [-1, 1, -1]), 0)),
        gap(behind, reverse(slice(swapped, [0, 41, 0], [-1, 1, -1]), 0)),
        gap(again, behind),
      ];
    });
    for (const each of [first, wrong, next]) each.dispose();
    assert.ok(worst.every((each) => each < NOISE), worst.join(" ")); // prettier-ignore
  });
}

test("a prompt's other logits are not computed, unless somebody looks at them", async () => {
  using model = fresh("llama");
  const shapes: string[] = [];
  const { unembed } = model;
  const forward = unembed.forward.bind(unembed);
  unembed.forward = (x: Tensor) => {
    shapes.push(x.shape.join());
    return forward(x);
  };
  const prompts = rowsOf(2, 9);
  const made = async (of: Pick<Transformer, "call">): Promise<unknown> => {
    const steps: unknown[] = [];
    for await (const { tokens } of generate(of, prompts, { maxNewTokens: 2 })) steps.push(tokens);
    return steps;
  };
  const bare = await made(model);
  assert.equal(shapes.splice(0), ["2,1,16", "2,1,16"]);
  {
    using elsewhere = new ActivationCaching("blocks.**").prepare(model);
    assert.equal(await made(elsewhere), bare);
    assert.equal(shapes.splice(0), ["2,1,16", "2,1,16"]);
  }
  {
    // What the last layer makes of other positions is computed where somebody looks at it; their logits are not.
    const seen: (number | undefined)[] = [];
    const looking = new Custom((context) => {
      context.hook("blocks.1.mlp.hook_post", "fwd", (x: Tensor) => void seen.push(x.shape[1]));
    });
    using hooked = looking.prepare(model);
    assert.equal(await made(hooked), bare);
    assert.equal(seen, [9, 1]);
    assert.equal(shapes.splice(0), ["2,1,16", "2,1,16"]);
  }
  for (const at of ["unembed.hook_in", "unembed.hook_out", "unembed"]) {
    using hooked = new ActivationCaching(at).prepare(model);
    assert.equal(await made(hooked), bare);
    assert.equal(shapes.splice(0), ["2,9,16", "2,1,16"], at);
  }
});

test.run();
