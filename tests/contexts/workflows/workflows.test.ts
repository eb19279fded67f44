import { Interventions, Workflow, type WorkflowStep } from "@hookdict/contexts";
import { countHooks, HookPoint, Module } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { TensorDict } from "@hookdict/tensordict";
import { add, memory, mul, scalar, sub, sum, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";

const test = suite("workflows");

class Line extends Module {
  readonly hook_x: HookPoint = new HookPoint();
  readonly hook_y: HookPoint = new HookPoint();
  passes = 0;
  override forward(x: Tensor): Tensor {
    this.passes++;
    return this.hook_y.call(mul(this.hook_x.call(x), 2));
  }
}

const clean = (model: Line, name: string, at: string): WorkflowStep => ({
  name,
  inKeys: ["x"],
  model,
  factory: new ActivationCaching(at),
  run: name,
});
const difference: WorkflowStep = {
  name: "difference",
  inKeys: [
    ["first", "fwd", "hook_x"],
    ["second", "fwd", "hook_y"],
  ],
  outKeys: ["apart"],
  run: (a: Tensor, b: Tensor) => [sub(b, a)],
};

test("equal passes are one, and captures of several runs stand side by side", async () => {
  const model = new Line();
  const workflow = new Workflow([
    clean(model, "first", "hook_x"),
    clean(model, "second", "hook_*"),
    difference,
  ]);
  assert.equal(workflow.plan(), { groups: [["first", "second"], ["difference"]], passes: 1, shared: 1 });
  assert.equal(workflow.inKeys, ["x"]);
  using input = new TensorDict({ x: tensor1d([1, 2]) });
  const events: string[] = [];
  using output = await workflow.run(input, {
    onProgress: ({ done, total }) => events.push(`${done}/${total}`),
  });
  assert.is(model.passes, 1);
  assert.equal([...output.get<Tensor>("apart").dataSync()], [1, 2]);
  assert.equal([...output.get<Tensor>(["second", "fwd", "hook_y"]).dataSync()], [2, 4]);
  assert.equal([...input.keys()], ["x"]);
  assert.equal(events, ["0/2", "1/2", "2/2"]);
  assert.is(countHooks(model), 0);
});

test("a pass that changes values, or reads what the other writes, is its own", async () => {
  const model = new Line();
  const patched: WorkflowStep = {
    name: "scaled",
    inKeys: ["x"],
    model,
    factory: new Interventions({ interventions: [{ kind: "scale", at: "hook_x", factor: 10 }] }),
    output: "scaled",
  };
  const again: WorkflowStep = {
    name: "again",
    inKeys: ["scaled"],
    model,
    factory: new ActivationCaching("hook_x"),
    output: "last",
  };
  const workflow = new Workflow([clean(model, "clean", "hook_x"), patched, again]);
  assert.equal(workflow.plan().groups, [["clean"], ["scaled"], ["again"]]);
  using input = new TensorDict({ x: tensor1d([1]) });
  using output = await workflow.run(input);
  assert.is(model.passes, 3);
  assert.equal([...output.get<Tensor>("last").dataSync()], [40]);
});

test("a pass may be any call, such as a backward one", async () => {
  const model = new Line();
  const step: WorkflowStep = {
    name: "gradients",
    inKeys: ["x"],
    model,
    factory: new ActivationCaching("hook_x", { directions: ["bwd_pre"] }),
    run: "back",
    call: (hooked, x) => hooked.backward(() => sum(hooked.call(x) as Tensor)),
  };
  using input = new TensorDict({ x: tensor1d([1, 1]) });
  using output = await new Workflow([step]).run(input);
  assert.equal([...output.get<Tensor>(["back", "bwd_pre", "hook_x"]).dataSync()], [2, 2]);
});

test("missing and doubly owned keys are refused before anything runs", async () => {
  const model = new Line();
  using input = new TensorDict({ x: scalar(1), apart: scalar(1) });
  const missing = new Workflow([clean(model, "first", "hook_x"), difference]);
  assert.equal(await asyncFailure(missing.run(input)), [
    "WORKFLOW_KEY_MISSING",
    'The step difference reads ["second","fwd","hook_y"], which no step before it writes and the input has not; there is "x", "apart", "first". Nothing has run. Give it with the input, or put the step that writes it before.',
  ]);
  const owned = new Workflow([clean(model, "first", "hook_x"), clean(model, "second", "hook_y"), difference]);
  assert.equal(await asyncFailure(owned.run(input)), [
    "WORKFLOW_KEY_OWNED",
    'The step difference writes "apart", which belongs to the input. Nothing has run. Write another key, or name this one among the step\'s updates.',
  ]);
  assert.is(model.passes, 0);
  using output = await new Workflow([
    {
      ...difference,
      inKeys: ["x", "apart"],
      updates: ["apart"],
      run: (a: Tensor, b: Tensor) => [add(a, b)],
    },
  ]).run(input);
  assert.equal([...output.get<Tensor>("apart").dataSync()], [2]);
  assert.equal([...input.get<Tensor>("apart").dataSync()], [1]);
});

test("a step that fails leaves everything as it was", async () => {
  const model = new Line();
  using input = new TensorDict({ x: scalar(1) });
  const before = memory().numTensors;
  const failing: WorkflowStep = {
    name: "failing",
    inKeys: ["x"],
    outKeys: ["y"],
    run: () => {
      throw new Error("no.");
    },
  };
  assert.equal(await asyncFailure(new Workflow([clean(model, "first", "hook_x"), failing]).run(input)), [
    "WORKFLOW_STEP_FAILED",
    "The step failing threw Error: no. The cause is the original error. Input, models and tensors are as they were.",
  ]);
  const silent: WorkflowStep = {
    ...failing,
    name: "silent",
    outKeys: ["y", "z"],
    run: () => [scalar(1)],
  };
  assert.equal(await asyncFailure(new Workflow([silent]).run(input)), [
    "WORKFLOW_KEY_NOT_WRITTEN",
    'The step silent says that it writes "z", and has not. Return a list with a value for each out key, and a tensor as the output of a model; the input is as it was.',
  ]);
  assert.is(memory().numTensors, before);
  assert.is(countHooks(model), 0);
  assert.equal([...input.keys()], ["x"]);
});

test("what is no step is refused", () => {
  assert.equal(
    failure(() => new Workflow([difference, difference])),
    ["WORKFLOW_NAME", 'Two steps of a workflow are called "difference". Give each a name of its own.'],
  );
  assert.equal(
    failure(() => new Workflow([{ ...difference, run: 1 } as never])),
    [
      "WORKFLOW_STEP",
      "Step 0 of a workflow has number as its run. Give a function of the values under the in keys.",
    ],
  );
  assert.is(failure(() => new Workflow([{ ...difference, outKeys: 1 } as never]))[0], "WORKFLOW_STEP");
  assert.is(failure(() => new Workflow([null as never]))[0], "WORKFLOW_STEP");
});

test.run();
