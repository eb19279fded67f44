import { Interventions, type PassStep, Workflow, type WorkflowStep } from "@hookdict/contexts";
import { countHooks, HookPoint, Module } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { TensorDict } from "@hookdict/tensordict";
import { WeightEditing } from "@hookdict/weights";
import { add, memory, mul, neg, scalar, sum, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";

const test = suite("workflows that fail, wait and end early");

class Line extends Module {
  readonly hook_x: HookPoint = new HookPoint();
  readonly gain: Tensor = tensor1d([2, -0]);
  passes = 0;
  override forward(x: Tensor): Tensor {
    this.passes++;
    return mul(this.hook_x.call(x), this.gain);
  }
  [Symbol.dispose](): void {
    this.gain.dispose();
  }
}

const look = (model: Line, name: string, more: Partial<PassStep> = {}): WorkflowStep => ({
  name,
  inKeys: ["x"],
  model,
  factory: new ActivationCaching("hook_x"),
  run: name,
  ...more,
});
const step = (name: string, run: (...inputs: never[]) => unknown, more: object = {}): WorkflowStep =>
  ({ name, inKeys: ["x"], outKeys: [name], run, ...more }) as WorkflowStep;
const wait = (): Promise<void> => new Promise((done) => setTimeout(done, 1));

/** Runs a workflow that is to fail; tensors, hooks, weights and input must be as before. */
async function failed(
  steps: (model: Line) => readonly WorkflowStep[],
  options: object = {},
): Promise<readonly [string, string]> {
  using model = new Line();
  using input = new TensorDict({ x: tensor1d([1, 3]) });
  const before = memory().numTensors;
  const bits = new Uint32Array(model.gain.dataSync().slice().buffer);
  const told = await asyncFailure(new Workflow(steps(model)).run(input, options));
  assert.is(memory().numTensors, before, told[1]);
  assert.is(countHooks(model), 0);
  assert.equal(new Uint32Array(model.gain.dataSync().slice().buffer), bits);
  assert.equal([...input.keys()], ["x"]);
  assert.equal([...input.get<Tensor>("x").dataSync()], [1, 3]);
  return told;
}

const thrown = (message: string) => (): never => {
  throw new Error(message);
};

for (const [name, steps, code] of [
  ["a step that throws after it has computed", () => [step("y", (x: Tensor) => (add(x, 1), thrown("no")()))], "WORKFLOW_STEP_FAILED"], // prettier-ignore
  ["a step that waits and throws", () => [step("y", async () => (await wait(), thrown("late")()))], "WORKFLOW_STEP_FAILED"], // prettier-ignore
  ["a step that gives too little", () => [step("y", (x: Tensor) => [x, undefined], { outKeys: ["y", "z"] })], "WORKFLOW_KEY_NOT_WRITTEN"], // prettier-ignore
  ["a step that gives no list", () => [step("y", (x: Tensor) => add(x, 1))], "WORKFLOW_KEY_NOT_WRITTEN"],
  ["a value that cannot be kept", () => [step("y", (x: Tensor) => [add(x, 1), () => 1], { outKeys: ["y", "z"] })], "WORKFLOW_STEP_FAILED"], // prettier-ignore
  ["a pass whose hook throws", (model) => [look(model, "first", { factory: new Interventions({ interventions: [{ kind: "add", at: "hook_x", value: [1, 2, 3] }] }), run: undefined } as never)], "WORKFLOW_STEP_FAILED"], // prettier-ignore
  ["a pass that throws under an edit of weights", (model) => [look(model, "first"), { name: "edited", inKeys: ["x"], model, factory: new WeightEditing({ name: "neg", of: "gain", change: neg }), call: thrown("within") }], "WORKFLOW_STEP_FAILED"], // prettier-ignore
  ["a pass that waits under an edit of weights and throws", (model) => [{ name: "edited", inKeys: ["x"], model, factory: new WeightEditing({ name: "neg", of: "gain", change: neg }), call: async () => (await wait(), thrown("within")()) }], "WORKFLOW_STEP_FAILED"], // prettier-ignore
  ["a run of a context that captures nothing", (model) => [look(model, "first", { factory: new WeightEditing({ name: "neg", of: "gain", change: neg }), run: "first" })], "WORKFLOW_KEY_NOT_WRITTEN"], // prettier-ignore
] as const satisfies readonly (readonly [string, (model: Line) => readonly WorkflowStep[], string])[]) {
  test(`${name} leaves everything as it was`, async () => {
    assert.is((await failed((model) => [look(model, "before"), ...steps(model)]))[0], code);
  });
}

test("a run that is aborted leaves everything as it was, also while a step waits", async () => {
  const signal = { aborted: false, reason: "enough" };
  const told = await failed(
    (model) => [
      look(model, "first"),
      step("y", async (x: Tensor) => {
        await wait();
        signal.aborted = true;
        return [add(x, 1)];
      }),
      step("z", thrown("never")),
    ],
    { signal },
  );
  assert.equal(told, [
    "WORKFLOW_ABORTED",
    "A workflow was aborted after 2 of 3 groups of steps. Input, models and tensors are as they were.",
  ]);
  assert.match((await failed((model) => [look(model, "first")], { signal }))[1], "after 0 of 1 groups");
  assert.is((await failed((model) => [look(model, "first")], { abort: 1 }))[0], "ARGUMENT_INVALID");
});

test("an error of a listener reaches the caller, and nothing is left", async () => {
  const onProgress = thrown("listening");
  assert.match((await failed((model) => [look(model, "first")], { onProgress }))[1], "listening");
});

test("what a step makes on the way is freed", async () => {
  using model = new Line();
  using input = new TensorDict({ x: tensor1d([1, 3]) });
  const before = memory().numTensors;
  {
    using output = await new Workflow([
      step("y", (x: Tensor) => [mul(add(x, 1), 2)]),
      step("same", (x: Tensor) => [x, x, add(x, 1)], { outKeys: ["same", "again"] }),
      { name: "back", inKeys: ["x"], model, factory: new ActivationCaching("hook_x", { directions: ["bwd_pre"] }), run: "back", call: (hooked, x) => hooked.backward(() => sum(hooked.call(x) as Tensor)) }, // prettier-ignore
    ]).run(input);
    assert.equal([...output.get<Tensor>("y").dataSync()], [4, 8]);
    assert.equal([...output.get<Tensor>("again").dataSync()], [1, 3]);
    assert.is(memory().numTensors, before + 5); // x, y, same, again, back
  }
  assert.is(memory().numTensors, before);
});

test("passes wait: hooks and edits stand until a call that waits is done", async () => {
  using model = new Line();
  using input = new TensorDict({ x: tensor1d([1, 3]) });
  const hooks: number[] = [];
  using output = await new Workflow([
    look(model, "slow", {
      output: "y",
      call: async (hooked, x: never) => {
        await wait();
        hooks.push(countHooks(model));
        return await hooked.callAsync(x);
      },
    }),
  ]).run(input);
  assert.equal(hooks, [1]);
  assert.equal([...output.get<Tensor>(["slow", "fwd", "hook_x"]).dataSync()], [1, 3]);
  assert.equal([...output.get<Tensor>("y").dataSync()], [2, -0]);
});

test("keys are checked as trees before anything runs: above, below, and below a run's captures", async () => {
  using model = new Line();
  using input = new TensorDict({ x: tensor1d([1, 3]), tree: new TensorDict({ leaf: scalar(1) }) });
  const told = (...steps: readonly WorkflowStep[]): Promise<readonly [string, string]> =>
    asyncFailure(new Workflow(steps).run(input));
  const one = (): Tensor[] => [scalar(1)];
  for (const outKeys of [[["x"]], [["x", "below"]], ["tree"], [["tree", "leaf"]]])
    assert.match(
      (await told(step("y", one, { outKeys })))[1],
      `writes ${JSON.stringify(outKeys[0])}, which belongs to the input.`,
    );
  for (const outKeys of [[["first", "fwd", "more"]], [["first"]], ["first"]])
    assert.match(
      (await told(look(model, "first"), step("y", one, { outKeys })))[1],
      "which belongs to the step first.",
    );
  assert.match(
    (await told(step("a", one, { outKeys: [["a", "b"]] }), step("c", one, { outKeys: ["a"] })))[1],
    'The step c writes "a", which belongs to the step a.',
  );
  assert.equal(await told(look(model, "first"), step("y", one, { inKeys: [["first", "fwd", "hook_y"]] })), [
    "WORKFLOW_KEY_MISSING",
    'The step y reads ["first","fwd","hook_y"], which no step before it writes and the input has not; there is "x", ["tree","leaf"], "first", ["first","fwd","hook_x"]. Nothing has run. Give it with the input, or put the step that writes it before.',
  ]);
  assert.match((await told(step("y", one, { outKeys: ["z"], updates: ["z"] })))[1], 'The step y reads "z"');
  assert.is(model.passes, 0);
  using output = await new Workflow([
    step("a", one, { outKeys: [["a", "b"]] }),
    step("read", (tree: TensorDict) => [tree.get<Tensor>("b")], { inKeys: ["a"], outKeys: ["read"] }),
    step("more", one, { outKeys: [["tree", "other"]] }),
  ]).run(input);
  assert.equal([...output.get<Tensor>("read").dataSync()], [1]);
  assert.ok(output.has(["tree", "leaf"]) && output.has(["tree", "other"]) && !input.has(["tree", "other"]));
});

test("one key in two writings is one key", async () => {
  using model = new Line();
  const workflow = new Workflow([look(model, "first"), look(model, "second", { inKeys: [["x"]] })]);
  assert.equal(workflow.plan(), { groups: [["first", "second"]], passes: 1, shared: 1 });
  assert.equal(workflow.inKeys, [["x"]]);
});

test("updates that a step does not write, and fields of another kind, are refused", () => {
  using model = new Line();
  assert.equal(
    failure(() => new Workflow([step("y", () => [], { updates: ["z"] })])),
    [
      "WORKFLOW_STEP",
      "Step 0 of a workflow has tuple (string) as its updates. Give keys that it writes, too.",
    ],
  );
  for (const more of [{ inKeys: [1] }, { inKeys: [[]] }, { updates: 1 }, { outKeys: [""] }])
    assert.is(
      failure(() => new Workflow([step("y", () => [], more)]))[0],
      "WORKFLOW_STEP",
      JSON.stringify(more),
    );
  for (const more of [{ run: 1 }, { output: 1 }, { call: 1 }, { factory: {} }])
    assert.is(
      failure(() => new Workflow([look(model, "y", more as never)]))[0],
      "WORKFLOW_STEP",
      JSON.stringify(more),
    );
});

test.run();
