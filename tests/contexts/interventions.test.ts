import { TensorDict } from "@hookdict/tensordict";
import { HookCache, type HookSpec, type Intervention, Interventions } from "@hookdict/contexts";
import { scalar, tensor, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { Embedder, Toy } from "../support/models.ts";
import { takeOne } from "../support/values.ts";
import { Attention, cut, data } from "./specs.ts";

const test = suite("declarative interventions");

/** What the toy model makes of 2 under interventions. */
function toyOf(...interventions: readonly Intervention[]): number {
  const x = scalar(2);
  const { output, captures } = new Interventions({ interventions }).run(new Toy(), x);
  captures.dispose();
  x.dispose();
  return takeOne(output);
}

const out = (mid: number): number => mid ** 2 - 4;

test("each kind changes the value, and they follow each other in order", () => {
  const at = "hook_mid";
  assert.is(toyOf({ kind: "replace", at, value: data([5]) }), out(5));
  assert.is(toyOf({ kind: "add", at, value: data([5]) }), out(7 + 5));
  assert.is(toyOf({ kind: "scale", at, factor: 2 }), out(7 * 2));
  assert.is(toyOf({ kind: "zero", at }), out(0));
  assert.is(toyOf({ kind: "scale", at, factor: 2 }, { kind: "add", at, value: data([1]) }), out(7 * 2 + 1));
  assert.is(toyOf({ kind: "add", at, value: data([1]) }, { kind: "scale", at, factor: 2 }), out((7 + 1) * 2));
  assert.is(toyOf({ kind: "scale", at: "second", direction: "fwd_pre", factor: 3 }), out(7 * 3));
});

test("values are added at positions of the declared axis, negative ones from the end", () => {
  using model = new Embedder();
  const tokens = tensor2d([[0, 0, 0]], [1, 3], "int32");
  const added = (positions: number[], values: number[], shape: number[]): number[] => {
    const spec: HookSpec = {
      interventions: [{ kind: "addAtPositions", at: "hook_double", positions, value: data(values, shape) }],
    };
    using run = new Interventions(spec).run(model, tokens);
    return [...run.output.dataSync()];
  };
  assert.equal(added([-1, 0], [10, 20], [2]), [2 + 10, 4 + 20, 2, 4, 2 + 10, 4 + 20]);
  assert.equal(added([1, 0], [1, 1, 5, 5], [2, 2]), [2 + 5, 4 + 5, 2 + 1, 4 + 1, 2, 4]);
  tokens.dispose();
});

test("a capture comes before the interventions at the same site", () => {
  const x = scalar(2);
  const spec: HookSpec = {
    interventions: [{ kind: "zero", at: "hook_mid" }],
    captures: [{ at: "hook_{mid,second}" }],
  };
  using run = new Interventions(spec).run(new Toy(), x);
  assert.equal([...run.require("hook_mid").dataSync()], [2 ** 2 + 3]);
  assert.equal([...run.require("hook_second").dataSync()], [0]);
  x.dispose();
});

test("a knocked-out source gets no attention", () => {
  const scores = tensor2d([
    [1, 1],
    [1, 1],
  ]);
  using run = new Interventions(cut([0, 1, 0, 0], [2, 2])).run(new Attention(), scores);
  assert.equal([...run.output.dataSync()], [1, 0, 0.5, 0.5]);
  scores.dispose();
});

test("the data of a factory cannot be changed", () => {
  const made = new Interventions({ interventions: [{ kind: "scale", at: "hook_x", factor: 2 }] });
  const [scaling] = made.spec.interventions as unknown as { factor: number }[];
  assert.instance(
    thrown(() => Object.assign(scaling as object, { factor: 3 })),
    TypeError,
  );
  assert.is(String(made), "Interventions(scale hook_x × 2)");
});

test("specs survive JSON, and compare and print without their values", () => {
  const made = new Interventions({
    captures: [{ at: "hook_x", direction: "bwd" }],
    interventions: [
      { kind: "add", at: "hook_mid", value: data([1, 2], [2]) },
      { kind: "scale", at: "hook_*", factor: 2 },
    ],
  });
  const back = Interventions.parse(JSON.stringify(made));
  assert.equal(back.spec, made.spec);
  assert.ok(back.equals(made));
  assert.not(made.equals(new Interventions({})));
  assert.is(String(made), "Interventions(capture bwd hook_x; add hook_mid [2]; scale hook_* × 2)");
});

test("extend merges captures and interventions, in order", () => {
  const first = new Interventions({
    captures: [{ at: "hook_mid" }],
    interventions: [{ kind: "scale", at: "hook_mid", factor: 2 }],
  });
  const second: HookSpec = {
    captures: [{ at: "hook_{mid,out}" }],
    interventions: [{ kind: "add", at: "hook_mid", value: data([1]) }],
  };
  const x = scalar(2);
  using run = first.extend(second).run(new Toy(), x);
  assert.equal([...run.output.dataSync()], [out(7 * 2 + 1)]);
  assert.equal([...run.require("hook_mid").dataSync()], [7]);
  assert.is(run.numCaptures, 2);
  x.dispose();
});

test("a HookCache gives, requires, stores and counts", () => {
  using run = new HookCache(scalar(1), new TensorDict());
  assert.is(run.numCaptures, 0);
  assert.is(run.get("hook_x"), undefined);
  assert.is(thrown(() => run.require("hook_x")).name, "KeyError");
  run.store("hook_x", tensor([1, 2]));
  run.store("hook_x", tensor([3]), "bwd");
  assert.equal([...run.require("hook_x").dataSync()], [1, 2]);
  assert.equal([...run.require("hook_x", "bwd").dataSync()], [3]);
  assert.is(run.numCaptures, 2);
});

test.run();
