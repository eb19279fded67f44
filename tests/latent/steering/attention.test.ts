import { compose } from "@hookdict/contexts";
import { countHooks, HookPoint, Module } from "@hookdict/core";
import {
  ActivationCaching,
  AttentionKnockout,
  type AttentionKnockoutOptions,
  AttentionSteering,
  type AttentionSteeringOptions,
} from "@hookdict/latent";
import { softmax, type Tensor, tensor4d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { take } from "../../support/values.ts";

const test = suite("interventions on attention");

const AXES = { axes: ["batch", "head", "dest", "src"] };

class Attention extends Module {
  readonly hook_attn_scores: HookPoint = new HookPoint(AXES);
  readonly hook_pattern: HookPoint = new HookPoint(AXES);
  override forward(scores: Tensor): Tensor {
    return this.hook_pattern.call(softmax(this.hook_attn_scores.call(scores)));
  }
}

/** Two layers that see the same scores, of two heads and two positions; the first row sees itself alone. */
class Model extends Module {
  readonly blocks: readonly Attention[] = [new Attention(), new Attention()];
  override forward(scores: Tensor): Tensor {
    for (const block of this.blocks.slice(0, -1)) block.call(scores);
    return (this.blocks.at(-1) as Attention).call(scores);
  }
}

const SCORES = [0, -1e9, 0, 0, 0, -1e9, 0, 0];

function patterns(
  factory: InstanceType<typeof AttentionKnockout> | InstanceType<typeof AttentionSteering>,
): number[][] {
  const model = new Model();
  using hooked = compose(factory, new ActivationCaching("**.hook_pattern")).prepare(model);
  const scores = tensor4d(SCORES, [1, 2, 2, 2]);
  hooked.call(scores).dispose();
  scores.dispose();
  return [0, 1].map((layer) => [
    ...hooked.cache.get<Tensor>(["fwd", `blocks.${layer}.hook_pattern`]).dataSync(),
  ]);
}

const knocked = (options: AttentionKnockoutOptions): number[][] => patterns(new AttentionKnockout(options));
const steered = (options: AttentionSteeringOptions): number[][] => patterns(new AttentionSteering(options));

const PLAIN = [1, 0, 0.5, 0.5, 1, 0, 0.5, 0.5];

test("a knockout cuts the edges that are named, in the layers and heads that are named", () => {
  assert.equal(knocked({ layers: 1, heads: 0, from: 1, to: 0 }), [PLAIN, [1, 0, 0, 1, 1, 0, 0.5, 0.5]]);
  assert.equal(knocked({ layers: -1, edges: [[-1, -1]] }), [PLAIN, [1, 0, 1, 0, 1, 0, 1, 0]]);
});

test("what is not named is all that there is", () => {
  const cut = [1, 0, 0, 1, 1, 0, 0, 1];
  assert.equal(knocked({ from: 1, to: 0 }), [cut, cut]);
});

test("a pattern is scaled, and its rows sum to 1 again", () => {
  const [first] = steered({ layers: [0, 1], heads: 1, from: 1, to: 0, scale: 3 });
  assert.equal(first, [1, 0, 0.5, 0.5, 1, 0, 0.75, 0.25]);
});

test("a pattern is set, and the others share what is left", () => {
  const [first] = steered({ heads: 0, from: 1, to: 1, value: 0.75, renormalize: "others" });
  assert.equal(first, [1, 0, 0.25, 0.75, 1, 0, 0.5, 0.5]);
  const [unequal] = steered({ heads: 0, from: 1, to: 1, value: 1, renormalize: "none" });
  assert.equal(unequal, [1, 0, 0.5, 1, 1, 0, 0.5, 0.5]);
});

test("edges hold lists, ranges and all, and add up", () => {
  const cut = [1, 0, 0, 1, 1, 0, 0, 1];
  assert.equal(knocked({ edges: [[1, { end: 1 }]] }), [cut, cut]);
  assert.equal(knocked({ layers: { start: 1 }, edges: [[{ start: 1 }, 0]] }), [PLAIN, cut]);
  assert.equal(
    steered({ edges: [[1, "all"]], heads: 1, scale: 0, renormalize: "none" })[0],
    [1, 0, 0.5, 0.5, 1, 0, 0, 0],
  );
});

test("what a position cannot see stays unseen", () => {
  assert.equal(steered({ from: 0, to: 1, value: 1 })[0], PLAIN);
});

test("a changed row sums to 1 however little the others can take, and no other row is touched", () => {
  // The first row has no other edge that could take what is left; what is chosen of the second has more than all.
  assert.equal(steered({ from: 0, to: 0, value: 0.3, renormalize: "others" })[0], PLAIN);
  assert.equal(steered({ from: 1, to: "all", value: 0.75, renormalize: "others" })[0], PLAIN);
  assert.equal(
    steered({ heads: 0, from: 1, to: 1, scale: 4, renormalize: "others" })[0],
    [1, 0, 0, 1, 1, 0, 0.5, 0.5],
  );
  const uneven = new Model();
  using loose = compose(
    new AttentionSteering({ heads: 0, from: 1, to: 0, value: 1, renormalize: "none" }),
    new AttentionSteering({ heads: 1, from: 1, to: 0, value: 1, renormalize: "row" }),
    new ActivationCaching("blocks.0.hook_pattern"),
  ).prepare(uneven);
  const scores = tensor4d(SCORES, [1, 2, 2, 2]);
  loose.call(scores).dispose();
  scores.dispose();
  const [, , held] = loose.context.parts;
  const seen = [...held.cache.get<Tensor>(["fwd", "blocks.0.hook_pattern"]).dataSync()];
  assert.equal(seen.slice(0, 6), [1, 0, 1, 0.5, 1, 0]);
  assert.ok(Math.abs((seen[6] ?? 0) - 2 / 3) < 1e-6);
});

test("a row that steering leaves nothing of is refused, not left as it was", () => {
  const scores = tensor4d(SCORES, [1, 2, 2, 2]);
  for (const renormalize of ["row", "others"] as const) {
    using hooked = new AttentionSteering({ from: 1, scale: 0, renormalize }).prepare(new Model());
    assert.equal(
      failure(() => hooked.call(scores)),
      [
        "ATTENTION_ROW",
        "AttentionSteering leaves position 1 at blocks.0.hook_pattern without any source to attend to. Leave each position at least one source that it can see, such as itself.",
      ],
    );
  }
  scores.dispose();
});

/** Layers 1 and 3 attend, as in a model of two kinds of layers. */
class Hybrid extends Module {
  readonly blocks: Readonly<Record<string, Attention>> = { 1: new Attention(), 3: new Attention() };
  override forward(scores: Tensor): Tensor {
    this.blocks[1]?.call(scores).dispose();
    return (this.blocks[3] as Attention).call(scores);
  }
}

/** An encoder's layer and a decoder's, of one number. */
class Stacks extends Module {
  readonly encoder: readonly Attention[] = [new Attention()];
  readonly decoder: readonly Attention[] = [new Attention()];
  override forward(scores: Tensor): Tensor {
    return (this.decoder[0] as Attention).call((this.encoder[0] as Attention).call(scores));
  }
}

test("layers are the numbers in the paths, and two stacks are told apart", () => {
  using third = new AttentionKnockout({ layers: 3, from: 1, to: 0 }).prepare(new Hybrid());
  assert.equal(
    third.context.binding.entries.map(({ site }) => site.path),
    ["blocks.3.hook_attn_scores"],
  );
  assert.equal(
    failure(() => new AttentionKnockout({ layers: [0, 3] }).prepare(new Hybrid())),
    ["LAYERS_ABSENT", "AttentionKnockout names the layers 0 of a model with 2. Name layers of 1, 3."],
  );
  assert.equal(
    failure(() => new AttentionKnockout({ layers: { start: 2, end: 2 } }).prepare(new Model()))[1],
    "AttentionKnockout names no layers of a model with 2. Name layers from 0 to 1, or from -2 to -1 from the end.",
  );
  assert.equal(
    failure(() => new AttentionKnockout({ layers: 0 }).prepare(new Stacks())),
    [
      "LAYERS_SEVERAL",
      'AttentionKnockout names layers by number, of which encoder.0.hook_attn_scores and decoder.0.hook_attn_scores have the same. Choose one stack with sites, such as sites: "decoder.**.hook_attn_scores".',
    ],
  );
  using one = new AttentionKnockout({ layers: 0, sites: "decoder.**.hook_attn_scores" }).prepare(
    new Stacks(),
  );
  assert.is(one.context.binding.entries.length, 1);
});

test("edges in two ways, and choices of nothing, are refused: none is dropped", () => {
  assert.match(
    failure(() => new AttentionSteering({ scale: 2, edges: [[1, 0]], to: "all" }).prepare(new Model()))[1],
    "The option edges of AttentionSteering is a list of 1.",
  );
  assert.equal(
    failure(() => new AttentionKnockout({ edges: [[1, 0]], from: 1 }).prepare(new Model())),
    [
      "OPTION_INVALID",
      "The option edges of AttentionKnockout is a list of 1. Give edges alone, or from and to alone: a pair may hold lists and all.",
    ],
  );
  for (const options of [
    { heads: [] },
    { layers: [] },
    { from: [] },
    { edges: [] },
    { heads: { start: 0.5 } },
    { to: { step: 0 } },
    { from: { begin: 1 } },
    { edges: [[1]] },
    { edges: [[1, "some"]] },
  ])
    assert.is(
      failure(() => new AttentionKnockout(options as never))[0],
      "OPTION_INVALID",
      JSON.stringify(options),
    );
  const scores = tensor4d(SCORES, [1, 2, 2, 2]);
  using ranged = new AttentionKnockout({ heads: { start: 1, end: 4 } }).prepare(new Model());
  assert.match(failure(() => ranged.call(scores))[1], "names the head 2 at");
  using none = new AttentionKnockout({ heads: { start: 1, end: 1 } }).prepare(new Model());
  assert.match(failure(() => none.call(scores))[1], 'names the head {"start":1,"end":1} at');
  scores.dispose();
});

test("layers, heads and positions that there are not are refused, and leave no hook", () => {
  const model = new Model();
  assert.equal(
    failure(() => new AttentionKnockout({ layers: [0, 2] }).prepare(model)),
    [
      "LAYERS_ABSENT",
      "AttentionKnockout names the layers 2 of a model with 2. Name layers from 0 to 1, or from -2 to -1 from the end.",
    ],
  );
  assert.is(countHooks(model), 0);
  const scores = tensor4d(SCORES, [1, 2, 2, 2]);
  for (const [options, what] of [
    [{ heads: 2 }, "head 2"],
    [{ from: -3 }, "position -3"],
  ] as const) {
    using hooked = new AttentionKnockout(options).prepare(model);
    const [code, message] = failure(() => hooked.call(scores));
    assert.match(
      message,
      `AttentionKnockout names the ${what} at blocks.0.hook_attn_scores, where there are 2. Name whole numbers from -2 to 1, or "all".`,
    );
    assert.match(`${code} ${message}`, /ATTENTION_INDEX|HOOK/);
  }
  using emptying = new AttentionKnockout({ from: 1 }).prepare(model);
  assert.match(
    failure(() => take(emptying.call(scores)))[1],
    "AttentionKnockout leaves position 1 at blocks.0.hook_attn_scores without any source to attend to. Leave each position at least one source that it can see, such as itself.",
  );
  scores.dispose();
});

test("sites of another kind and options that do not hold are refused", () => {
  assert.equal(
    failure(() => new AttentionKnockout({ sites: "blocks.*" }).prepare(new Model())),
    [
      "ATTENTION_SITE",
      "AttentionKnockout acts on scores, [batch, head, dest, src]; blocks.0 declares no axes. Match the attention's own sites: hook_attn_scores before the softmax, hook_pattern after it.",
    ],
  );
  const model = new Model();
  assert.is(
    failure(() => new AttentionKnockout({ sites: "**.hook_pattern" }).prepare(model))[1],
    "AttentionKnockout acts on scores, [batch, head, dest, src]; blocks.0.hook_pattern is what the softmax has made of them. Match the attention's own sites: hook_attn_scores before the softmax, hook_pattern after it.",
  );
  assert.is(
    failure(() => new AttentionSteering({ sites: "**.hook_attn_scores", scale: 2 }).prepare(model))[1],
    "AttentionSteering acts on patterns, [batch, head, dest, src]; blocks.0.hook_attn_scores is what the softmax is given. Match the attention's own sites: hook_attn_scores before the softmax, hook_pattern after it.",
  );
  assert.is(countHooks(model), 0);
  assert.equal(
    failure(() => new AttentionSteering({}).prepare(new Model())),
    [
      "OPTION_INVALID",
      "The option scale of AttentionSteering is missing. Give scale or value, one of the two.",
    ],
  );
  assert.is(failure(() => new AttentionKnockout({ heads: 0.5 }))[0], "OPTION_INVALID");
});

test("codes of errors inside a run", () => {
  // "ATTENTION_INDEX" and "ATTENTION_ROW" reach the caller as they are.
  const scores = tensor4d(SCORES, [1, 2, 2, 2]);
  using absent = new AttentionKnockout({ heads: 5 }).prepare(new Model());
  assert.is(failure(() => absent.call(scores))[0], "ATTENTION_INDEX");
  using emptied = new AttentionKnockout({ from: 1 }).prepare(new Model());
  assert.is(failure(() => emptied.call(scores))[0], "ATTENTION_ROW");
  scores.dispose();
});

test.run();
