import { countHooks, HookPoint, Module } from "@hookdict/core";
import { type HookSpec, type Intervention, Interventions } from "@hookdict/contexts";
import { scalar, softmax, type Tensor, tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { Embedder, Point, Toy } from "../support/models.ts";
import { Attention, cut, data } from "./specs.ts";

const test = suite("what interventions refuse");

test("a run of the forward pass alone refuses what is for the backward pass, instead of capturing nothing", () => {
  const x = scalar(2);
  const cases: readonly HookSpec[] = [
    { captures: [{ at: "hook_mid", direction: "bwd_pre" }] },
    { interventions: [{ kind: "zero", at: "hook_mid", direction: "bwd_pre" }] },
  ];
  for (const spec of cases)
    assert.equal(
      failure(() => new Interventions(spec).run(new Toy(), x)),
      [
        "LOSS_MISSING",
        "Interventions.run was given the direction bwd_pre, but no loss. Take hooked = interventions.prepare(model), " +
          "differentiate with hooked.backward(() => loss), and read hooked.cache.",
      ],
    );
  x.dispose();
});

test("a knockout row that masks everything is an error, not NaN", () => {
  assert.equal(
    failure(() => new Interventions(cut([0, 1, 1, 1], [2, 2]))),
    [
      "KNOCKOUT_MASK",
      "Row 1 of interventions[0].mask cuts every source, which would leave a softmax over nothing. Leave at least one source per row, or use zero at hook_pattern or hook_z to silence a position.",
    ],
  );
  const causal = tensor2d([
    [1, -Infinity],
    [1, 1],
  ]);
  assert.equal(
    failure(() => new Interventions(cut([1, 0], [1, 2])).run(new Attention(), causal)),
    [
      "KNOCKOUT_ROW",
      "A knockout at hook_attn_scores leaves a row of the scores (float32 [2, 2]) without any source: the others are masked already. Leave each position at least one source that it can see, such as itself.",
    ],
  );
  causal.dispose();
});

test("an unknown name is a MatchError, before any run", () => {
  const model = new Toy();
  for (const spec of [
    { captures: [{ at: "hook_x" }, { at: "hook_mit" }] },
    { interventions: [{ kind: "zero", at: "hook_mit" }] },
  ] as const) {
    const error = thrown(() => new Interventions(spec).validate(model));
    assert.is(error.name, "MatchError");
    assert.ok(error.message.startsWith('No site matches "hook_mit", among 9 sites.'));
  }
  assert.is(countHooks(model), 0);
});

test("a value of a wrong shape is refused at the site", () => {
  const x = scalar(2);
  const apply = (intervention: Intervention): readonly [string, string] =>
    failure(() => new Interventions({ interventions: [intervention] }).run(new Toy(), x));
  assert.equal(apply({ kind: "replace", at: "hook_mid", value: data([1, 2], [2]) }), [
    "REPLACEMENT_SHAPE",
    "The fwd hook of Interventions at hook_mid returned float32 [2] in place of float32 []. Return the same structure, shapes and dtypes, or register the hook with reshapes: true.",
  ]);
  assert.equal(apply({ kind: "add", at: "hook_mid", value: data([1, 2], [2]) }), [
    "INTERVENTION_VALUE",
    "The intervention add at hook_mid has a value float32 [2] that does not fit []. Give the same shape, with leading axes left out or axes of length 1 where it repeats.",
  ]);
  x.dispose();
});

class Posless extends Module {
  readonly hook_q: HookPoint = new HookPoint({ axes: ["batch", "head"] });
  override forward(x: Tensor): Tensor {
    return this.hook_q.call(x);
  }
}

test("positions need the axis, and must lie on it", () => {
  using model = new Embedder();
  const spec = (positions: readonly number[], at: string): HookSpec => ({
    interventions: [{ kind: "addAtPositions", at, positions, value: data([1]) }],
  });
  assert.equal(
    failure(() => new Interventions(spec([0], "hook_x")).validate(new Toy())),
    [
      "POSITION_AXIS",
      'The positions of addAtPositions need the axis "pos"; hook_x declares no axes. Match only sites with that axis, or leave the positions out and give a value of the whole shape.',
    ],
  );
  assert.is(
    failure(() => new Interventions(spec([0], "hook_q")).validate(new Posless()))[1],
    'The positions of addAtPositions need the axis "pos"; hook_q declares the axes batch, head. Match only sites with that axis, or leave the positions out and give a value of the whole shape.',
  );
  const tokens = tensor2d([[0]], [1, 1], "int32");
  assert.equal(
    failure(() => new Interventions(spec([1], "hook_embed")).run(model, tokens)),
    [
      "POSITION_OUTSIDE",
      "addAtPositions was given position 1, but the value at hook_embed has 1 positions. Use whole numbers from -1 to 0; negative ones count from the end.",
    ],
  );
  assert.equal(
    failure(() => new Interventions(spec([-1, 0], "hook_embed")).run(model, tokens)),
    [
      "POSITION_TWICE",
      "addAtPositions was given position 0 twice: the value at hook_embed has 1 positions, of which it is also -1. Name each position once, from the start or from the end.",
    ],
  );
  tokens.dispose();
});

test("a value that is no single tensor is refused", () => {
  class Pair extends Module {
    readonly hook_pair: HookPoint = new HookPoint();
    override forward(x: Tensor): Tensor {
      return this.hook_pair.call([x, x])[0] as Tensor;
    }
  }
  const x = scalar(1);
  assert.equal(
    failure(() =>
      new Interventions({ interventions: [{ kind: "zero", at: "hook_pair" }] }).run(new Pair(), x),
    ),
    [
      "INTERVENTION_VALUE",
      "The intervention zero changes single tensors; the value at hook_pair is tuple (float32 [], float32 []). Match a hook point inside instead.",
    ],
  );
  x.dispose();
});

test("data that is no spec is refused with its place", () => {
  const refused = (spec: unknown): string => {
    const [code, message] = failure(() => Interventions.parse(JSON.stringify(spec)));
    assert.is(code, "SPEC_INVALID");
    return message
      .replace("A HookSpec does not hold: ", "")
      .replace(" docs/specs.md lists what a spec is made of.", "");
  };
  const one = (item: unknown): unknown => ({ interventions: [item] });
  assert.is(refused([]), "the spec is [], not a record.");
  assert.is(
    refused({ capture: [] }),
    "the spec is one with capture, not a record of captures, interventions.",
  );
  assert.is(refused({ captures: "hook_x" }), 'captures is "hook_x", not a list.');
  assert.is(refused({ captures: [{}] }), "captures[0].at is missing, not a glob.");
  assert.is(
    refused({ captures: [{ at: "x", direction: "up" }] }),
    'captures[0].direction is "up", not a direction.',
  );
  assert.is(
    refused(one({ kind: "halve" })),
    'interventions[0].kind is "halve", not one of replace, set, add, scale, zero, knockout, addAtPositions, patchAt.',
  );
  assert.is(
    refused(one({ kind: "scale", at: "x", factor: "2" })),
    'interventions[0].factor is "2", not a finite number.',
  );
  assert.match(
    failure(() => new Interventions({ interventions: [{ kind: "scale", at: "x", factor: Infinity }] }))[1],
    "interventions[0].factor is Infinity, not a finite number.",
  );
  assert.is(
    refused(one({ kind: "add", at: "x", value: data([1, 2], [3]) })),
    "interventions[0].value.values is 2 numbers, not a list of 3 finite numbers.",
  );
  assert.is(
    refused(one({ kind: "add", at: "x", value: data([1], [0.5]) })),
    "interventions[0].value.shape is [0.5], not a list of sizes.",
  );
  assert.is(
    refused(one({ kind: "add", at: "x", value: { ...data([1]), dtype: "string" } })),
    'interventions[0].value.dtype is "string", not float32, int32 or bool.',
  );
  assert.is(
    refused(one({ kind: "addAtPositions", at: "x", positions: [1, 1], value: data([1]) })),
    "interventions[0].positions is [1,1], not a list of different whole numbers.",
  );
  assert.is(
    refused(one({ kind: "knockout", at: "x", mask: data([0], [1]) })),
    "interventions[0].mask.shape is [1], not at least [dest, src].",
  );
});

/** Scores, pattern and a result, as in a transformer. */
class Head extends Module {
  readonly hook_attn_scores: HookPoint = new HookPoint({ axes: ["batch", "head", "dest", "src"] });
  readonly hook_pattern: HookPoint = new HookPoint({ axes: ["batch", "head", "dest", "src"] });
  readonly hook_z: HookPoint = new HookPoint({ axes: ["batch", "pos", "head", "dHead"] });
  override forward(scores: Tensor): Tensor {
    return this.hook_z.call(this.hook_pattern.call(softmax(this.hook_attn_scores.call(scores))));
  }
}

test("a knockout belongs to scores: elsewhere it is refused, with the right site's name", () => {
  class Model extends Module {
    readonly attn: Head = new Head();
    override forward(scores: Tensor): Tensor {
      return this.attn.call(scores);
    }
  }
  const at = (path: string, direction?: "bwd" | "fwd_pre"): readonly [string, string] =>
    failure(() =>
      new Interventions({
        interventions: [
          { kind: "knockout", at: path, mask: data([0, 1, 0, 0], [2, 2]), ...(direction && { direction }) },
        ],
      }).validate(new Model()),
    );
  assert.equal(at("attn.hook_pattern"), [
    "KNOCKOUT_SITE",
    "A knockout cuts attention scores, before the softmax; the value at attn.hook_pattern is the pattern that the softmax " +
      "has made of them. Use it at attn.hook_attn_scores; to silence values after the softmax, use zero.",
  ]);
  assert.match(at("attn.hook_z")[1], "has the axes batch, pos, head, dHead, not dest and src at the end.");
  assert.match(at("attn.hook_attn_scores", "bwd")[1], "in a backward direction is a gradient.");
  assert.is(at("**.hook_pattern", "fwd_pre")[0], "KNOCKOUT_SITE");
  new Interventions({
    interventions: [{ kind: "knockout", at: "**.hook_attn_scores", mask: data([0, 1, 0, 0], [2, 2]) }],
  }).validate(new Model());
});

test("integers stay integers: whole numbers are added and multiplied, fractions are refused", () => {
  const x = tensor1d([1, 2], "int32");
  const run = (intervention: Intervention): number[] => {
    using result = new Interventions({ interventions: [intervention] }).run(new Point(), x);
    const { output } = result;
    assert.is(output.dtype, "int32");
    return [...output.dataSync()];
  };
  assert.equal(run({ kind: "scale", at: "hook_x", factor: 3 }), [3, 6]);
  assert.equal(run({ kind: "add", at: "hook_x", value: data([10]) }), [11, 12]);
  const refused = (kind: string): readonly string[] => [
    "INTERVENTION_DTYPE",
    `The intervention ${kind} at hook_x would make float32 of the value there, int32 [2]. Give whole numbers where the site has integers, or match a site after them.`,
  ];
  assert.equal(
    failure(() => run({ kind: "scale", at: "hook_x", factor: 0.5 })),
    refused("scale"),
  );
  assert.equal(
    failure(() => run({ kind: "add", at: "hook_x", value: data([0.5]) })),
    refused("add"),
  );
  x.dispose();
});

test("text that is no JSON is an error of ours, with the cause", () => {
  const [code, message] = failure(() => Interventions.parse("{"));
  assert.is(code, "SPEC_JSON");
  assert.match(
    message,
    /^Interventions\.parse was given "\{", which is no JSON: .+\. Give the text that JSON\.stringify\(interventions\) writes, or the data itself to new Interventions\(spec\)\.$/,
  );
  assert.is(failure(() => Interventions.parse(3 as never))[0], "SPEC_JSON");
  assert.is(failure(() => Interventions.parse("null"))[0], "SPEC_INVALID");
});

test.run();
