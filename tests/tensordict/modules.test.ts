import { type Kwargs, Module, TensorDictModule, TensorDictSequential } from "@hookdict/core";
import { type Key, TensorDict } from "@hookdict/tensordict";
import { ActivationCaching } from "@hookdict/latent";
import { add, memory, mul, scalar, sub, type Tensor, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { Double } from "../support/models.ts";

const test = suite("TensorDict modules");

const twice = (x: Tensor): Tensor => mul(x, 2);
const input = (): TensorDict => new TensorDict({ x: scalar(3), name: "in" });
const value = (td: TensorDict, key: Key): number => td.get(key).dataSync()[0] ?? NaN;

/** h = 2x, y = h + x, by a module and by a function. */
function net(): TensorDictSequential {
  return new TensorDictSequential([
    new TensorDictModule(new Double(), ["x"], ["h"]),
    new TensorDictModule((h: Tensor, x: Tensor) => add(h, x), ["h", "x"], [["out", "y"]]),
  ]);
}

test("a step reads its in keys and stores under its out keys, in a new TensorDict", () => {
  using td = input();
  using out = new TensorDictModule(twice, ["x"], [["deep", "y"]]).call(td);
  assert.equal(out.keys({ nested: true, leavesOnly: true }), ["x", "name", ["deep", "y"]]);
  assert.equal([value(out, ["deep", "y"]), td.keys()], [6, ["x", "name"]]);
});

test("what a step leaves behind is freed, and what is not its own stays alive", () => {
  const weight = scalar(10);
  using td = input();
  const before = memory().numTensors;
  {
    const module = new TensorDictModule(
      (x: Tensor) => [x, weight, add(mul(x, 2), 1)],
      ["x"],
      ["same", "w", "y"],
    );
    using out = module.call(td);
    assert.is(memory().numTensors, before + 1 + 3);
    assert.equal([value(out, "same"), value(out, "w"), value(out, "y")], [3, 10, 7]);
  }
  assert.equal([memory().numTensors, weight.isDisposed], [before, false]);
  weight.dispose();
});

test("an underscore discards an output", () => {
  using td = input();
  const module = new TensorDictModule((x: Tensor) => [mul(x, 2), mul(x, 3)], ["x"], ["_", "y"]);
  using out = module.call(td);
  assert.equal([out.has("_"), value(out, "y"), module.outKeys], [false, 9, ["y"]]);
});

test("a record of in keys gives keyword inputs", () => {
  using td = new TensorDict({ a: scalar(5), b: { c: scalar(2) } });
  const minus = ({ left, right }: Kwargs<{ left: Tensor; right: Tensor }>): Tensor => sub(left, right);
  using out = new TensorDictModule(minus, { right: ["b", "c"], left: "a" }, ["y"]).call(td);
  assert.is(value(out, "y"), 5 - 2);
});

test("values and nested dicts are inputs and outputs like tensors", () => {
  using td = new TensorDict({ part: { x: scalar(3) }, factor: 4 });
  const scaled = (part: TensorDict, factor: number): TensorDict => part.mul(factor);
  const rename = new TensorDictModule(new TensorDictModule(twice, ["x"], ["y"]), ["part"], ["part"]);
  using out = new TensorDictModule(scaled, ["part", "factor"], ["scaled"]).call(td);
  using inner = rename.call(td);
  assert.equal([value(out, ["scaled", "x"]), value(inner, ["part", "y"])], [12, 6]);
  assert.equal(td.keys({ nested: true }), ["part", ["part", "x"], "factor"]);
});

test("a LayersModel is a step", () => {
  const kernel = tensor2d([[1, -1]]);
  const model = sequential({
    layers: [
      layers.dense({
        name: "head",
        units: 2,
        useBias: false,
        inputShape: [1],
        weights: [kernel],
      }),
    ],
  });
  using td = new TensorDict({ x: tensor2d([[3]]) });
  const byPosition = new TensorDictModule(model, ["x"], ["y"]);
  const byName = new TensorDictModule(model, { head_input: "x" }, ["y"]);
  for (const module of [byPosition, byName]) {
    using out = module.call(td);
    assert.equal([...out.get("y").dataSync()], [3, -3]);
  }
  assert.equal(
    failure(() => new TensorDictModule(model, { other: "x" }, ["y"]).call(td)),
    [
      "STEP_INPUTS",
      `${model.name} was given inputs named other, and its inputs are head_input. Name each input once, or give the in keys as a list.`,
    ],
  );
  model.dispose();
  kernel.dispose();
});

test("a sequence passes on what its steps store", () => {
  using td = input();
  using out = net().call(td);
  assert.equal([value(out, "h"), value(out, ["out", "y"]), out.get<unknown>("name")], [6, 9, "in"]);
  assert.equal([net().inKeys, net().outKeys], [["x"], ["h", ["out", "y"]]]);
});

test("steps may have names, and sequences may be steps", () => {
  const named = new TensorDictSequential({
    first: net(),
    second: new TensorDictModule(twice, [["out", "y"]], ["z"]),
  });
  using td = input();
  using out = named.call(td);
  assert.equal([value(out, "z"), named.inKeys], [18, ["x"]]);
  const paths = named.hookTarget().sites().map(({ path }) => path); // prettier-ignore
  assert.equal(paths, [
    "steps.first",
    "steps.first.steps.0",
    "steps.first.steps.0.module",
    "steps.first.steps.1",
    "steps.first.steps.1.module",
    "steps.second",
    "steps.second.module",
  ]);
});

test("selectOutKeys stores fewer keys and shares the steps", () => {
  using td = input();
  const whole = net();
  const some = whole.selectOutKeys(["out", "y"]);
  using out = some.call(td);
  assert.equal(out.keys({ nested: true, leavesOnly: true }), ["x", "name", ["out", "y"]]);
  assert.equal([some.outKeys, some.inKeys], [[["out", "y"]], ["x"]]);
  const both = new TensorDictModule(({ x }: Kwargs<{ x: Tensor }>) => [mul(x, 2), mul(x, 3)], { x: "x" }, [
    "a",
    "b",
  ]);
  assert.equal(both.selectOutKeys("b").outKeys, ["b"]);
});

test("selectSubsequence follows keys forward and backward", () => {
  const step = (from: Key, to: Key): TensorDictModule => new TensorDictModule(twice, [from], [to]);
  const whole = new TensorDictSequential([step("a", "b"), step("b", "c"), step("x", "y"), step("c", "d")]);
  const part = (options: { inKeys?: Key[]; outKeys?: Key[] }): unknown => {
    const { inKeys, outKeys } = whole.selectSubsequence(options);
    return [inKeys, outKeys];
  };
  assert.equal(part({ outKeys: ["c"] }), [["a"], ["b", "c"]]);
  assert.equal(part({ inKeys: ["b", "x"] }), [
    ["b", "x"],
    ["c", "y", "d"],
  ]);
  assert.equal(part({ inKeys: ["b", "x"], outKeys: ["y"] }), [["x"], ["y"]]);
  assert.equal(part({ inKeys: ["a"], outKeys: ["d"] }), [["a"], ["b", "c", "d"]]);
  using td = new TensorDict({ x: scalar(1) });
  using out = whole.selectSubsequence({ outKeys: ["y"] }).call(td);
  assert.is(value(out, "y"), 2);
});

test("hooks see TensorDicts at a TensorDict module and tensors at its step", () => {
  using td = input();
  const model = net();
  using hooked = new ActivationCaching(["steps.0", "steps.*.module"], {
    directions: ["fwd_pre", "fwd"],
  }).prepare(model);
  using out = hooked.call(td);
  const { cache } = hooked;
  assert.is(value(out, ["out", "y"]), 9);
  assert.equal(cache.get<TensorDict>(["fwd_pre", "steps.0"]).keys(), ["x", "name"]);
  assert.equal([value(cache, ["fwd", "steps.0", "h"]), value(cache, ["fwd", "steps.1.module"])], [6, 9]);
  assert.is(td.get("x").isDisposed, false);
});

test("a patched step changes those after it", () => {
  using td = input();
  const model = net();
  using hooked = new ActivationCaching("steps.1").prepare(model);
  hooked.context.hook("steps.0", "fwd", (dict: TensorDict) => dict.mul(10));
  using out = hooked.call(td);
  assert.is(value(out, ["out", "y"]), 60 + 30);
});

test("gradients reach the steps", () => {
  using td = input();
  using hooked = new ActivationCaching("steps.0.module", { directions: ["bwd"] }).prepare(net());
  hooked.backward(() => {
    using out = hooked.call(td);
    return mul(out.get(["out", "y"]), out.get("h"));
  });
  assert.is(value(hooked.cache, ["bwd", "steps.0.module"]), 2 * (9 + 6));
});

test("a step that throws leaves nothing behind", () => {
  using td = input();
  const failing = new TensorDictSequential([
    new TensorDictModule(twice, ["x"], ["h"]),
    new TensorDictModule(() => { throw new Error("no"); }, ["h"], ["y"]), // prettier-ignore
  ]);
  const before = memory().numTensors;
  assert.is(failure(() => failing.call(td))[1], "no");
  assert.is(memory().numTensors, before);
});

test("a TensorDict module is a module of a larger model", () => {
  class Model extends Module {
    readonly net = net();
    override forward(x: Tensor): Tensor {
      using td = new TensorDict({ x: x.clone() });
      using out = this.net.call(td);
      return out.get(["out", "y"]).clone();
    }
  }
  const x = scalar(1);
  using hooked = new ActivationCaching("net.steps.0.module").prepare(new Model());
  const y = hooked.call(x);
  assert.equal([y.dataSync()[0], value(hooked.cache, ["fwd", "net.steps.0.module"])], [3, 2]);
  y.dispose();
  x.dispose();
});

test("the messages of module errors", () => {
  using td = new TensorDict({ x: scalar(3), z: scalar(1) });
  assert.equal(
    failure(() => new TensorDictModule(new Double(), ["y"], ["h"]).call(td)),
    ["STEP_KEY_MISSING", 'Double needs "y", which the TensorDict does not have. It has 2: "x", "z".'],
  );
  using empty = new TensorDict();
  assert.is(
    failure(() => new TensorDictModule(new Double(), ["y"], ["h"]).call(empty))[1],
    'Double needs "y", which the TensorDict does not have. The TensorDict is empty.',
  );
  using many = new TensorDict(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${i}`, i])));
  assert.is(
    failure(() => new TensorDictModule(new Double(), ["k"], ["h"]).call(many))[1],
    'Double needs "k", which the TensorDict does not have. It has 9, the nearest: "k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7".',
  );
  const step = new TensorDictModule(twice, [["deep", "h"]], ["y"]);
  assert.equal(
    failure(() => new TensorDictSequential({ last: step }).call(td)),
    [
      "STEP_KEY_MISSING",
      'Step "last" needs ["deep","h"], which the TensorDict does not have. It has 2: "x", "z".',
    ],
  );
  assert.equal(
    failure(() => tidy(() => void new TensorDictModule(twice, ["x"], ["a", "_"]).call(td))),
    [
      "STEP_OUTPUTS",
      'twice gave 1 output, and its out keys are "a", "_". Name each output, and write "_" for one to discard.',
    ],
  );
  const late = async (x: Tensor): Promise<Tensor> => Promise.resolve(x);
  const compiled = (x: Tensor): Promise<Tensor> => Promise.resolve(x); // as a compiler leaves it
  const refused = (name: string): readonly string[] => [
    "STEP_ASYNC",
    `${name} is an async function, and a step gives its values at once. Write an ordinary function, and await what it needs before the call.`,
  ];
  assert.equal(
    failure(() => new TensorDictModule(late, ["x"], ["a"])),
    refused("late"),
  );
  for (const given of [compiled, (x: Tensor): unknown[] => [compiled(x)]])
    assert.equal(
      failure(() => tidy(() => void new TensorDictModule(given as never, ["x"], ["a"]).call(td))),
      refused(given === compiled ? "compiled" : "function"),
    );
  const both = (x: Tensor): Tensor[] => [mul(x, 2), mul(x, 3)];
  assert.is(
    failure(() => tidy(() => void new TensorDictModule(both, ["x"], []).call(td)))[1],
    'both gave 2 outputs, and its out keys are none. Name each output, and write "_" for one to discard.',
  );
  assert.equal(
    failure(() => new TensorDictModule(3 as never, [], [])),
    [
      "STEP_INVALID",
      "A step must be a function, a Module or a LayersModel, not 3. Several TensorDict modules in a row are a TensorDictSequential.",
    ],
  );
  assert.equal(
    failure(() => new TensorDictSequential([twice as never])),
    [
      "SEQUENCE_STEP",
      'Step "0" must be a TensorDict module, not a function. Write new TensorDictModule(step, inKeys, outKeys).',
    ],
  );
  assert.equal(
    failure(() => net().selectOutKeys("z")),
    ["OUT_KEY_UNKNOWN", 'TensorDictSequential has no out key "z". Its out keys are "h", ["out","y"].'],
  );
  assert.equal(
    failure(() => net().selectSubsequence({ inKeys: ["a"], outKeys: ["z"] })),
    ["SUBSEQUENCE_EMPTY", 'No step leads from "a" to "z". Compare with the inKeys and outKeys of the steps.'],
  );
  for (const [keys, where] of [
    [{ inKeys: ["a"] }, ' from "a"'],
    [{ outKeys: ["z"] }, ' to "z"'],
    [{ inKeys: [], outKeys: [] }, " from nothing to nothing"],
  ] as const)
    assert.is(
      failure(() => net().selectSubsequence(keys))[1],
      `No step leads${where}. Compare with the inKeys and outKeys of the steps.`,
    );
});

test.run();
