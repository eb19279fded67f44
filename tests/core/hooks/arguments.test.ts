import {
  formatPath,
  hookFunction,
  HookFactory,
  HookPoint,
  listHooks,
  MultiHookManager,
  removeHooks,
  resolveTarget,
  TensorDictModule,
} from "@hookdict/core";
import { hookGraph } from "@hookdict/core/graph";
import { hookLayers } from "@hookdict/core/layers";
import { ActivationCaching } from "@hookdict/latent";
import { memory, scalar, tensor1d, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";
import { Point } from "../../support/models.ts";
import { chain as graphChain } from "../graph/models.ts";
import { chain as layersChain, free } from "../layers/models.ts";

// The messages; that there is one for everything is tested in tests/arguments.

const test = suite("arguments of hooks and models");

const invalid = (message: string): readonly [string, string] => ["ARGUMENT_INVALID", message];

test("what is no function is named with the argument", async () => {
  using hooked = new ActivationCaching("**").prepare(new Point());
  assert.equal(failure(() => hooked.during(undefined as never)), invalid("during was given nothing as fn. Give a function.")); // prettier-ignore
  assert.equal(failure(() => hooked.disabled(3 as never)), invalid("disabled was given 3 as fn. Give a function.")); // prettier-ignore
  assert.equal(failure(() => hooked.backward("mean" as never)), invalid('backward was given "mean" as loss. Give a function.')); // prettier-ignore
  assert.equal(await asyncFailure(hooked.duringAsync(null as never)), invalid("duringAsync was given null as fn. Give a function.")); // prettier-ignore
});

test("a misspelt option counts for nothing nowhere: removeHooks would remove all", () => {
  const model = new Point();
  using _hook = new MultiHookManager(model, { name: "mine" }).register("hook_x", "fwd", () => undefined);
  assert.equal(
    failure(() => removeHooks(model, { onwer: "other", permanent: true } as never)),
    invalid('removeHooks was given "onwer" as an option. Give only owner, sites, direction, permanent.'),
  );
  assert.is(listHooks(model).length, 1);
});

test("a pattern's unmatched, sites of another model and what is no site are refused", () => {
  using hooked = new ActivationCaching("**").prepare(new Point());
  const { binding } = hooked.context;
  const hook = (where: unknown, unmatched?: unknown): unknown =>
    binding.hook(where as never, "fwd", () => undefined, unmatched as never);
  assert.equal(failure(() => hook("hook_x", "never")), invalid('a pattern was given "never" as unmatched. Give "error", "warn" or "ignore".')); // prettier-ignore
  const none = { path: "nope", segments: ["nope"], kind: "point", type: "HookPoint" };
  assert.equal(
    failure(() => hook({ sites: [none] })),
    ["SITE_UNKNOWN", 'Point has no site at "nope". Give sites of this very model, as sites() tells them.'],
  );
  assert.is(failure(() => hook({ sites: null }))[0], "PATTERN_INVALID");
});

test("tensors that live, and functions, stand in for values", () => {
  const before = memory().numTensors;
  const gone = scalar(1);
  gone.dispose();
  assert.equal(
    failure(() => HookFactory.replace(gone)),
    invalid(
      "HookFactory.replace was given a tensor that was disposed as value. Give a tensor, or a function of the present value.",
    ),
  );
  assert.is(failure(() => HookFactory.replace([1, 2] as never))[0], "ARGUMENT_INVALID");
  assert.is(memory().numTensors, before);
});

test("options of points, functions, layers and graphs are looked at", () => {
  const [layered, graph] = [layersChain(), graphChain()];
  assert.equal(failure(() => new HookPoint({ axes: "batch" as never })), invalid('HookPoint was given "batch" as axes. Give a list of texts.')); // prettier-ignore
  assert.equal(failure(() => hookFunction((x: number) => x, { nmae: "f" } as never)), invalid('hookFunction was given "nmae" as an option. Give only name, sites, refuses.')); // prettier-ignore
  assert.equal(failure(() => hookLayers(layered, { axes: { first: "unit" as never } })), invalid('hookLayers was given "unit" as axes.first. Give a list of texts.')); // prettier-ignore
  assert.equal(failure(() => hookGraph(graph, { names: ["a"] as never })), invalid('hookGraph was given ["a"] as names. Give { name: "path" }.')); // prettier-ignore
  assert.equal(failure(() => hookGraph(graph, { constants: 1 as never })), invalid("hookGraph was given 1 as constants. Give true or false.")); // prettier-ignore
  assert.equal(failure(() => formatPath("a.b" as never)), invalid('formatPath was given "a.b" as segments. Give a list of texts.')); // prettier-ignore
  assert.equal(failure(() => new TensorDictModule(() => 1, "x" as never, [])), invalid('TensorDictModule was given "x" as inKeys. Give a list of keys, or a record of keys by argument.')); // prettier-ignore
  free(layered);
  graph.dispose();
});

test("a model of layers says what it takes, before tfjs-layers does", () => {
  const model = layersChain();
  using hooked = new ActivationCaching("**").prepare(hookLayers(model));
  const hint = "Its inputs are x [any, 2]: give a tensor that lives, or a list of as many.";
  const [narrow, gone, right] = [tensor2d([[1]]), tensor2d([[1, 2]]), tensor2d([[1, 2]])];
  gone.dispose();
  for (const [given, shown] of [
    ["text", "string"],
    [null, "null"],
    [[[1, 2]], "tuple (tuple (number, number))"],
    [narrow, "float32 [1, 1]"],
    [gone, "float32 [1, 2]"],
    [[right, right], "tuple (float32 [1, 2], float32 [1, 2])"],
  ] as const)
    assert.equal(failure(() => hooked.call(given as never)), ["LAYERS_INPUTS", `chain was called with ${shown}. ${hint}`]); // prettier-ignore
  hooked.call([right]).dispose();
  using dense = new ActivationCaching("first").prepare(hookLayers(model.getLayer("first")));
  assert.equal(
    failure(() => dense.call({} as never)),
    ["LAYERS_INPUTS", "first was called with record {  }. Give a tensor that lives, or a list of them."],
  );
  for (const tensor of [narrow, right]) tensor.dispose();
  free(model);
});

test("a graph says what it takes, before the converter does, at once and waiting", async () => {
  const model = graphChain();
  using hooked = new ActivationCaching("**").prepare(hookGraph(model));
  const [x, other] = [tensor1d([1, 2]), tensor1d([1, 2], "int32")];
  const hint = "Its inputs are x float32 [2]: give tensors that live, in a list of as many or by name.";
  for (const [given, shown] of [
    ["text", "string"],
    [undefined, "undefined"],
    [other, "int32 [2]"],
    [{ y: x }, "record { y: float32 [2] }"],
    [{}, "record {  }"],
    [[x, x], "tuple (float32 [2], float32 [2])"],
  ] as const) {
    const wanted = ["GRAPH_INPUTS", `The graph was called with ${shown}. ${hint}`];
    assert.equal(
      failure(() => hooked.call(given as never)),
      wanted,
    );
    assert.equal(await asyncFailure(hooked.callAsync(given as never)), wanted);
  }
  assert.equal(
    failure(() => hooked.call(x, "block/twiec")),
    [
      "GRAPH_OUTPUT_UNKNOWN",
      'The output "block/twiec" was asked of the graph, but no node has that name. The nearest names are block/twice, block/shifted, two, one, out.',
    ],
  );
  assert.equal(failure(() => hooked.call(x, 3 as never)), invalid("call was given 3 as outputs. Give a list of texts.")); // prettier-ignore
  const twice: Tensor = hooked.call({ x }, ["block/twice:0"]);
  assert.equal([...twice.dataSync()], [2, 4]);
  for (const tensor of [x, other, twice]) tensor.dispose();
  model.dispose();
});

test("every kind of model can refuse hooks, at some sites or at all", () => {
  const [layered, graph] = [layersChain(), graphChain()];
  const plain = hookFunction((x: number) => x, {
    sites: { hidden: null },
    refuses: { hidden: "It is shared." },
  });
  const refused = (path: string): readonly [string, string] => [
    "HOOKS_REFUSED",
    `The model takes no hooks at ${path}: It is shared. Hook another site, or leave this one out: ["**", "!${path}"].`,
  ];
  const hooks = (model: never, pattern: string): unknown =>
    new MultiHookManager(model).register(pattern, "fwd", () => undefined);
  const some = { refuses: { first: "It is shared." } };
  assert.equal(
    failure(() => hooks(hookLayers(layered, some) as never, "**")),
    refused("first"),
  );
  new ActivationCaching("second").prepare(hookLayers(layered, some)).dispose();
  const all = hookGraph(graph, { refuses: { "**": "It is shared." } });
  assert.equal(
    failure(() => hooks(all as never, "out")),
    refused("out"),
  );
  assert.equal(
    failure(() => hooks(plain as never, "**")),
    refused("hidden"),
  );
  assert.is(resolveTarget(all).entries.size, 0);
  assert.is(failure(() => hookLayers(layered, { refuses: { frist: "no" } }))[0], "PATTERN_UNMATCHED");
  free(layered);
  graph.dispose();
});

test.run();
