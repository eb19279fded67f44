import { countHooks, HookFactory, type HookFunction, MultiHookManager } from "@hookdict/core";
import { type HookError, type HookdictError } from "@hookdict/tensordict";
import { scalar, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { Point, Toy } from "../../support/models.ts";
import { at } from "../../support/values.ts";

const test = suite("what forward hooks may not do");

const run = (model: { call(x: Tensor): unknown }, x: number): number =>
  at(x, (input) => tidy(() => model.call(input) as Tensor));

test("keyword inputs for a point are refused", () => {
  const toy = new Toy();
  using manager = new MultiHookManager(toy);
  manager.register("hook_mid", "fwd_pre_kwargs", (both: object) => ({ ...both, kwargs: { by: 7, to: 1 } }));
  assert.equal(
    failure(() => run(toy, 1)),
    [
      "KWARGS_REFUSED",
      "The fwd_pre_kwargs hook of MultiHookManager at hook_mid returned the keyword inputs by, to, but a hook point takes none. " +
        "Return kwargs as it was given, undefined, or change the inputs alone with fwd_pre.",
    ],
  );
});

test("a hook that throws names itself, and the model is usable afterwards", () => {
  const model = new Point();
  using manager = new MultiHookManager(model, { name: "Experiment" });
  manager.register("hook_x", "fwd", () => {
    throw new RangeError("too far");
  });
  const error = thrown(() => run(model, 1)) as HookError;
  assert.is(error.code, "HOOK_THREW");
  assert.is(
    error.message,
    "The fwd hook of Experiment at hook_x threw RangeError: too far. The cause is the original error; hooks and tensors were cleaned up.",
  );
  assert.instance(error.cause, RangeError);
  manager.dispose();
  using plain = new MultiHookManager(model, { name: "Experiment" });
  plain.register("hook_x", "fwd", () => {
    throw "too near."; // oxlint-disable-line typescript/only-throw-error -- plain JavaScript may
  });
  assert.is(
    thrown(() => run(model, 1)).message,
    "The fwd hook of Experiment at hook_x threw too near. The cause is the original error; hooks and tensors were cleaned up.",
  );
  plain.dispose();
  assert.is(run(model, 1), 1);
});

test("an asynchronous hook is refused", () => {
  const model = new Point();
  using manager = new MultiHookManager(model, { name: "Experiment" });
  manager.register("hook_x", "fwd", () => Promise.resolve(1));
  assert.equal(
    failure(() => run(model, 1)),
    [
      "HOOK_ASYNC",
      "The fwd hook of Experiment at hook_x returned a promise. A hook runs inside the forward pass and must be synchronous; read tensors after the call instead.",
    ],
  );
});

test("a hook that disposes what it was lent, or returns what is disposed, names itself", () => {
  const x = scalar(1);
  const gone = scalar(2);
  gone.dispose();
  const frees: HookFunction<Tensor> = (value) => {
    value.dispose();
    return undefined;
  };
  const cases: readonly (readonly [HookFunction<Tensor>, string])[] = [
    [frees, "disposed the value that it was given"],
    [() => gone, "returned a disposed tensor"],
  ];
  for (const [hook, deed] of cases) {
    const model = new Toy();
    using _hook = new MultiHookManager(model).register("hook_first", "fwd", { run: hook });
    const error = thrown(() => tidy(() => model.call(x)));
    assert.is((error as HookdictError).code, "HOOK_DISPOSED");
    assert.is(
      error.message,
      `The fwd hook of MultiHookManager at hook_first ${deed}. A hook borrows its value, and what it returns must live: clone what you dispose.`,
    );
  }
  x.dispose();
});

test("a replacement of another shape names site, direction, expected and got", () => {
  const model = new Point();
  using manager = new MultiHookManager(model, { name: "Experiment" });
  manager.register("hook_x", "fwd", () => tensor1d([1, 2]));
  assert.equal(
    failure(() => run(model, 1)),
    [
      "REPLACEMENT_SHAPE",
      "The fwd hook of Experiment at hook_x returned float32 [2] in place of float32 []. Return the same structure, shapes and dtypes, or register the hook with reshapes: true.",
    ],
  );
});

test("an unknown direction and a backward stop are refused, and nothing stays", () => {
  const model = new Point();
  const manager = new MultiHookManager(model);
  assert.equal(
    failure(() => manager.register("hook_x", "forward" as "fwd", () => undefined)),
    [
      "DIRECTION_UNKNOWN",
      '"forward" is not a direction. Directions are fwd_pre, fwd_pre_kwargs, fwd, fwd_kwargs, bwd_pre, bwd.',
    ],
  );
  assert.equal(
    failure(() => manager.register("hook_x", "bwd", HookFactory.stop())),
    [
      "STOP_BACKWARD",
      'A hook of kind "stop" was given the direction bwd. Only a forward pass can be stopped: use fwd, fwd_pre or their kwargs variants.',
    ],
  );
  assert.is(countHooks(model), 0);
  assert.is(model.hookSlot, null);
});

test("what is no hook is refused with what it should be", () => {
  const model = new Point();
  const manager = new MultiHookManager(model);
  const idle = (): undefined => undefined;
  const cases: readonly (readonly [unknown, string])[] = [
    [undefined, "run undefined. It must be a function of the value and where it is."],
    [{ run: 3 }, "run 3. It must be a function of the value and where it is."],
    [{ run: idle, kind: "replce" }, 'kind "replce". It must be one of "observe", "replace" and "stop".'],
    [{ run: idle, order: "first" }, 'order "first". It must be one of "pre", "normal" and "post".'],
  ];
  for (const [hook, told] of cases) {
    const error = thrown(() => manager.register("hook_x", "fwd", hook as never));
    assert.is((error as HookdictError).code, "HOOK_INVALID");
    assert.is(error.message, `A hook was given with ${told}`);
  }
  assert.is(countHooks(model), 0);
});

test("what cannot be hooked is named", () => {
  assert.equal(
    failure(() => new MultiHookManager(new Map() as never)),
    [
      "MODEL_NOT_HOOKABLE",
      "A value of type Map cannot be hooked as it is. Give a Module or a hooked module; wrap a tf.LayersModel with hookLayers (@hookdict/core/layers), a tf.GraphModel with hookGraph (@hookdict/core/graph), a function with hookFunction (@hookdict/core).",
    ],
  );
});

test.run();
