import { Saliency } from "@hookdict/attribution";
import {
  compose,
  Interventions,
  openSession,
  runWithCache,
  runWithHooks,
  target,
  type Target,
} from "@hookdict/contexts";
import {
  Binding,
  countHooks,
  hasHooks,
  HookPoint,
  listHooks,
  Module,
  MultiHookManager,
  type Pattern,
  removeHooks,
} from "@hookdict/core";
import {
  ActivationAddition,
  ActivationCaching,
  ActivationPatching,
  optimizeIntervention,
  SteeringVectors,
} from "@hookdict/latent";
import { TensorDict } from "@hookdict/tensordict";
import { openTrace } from "@hookdict/tracing";
import { mul, square, sum, type Tensor, tensor1d, tensor2d, zerosLike } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { take } from "../../support/values.ts";

const test = suite("targets wherever a pattern is");

/** x → units → inner.units, squared. */
class Line extends Module {
  readonly units: HookPoint = new HookPoint({ axes: ["batch", "unit"] });
  readonly inner: Inner = new Inner();
  override forward(x: Tensor): Tensor {
    return square(this.inner.call(this.units.call(x)));
  }
}

class Inner extends Module {
  readonly units: HookPoint = new HookPoint({ axes: ["batch", "unit"] });
  override forward(x: Tensor): Tensor {
    return this.units.call(x);
  }
}

const UNITS = target({ path: "units", kind: "activation", axis: "unit", indices: [1, -1] });
const { path } = UNITS;
const valuesOf = (x: Tensor): number[] => [...x.dataSync()];
/** The output where the units 1 and 2 of 1, 2, 3 have been doubled, or zeroed. */
const DOUBLED = [1, 16, 36];
const ZEROED = [1, 0, 0];

/** What each public way of taking a pattern makes of `units` of [1, 2, 3]. */
const WAYS: Readonly<Record<string, (model: Line, x: Tensor, units: Target) => unknown>> = {
  "Binding.sites, Binding.hook": (model, x, units) => {
    using binding = new Binding(model.hookTarget(), "own");
    const seen: number[] = [];
    binding.hook(units, "fwd", (value: Tensor) => {
      seen.push(...valuesOf(value));
      return mul(value, 2);
    });
    const output = take(model.hookTarget().call([x]));
    return [binding.sites(units).map((site) => site.path), seen, output];
  },
  "Binding.replacePattern": (model, x, units) => {
    using binding = new Binding(model.hookTarget(), "own");
    binding.hook("inner", "fwd", (value: Tensor) => mul(value, 2));
    binding.replacePattern(units);
    return take(model.hookTarget().call([x]));
  },
  "MultiHookHandle.replacePattern": (model, x, units) => {
    using binding = new Binding(model.hookTarget(), "own");
    binding
      .hook("inner", "fwd", (value: Tensor) => mul(value, 2))
      .replacePattern(["!inner", "!inner.units", "!units", units]);
    return take(model.hookTarget().call([x]));
  },
  "MultiHookManager.register": (model, x, units) => {
    using manager = new MultiHookManager(model);
    manager.register(units, "fwd", (value: Tensor) => mul(value, 2));
    return take(model.hookTarget().call([x]));
  },
  "listHooks, hasHooks, removeHooks": (model, _, units) => {
    using _hooked = new ActivationCaching([units, "inner"]).prepare(model);
    const filter = { sites: units };
    return [
      listHooks(model, filter).length,
      hasHooks(model, filter),
      removeHooks(model, filter),
      countHooks(model),
    ];
  },
  ActivationCaching: (model, x, units) => {
    using hooked = new ActivationCaching(["inner", units]).prepare(model);
    hooked.call(x).dispose();
    return valuesOf(hooked.cache.get(["fwd", path]));
  },
  "ActivationCaching of gradients": (model, x, units) => {
    using hooked = new ActivationCaching(units, { directions: ["bwd_pre", "bwd"] }).prepare(model);
    hooked.backward(() => sum(hooked.call(x)));
    return [valuesOf(hooked.cache.get(["bwd_pre", path])), valuesOf(hooked.cache.get(["bwd", path]))];
  },
  valueAndGradInputs: (model, x, units) => {
    using hooked = new ActivationCaching("inner").prepare(model);
    const { value, gradInputs } = hooked.valueAndGradInputs(() => sum(hooked.call(x)), units);
    value.dispose();
    const found = valuesOf(gradInputs.get([path]));
    gradInputs.dispose();
    return found;
  },
  ActivationPatching: (model, x, units) => {
    using source = new TensorDict({ fwd: { [path]: tensor2d([[4, 6]]) } });
    using hooked = new ActivationPatching(units, { source }).prepare(model);
    return take(hooked.call(x));
  },
  SteeringVectors: (model, x, units) => {
    const vector = tensor1d([2, 3]);
    using hooked = new SteeringVectors(units, { vector }).prepare(model);
    vector.dispose();
    return take(hooked.call(x));
  },
  ActivationAddition: (model, x, units) => {
    using hooked = new ActivationAddition(units).prepare(model);
    const none = zerosLike(x);
    hooked.context.extract([x], [none]);
    none.dispose();
    return take(hooked.call(x));
  },
  "Session.get, Session.set": (model, x, units) => {
    using session = openSession(model);
    const seen = session.get<Tensor>(units);
    session.set<Tensor>(units, (value) => mul(value, 2));
    const output = take(session.call(x));
    return [valuesOf(seen.value), output];
  },
  "Session with a module to begin at": (model, x) => {
    using session = openSession(model);
    const below = target({ path: "units", kind: "activation", axis: 1, indices: [1, -1] });
    session.set<Tensor>(below, (value) => mul(value, 2), { relative: "inner" });
    return take(session.call(x));
  },
  runWithCache: (model, x, units) => {
    const run = runWithCache(model, [x], { names: units });
    const found = valuesOf(run.cache.get(["fwd", path]));
    if (!run.stopped) run.output.dispose();
    run.cache.dispose();
    return found;
  },
  runWithHooks: (model, x, units) =>
    take(runWithHooks(model, [x], [[units, "fwd", (value: Tensor) => mul(value, 2)]])),
  "compose, replacePattern": (model, x, units) => {
    using hooked = compose(
      new SteeringVectors("inner", { steer: (value) => mul(value, 2) }),
      new ActivationCaching("inner"),
    ).prepare(model);
    hooked.context.replacePattern(units);
    const output = take(hooked.call(x));
    return output;
  },
  "an attribution to a site": (model, x, units) => {
    using hooked = new Saliency({ at: units }).prepare(model);
    using found = hooked.attribute([x], { target: (output: Tensor) => sum(output, -1) });
    return valuesOf(found.get<Tensor>(["attr", path]));
  },
  "openTrace: gradients": (model, x, units) => {
    using trace = openTrace(model, { gradients: units });
    const gradient = trace.invoke([x], function* (t) {
      yield* t.backward(sum(yield* t.result()));
      return valuesOf(yield* t.gradOutput(path));
    });
    trace.run();
    return gradient.value;
  },
  "Trace.cache": (model, x, units) => {
    using trace = openTrace(model);
    const cache = trace.cache({ sites: units });
    trace.invoke([x], function* () {});
    trace.run();
    return valuesOf(cache.output(path));
  },
};

const WANTED: Readonly<Record<string, unknown>> = {
  "Binding.sites, Binding.hook": [[path], [2, 3], DOUBLED],
  "listHooks, hasHooks, removeHooks": [1, true, 1, 1],
  ActivationCaching: [2, 3],
  "ActivationCaching of gradients": [
    [4, 6],
    [4, 6],
  ],
  valueAndGradInputs: [4, 6],
  "Session.get, Session.set": [[2, 3], DOUBLED],
  runWithCache: [2, 3],
  "an attribution to a site": [4, 6],
  "openTrace: gradients": [4, 6],
  "Trace.cache": [2, 3],
};

for (const [name, way] of Object.entries(WAYS)) {
  test(name, () => {
    const model = new Line();
    const x = tensor2d([[1, 2, 3]]);
    assert.equal(way(model, x, UNITS), WANTED[name] ?? DOUBLED);
    x.dispose();
    assert.is(countHooks(model), 0);
    assert.equal(
      model
        .hookTarget()
        .sites()
        .map((site) => site.path),
      ["units", "inner", "inner.units"],
    );
  });
}

test("hooks at a part stand among those of the whole site, in their order", () => {
  const times = (at: Pattern, factor: number): InstanceType<typeof SteeringVectors> =>
    new SteeringVectors(at, { steer: (value) => mul(value, factor) });
  const model = new Line();
  const x = tensor2d([[1, 2, 3]]);
  using hooked = compose(
    new ActivationCaching(UNITS),
    times("units", 2),
    new ActivationCaching(UNITS),
    times(UNITS, 5),
    new ActivationCaching("units"),
    times("units", 0),
    new ActivationCaching(UNITS),
  ).prepare(model);
  hooked.call(x).dispose();
  const caches = hooked.context.parts.flatMap((part) => ("cache" in part ? [part.cache] : []));
  assert.equal(
    caches.map((cache, at) => valuesOf(cache.get<Tensor>(["fwd", at === 2 ? "units" : path]))),
    [
      [2, 3],
      [4, 6],
      [2, 20, 30],
      [0, 0],
    ],
  );
  x.dispose();
});

test("a target of gradients is none in a forward direction, and leaves nothing behind", () => {
  const model = new Line();
  const gradient = target({ ...UNITS.data, kind: "gradient" });
  assert.equal(
    failure(() => new ActivationCaching(gradient).prepare(model)),
    [
      "PART_DIRECTION",
      `A hook in the direction fwd was asked for at ${path}, which is a target of the kind gradient: bwd_pre sees that of the output, bwd that of the inputs. Choose another direction, or another kind of part.`,
    ],
  );
  assert.is(countHooks(model), 0);
  assert.is(model.units.hookSlot, null);
});

test("what is put in the place of a part has its shape", () => {
  const model = new Line();
  const x = tensor2d([[1, 2, 3]]);
  using hooked = new SteeringVectors(UNITS, { steer: (value) => sum(value) }).prepare(model);
  assert.equal(
    failure(() => hooked.call(x)),
    [
      "REPLACEMENT_SHAPE",
      `The fwd hook of SteeringVectors at ${path} returned float32 [] in place of float32 [1, 2]. Return the same structure, shapes and dtypes, or register the hook with reshapes: true.`,
    ],
  );
  x.dispose();
});

test("an optimization at a target changes its entries alone", async () => {
  const model = new Line();
  const x = tensor2d([[1, 2, 3]]);
  const start = tensor2d([[2, 3]]);
  const found = await optimizeIntervention(model, () => sum(model.call(x)), {
    at: UNITS,
    start,
    mode: "replace",
    stages: [{ steps: 200, learningRate: 0.1 }],
  });
  assert.ok(take(found.value).every((value) => Math.abs(value) < 0.1));
  for (const one of [x, start]) one.dispose();
  assert.is(countHooks(model), 0);
});

test("an intervention beside a target of the same site acts in its place", () => {
  const model = new Line();
  const x = tensor2d([[1, 2, 3]]);
  using hooked = compose(
    new SteeringVectors(UNITS, { steer: (value) => zerosLike(value) }),
    new Interventions({ interventions: [{ kind: "add", at: "units", value: 1 }] }),
  ).prepare(model);
  assert.equal(take(hooked.call(x)), [4, 1, 1]);
  assert.equal(ZEROED, [1, 0, 0]);
  x.dispose();
});

test.run();
