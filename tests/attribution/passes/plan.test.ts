import {
  attributeAll,
  type AttributionPlan,
  FeatureAblation,
  InputXGradient,
  IntegratedGradients,
  LayerwiseRelevancePropagation,
  planAll,
  Saliency,
} from "@hookdict/attribution";
import { compose, scan } from "@hookdict/contexts";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { withNet } from "../models.ts";

const test = suite("plans of attributions");

test("a plan tells runs, rows and who shares them, and runs nothing", () => {
  withNet((net, x) => {
    using hooked = compose(
      new Saliency(),
      new InputXGradient(),
      new IntegratedGradients({ steps: 5, delta: true }),
    ).prepare(net);
    const options = { target: 1, internalBatchSize: 4 };
    const plan = planAll(hooked, [x] as never, options);
    assert.is(net.runs, 0);
    assert.equal(plan, {
      forward: 1 + Math.ceil((5 * 2) / 4) + 1,
      backward: 1 + Math.ceil((5 * 2) / 4),
      passes: [
        // The input's score is what the convergence delta wants, too.
        {
          methods: ["Saliency", "InputXGradient", "IntegratedGradients"],
          rows: 2,
          runs: 1,
          isBackward: true,
        },
        { methods: ["IntegratedGradients"], rows: 10, runs: 3, isBackward: true },
        { methods: ["IntegratedGradients"], rows: 2, runs: 1, isBackward: false },
      ],
    } satisfies AttributionPlan);
    for (const result of attributeAll(hooked, [x] as never, options)) result.dispose();
    assert.equal([net.runs, net.backwards], [plan.forward, plan.backward]);
  });
});

test("targets that take rows of their own are counted", () => {
  withNet((net, x) => {
    using hooked = new Saliency().prepare(net);
    const options = { targets: [0, 1], internalBatchSize: 3 };
    const plan = hooked.plan([x], options);
    assert.equal(plan, {
      forward: 2,
      backward: 2,
      passes: [{ methods: ["Saliency"], rows: 4, runs: 2, isBackward: true }],
    });
    hooked.attribute([x], options).dispose();
    assert.equal([net.runs, net.backwards], [2, 2]);
  });
});

test("a method at sites is planned by shapes, and told where they are missing", () => {
  withNet((net, x) => {
    using hooked = new FeatureAblation({ at: "relu" }).prepare(net);
    const error = thrown(() => hooked.plan([x], { target: 1 })) as Error & { code: string };
    assert.is(error.code, "PLAN_SHAPES");
    assert.is(
      error.message,
      "What a pass takes depends on the shape of relu, which is not known before a run. Give plan the option shapes: what scan(model, ...inputs) says.",
    );
    const shapes = scan(net, x);
    const before = net.runs;
    const plan = hooked.plan([x], { target: 1, internalBatchSize: 3, shapes });
    assert.is(net.runs, before);
    assert.equal([plan.forward, plan.backward], [1 + 1 + 2, 0]); // two units of two examples in pieces of three
    hooked.attribute([x], { target: 1, internalBatchSize: 3 }).dispose();
    assert.is(net.runs - before, plan.forward);
  });
});

test("checks of values are for values", () => {
  withNet((net, x) => {
    using hooked = new LayerwiseRelevancePropagation({ conservation: 1e-6, start: "one" }).prepare(net);
    assert.is(hooked.plan([x], { target: 1 }).forward, 1);
  });
});

test.run();
