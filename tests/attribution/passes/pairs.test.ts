import {
  type AttributionMethod,
  type AttributionPlan,
  attributeAll,
  METHODS,
  planAll,
} from "@hookdict/attribution";
import { compose, scan, type Shapes } from "@hookdict/contexts";
import type { Hookable } from "@hookdict/core";
import { randomUniform, type Tensor, tensor4d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { Everything } from "../every-model.ts";
import { EVERY_METHOD, STEPS, type Tensors } from "../every-method.ts";

// Every method composed with every other: as many runs as the plan says, none twice, and what each gives alone.

const test = suite("runs of every pair of methods");

const BATCH = 2;
/** How many passes a method takes that nobody can share: its rules act in them. */
const OWN: Readonly<Record<string, number>> = {
  DeepLift: 1,
  DeepLiftShap: 1,
  GuidedGradCam: 1,
  GuidedBackprop: 1,
  Deconvolution: 1,
  LayerwiseRelevancePropagation: 1,
  AttnLrp: 1,
};

/** Runs of which the model cannot see that they are others: of one line for two targets. */
const ALIKE: Readonly<Record<string, number>> = { NeuronConductance: 1 };

type Numbers = Readonly<Record<string, readonly number[]>>;

interface Found {
  readonly plan: AttributionPlan;
  readonly forward: number;
  readonly backward: number;
  /** Runs that were given, and gave, what an earlier one did. */
  readonly again: number;
  readonly results: readonly Numbers[];
}

interface Scene extends Tensors {
  readonly net: Everything & Hookable<readonly Tensor[], Tensor>;
  readonly x: Tensor;
  readonly shapes: Shapes;
}

function withScene(fn: (scene: Scene) => void): void {
  const net = new Everything() as Scene["net"];
  const x = randomUniform([BATCH, 3, 3, 1], 0.2, 1, "float32", 7);
  const baselines = randomUniform([2, 3, 3, 1], 0, 0.3, "float32", 8);
  const featureMask = tensor4d([0, 0, 0, 1, 1, 1, 2, 2, 2], [1, 3, 3, 1], "int32");
  try {
    fn({ net, x, baselines, featureMask, shapes: scan(net, x) });
  } finally {
    for (const each of [net, x, baselines, featureMask]) each.dispose();
  }
}

function explained(
  { net, x, shapes }: Scene,
  methods: readonly AttributionMethod[],
  internalBatchSize: number | undefined,
): Found {
  using hooked = compose(...(methods as [AttributionMethod, ...AttributionMethod[]])).prepare(net);
  const options = { target: 1, ...(internalBatchSize !== undefined && { internalBatchSize }) };
  const plan = planAll(hooked, [x] as never, { ...options, shapes });
  net.forget();
  const results = attributeAll(hooked, [x] as never, options);
  const numbers = results.map((result) =>
    Object.fromEntries(
      [...result.keys({ nested: true, leavesOnly: true })].map((key) => [
        String(key),
        [...result.get<Tensor>(key).dataSync()],
      ]),
    ),
  );
  for (const result of results) result.dispose();
  const directed = net.runs.map((run, i) => `${run} ${net.backward.has(i + 1)}`);
  return {
    plan,
    forward: net.runs.length,
    backward: net.backward.size,
    again: directed.length - new Set(directed).size,
    results: numbers,
  };
}

function assertNear(found: Numbers | undefined, wanted: Numbers | undefined, what: string): void {
  assert.equal(Object.keys(found ?? {}), Object.keys(wanted ?? {}), what);
  for (const [key, values] of Object.entries(wanted ?? {}))
    for (const [i, value] of values.entries())
      assert.ok(Math.abs(value - (found?.[key]?.[i] ?? NaN)) < 1e-4, `${what}: ${key}[${i}]`); // float32
}

const NAMES = METHODS.map(({ name }) => name);

test("the table has every method", () => {
  assert.equal(Object.keys(EVERY_METHOD), NAMES);
});

/** Rows that run at once: all, or so many that lines, and batches of several, are cut. */
const PIECES = [undefined, 5];

for (const [at, name] of NAMES.entries())
  test(`${name} and every other`, () => {
    withScene((scene) => {
      const made = (of_: string): AttributionMethod =>
        (EVERY_METHOD[of_] as (typeof EVERY_METHOD)[string])(scene); // of every name
      for (const piece of PIECES) {
        const alone = (each: string): Found => explained(scene, [made(each)], piece);
        const own = alone(name);
        for (const other of NAMES.slice(at)) {
          const what = `${name} and ${other}, ${piece ?? "all"} at once`;
          const one = made(name);
          const both = explained(scene, [one, other === name ? one : made(other)], piece);
          const theirs = other === name ? own : alone(other);
          assert.equal([both.forward, both.backward], [both.plan.forward, both.plan.backward], what);
          assertNear(both.results[0], own.results[0], `${name} of ${what}`);
          assertNear(both.results[1], theirs.results[0], `${other} of ${what}`);
          assert.ok(both.forward <= own.forward + theirs.forward, what);
          if (name === "IntegratedGradients" || other === "IntegratedGradients")
            assert.is(runsOnLine(both.plan), Math.ceil((STEPS * BATCH) / (piece ?? Infinity)) || 1, what);
          // Pieces of several methods may be alike by chance.
          if (piece === undefined)
            assert.ok(both.again <= allowed(name) + allowed(other), `${what}: ${both.again}`);
        }
      }
    });
  });

/** Runs of the passes of integrated gradients. */
function runsOnLine({ passes }: AttributionPlan): number {
  return passes
    .filter(({ methods }) => methods.includes("IntegratedGradients"))
    .reduce((total, { runs }) => total + runs, 0);
}

/** How many of a method's runs may be alike others. */
function allowed(name: string): number {
  return (OWN[name] ?? 0) + (ALIKE[name] ?? 0) + (name === "ActivationMaximization" ? 1 : 0);
}

test.run();
