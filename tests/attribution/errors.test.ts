import {
  type AttributeOptions,
  attributeAll,
  type AttributionMethod,
  AttnLrp,
  Deconvolution,
  DeepLift,
  DeepLiftShap,
  FeatureAblation,
  GuidedBackprop,
  GuidedGradCam,
  IntegratedGradients,
  LayerwiseRelevancePropagation,
  Lime,
  type LimeOptions,
  Linear,
  norm,
  Saliency,
  ShapleyValues,
  Sum,
} from "@hookdict/attribution";
import { HookPoint, Module } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { mul, scalar, tensor1d, tensor2d, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { withNet } from "./models.ts";

const test = suite("errors of attribution");

/** The code and the whole message of what a function throws. */
function codeAndMessage(fn: () => unknown): readonly string[] {
  const { code, message } = thrown(fn) as Error & { code: string };
  return [code, message];
}

/** The error of attributing to the tiny net: its code and whole message. */
function fault(make: () => AttributionMethod, options: AttributeOptions = {}): readonly string[] {
  let found: readonly string[] = [];
  withNet((net, x) => {
    found = codeAndMessage(() => {
      using hooked = make().prepare(net);
      hooked.attribute([x], options).dispose();
    });
  });
  return found;
}

test("a part that is given what it cannot compute with says so, and hides whose words the cause has", () => {
  const [kernel, x, other] = [tensor2d([[1], [2]]), tensor2d([[1, 2, 3]]), zeros([3, 2])];
  const error = thrown(() => new Linear({ kernel }).call(x)) as Error & { code: string };
  assert.equal(
    [error.code, error.message],
    [
      "PART_INPUT",
      "Linear was given float32 [1, 3], which it cannot compute with. Give tensors whose shapes and dtypes fit its weights and each other.",
    ],
  );
  assert.instance(error.cause, Error);
  assert.equal(
    codeAndMessage(() => new Sum().call(kernel, other)),
    [
      "PART_INPUT",
      "Sum was given float32 [2, 1] and float32 [3, 2], which it cannot compute with. Give tensors whose shapes and dtypes fit its weights and each other.",
    ],
  );
  for (const each of [kernel, x, other]) each.dispose();
});

test("a target out of range", () => {
  assert.equal(
    fault(() => new Saliency(), { target: 7 }),
    ["TARGET_OUTSIDE", "The target 7 is outside the 2 there are. Give a whole number from 0 to 1."],
  );
});

test("a target for another batch", () => {
  assert.equal(
    fault(() => new Saliency(), { target: [0, 1, 0] }),
    [
      "TARGET_INVALID",
      "The target [0,1,0] fits no batch of 2. Give a class, one class for each example, a function of the output, or { site } or { position } with { index } or { of }.",
    ],
  );
});

test("no target where the output has several numbers", () => {
  assert.equal(
    fault(() => new Saliency()),
    [
      "TARGET_MISSING",
      "The target does not say which number of float32 [2, 2] is explained. Give a class where the output is [batch, classes], an index for each axis of a site, or else a function that makes one number per example.",
    ],
  );
});

test("a target function that is not one number per example", () => {
  const all = (output: Tensor): Tensor => output;
  assert.equal(
    fault(() => new Saliency(), { target: all }),
    [
      "TARGET_SHAPE",
      "The target function returned float32 [2, 2]. Return one float32 number for each of the 2 examples, as a tensor of shape [2].",
    ],
  );
});

test("a target that does not depend on the site", () => {
  assert.equal(
    fault(() => new Saliency({ at: "last" }), { target: { site: "relu", index: [0] } }),
    [
      "TARGET_INDEPENDENT",
      "The target has no gradient with respect to last. Attribute to float inputs, or to a site before the target on which it depends.",
    ],
  );
});

test("a baseline of another shape", () => {
  const baseline = zeros([3]);
  assert.equal(
    fault(() => new IntegratedGradients({ baseline }), { target: 0 }),
    [
      "BASELINE_SHAPE",
      "The baseline of input has the shape [3], and its value [2, 2]. Give a number, a tensor of the value's shape, or one without the batch or with a batch of 1.",
    ],
  );
  baseline.dispose();
});

test("a mask that does not cover", () => {
  const featureMask = tensor1d([0], "int32");
  assert.equal(
    fault(() => new FeatureAblation({ featureMask }), { target: 0 }),
    [
      "MASK_SHAPE",
      "The feature mask of input has the shape [1], which does not cover [2]. Give whole numbers from 0 up, one for each entry of an example; entries of one number are one feature.",
    ],
  );
  featureMask.dispose();
});

test("no steps", () => {
  assert.equal(
    fault(() => new IntegratedGradients({ steps: 0 })),
    [
      "OPTION_INVALID",
      "The option steps of IntegratedGradients is 0. Give a whole number from 1 to 16777216.",
    ],
  );
});

test("options that there are not, and values that they cannot have", () => {
  const of = (options: object, run: object = { target: 0 }): readonly string[] =>
    fault(() => new IntegratedGradients(options), run);
  assert.equal(of({ baseline: Number.NaN }), [
    "OPTION_INVALID",
    "The option baseline of IntegratedGradients is NaN. Give a finite number, a tensor, or one of these for each input by its name.",
  ]);
  assert.equal(of({ step: 3 }), [
    "OPTION_UNKNOWN",
    'IntegratedGradients has no option "step". Its options are at, baseline, steps, rule, multiplyByInputs, delta, compatibility.',
  ]);
  assert.equal(of({}, { tarpet: 0 }), [
    "OPTION_UNKNOWN",
    'attribute has no option "tarpet". Its options are target, targets, batchSize, internalBatchSize, keep, onProgress.',
  ]);
  assert.equal(of({}, { target: 0, targets: [0] }), [
    "OPTION_INVALID",
    "The option target of attribute is 0. Give either target or targets.",
  ]);
  assert.equal(of({}, { target: 0, internalBatchSize: 0 }), [
    "OPTION_INVALID",
    "The option internalBatchSize of attribute is 0. Give a whole number from 1 to 16777216.",
  ]);
  assert.equal(of({}, { target: 0, keep: ["gradient"] }), [
    "OPTION_INVALID",
    'The option keep of attribute is "gradient". Give some of gradients.',
  ]);
  assert.equal(
    fault(() => new Lime(), { target: 0, keep: ["gradients"] }),
    ["OPTION_INVALID", 'The option keep of attribute is "gradients". Give some of weights.'],
  );
  assert.equal(
    fault(() => new ShapleyValues(), { target: 0, keep: ["gradients"] }),
    [
      "OPTION_INVALID",
      'The option keep of attribute is "gradients". Give no names: nothing can be kept here.',
    ],
  );
});

test("sites for a method that attributes to the inputs", () => {
  assert.equal(
    fault(() => new Lime({ at: "relu" } as LimeOptions)),
    [
      "OPTION_UNKNOWN",
      'Lime has no option "at". Its options are baseline, featureMask, samples, seed, coalitions, kernelWidth, alpha.',
    ],
  );
});

test("baselines of another shape", () => {
  const baselines = tensor2d([[1, 2, 3]]);
  assert.equal(
    fault(() => new DeepLiftShap({ baselines }), { target: 0 }),
    ["SAMPLES_SHAPE", "The given baselines has the shape [1, 3]. Give [baselines, 2]."],
  );
  baselines.dispose();
});

test("inputs without a batch", () => {
  withNet((net) => {
    const x = scalar(1);
    using hooked = new Saliency().prepare(net);
    assert.is(
      thrown(() => hooked.attribute([x])).message,
      "attribute was given input as float32 []. Give a list of the model's inputs: tensors, or one record of them, that share their first axis, the batch.",
    );
    assert.is((thrown(() => hooked.attribute([x])) as Error & { code: string }).code, "ATTRIBUTION_INPUTS");
    x.dispose();
  });
});

/** A point that no input passes. */
class Bypassed extends Module {
  readonly never: HookPoint = new HookPoint();
  readonly used: HookPoint = new HookPoint();

  override forward(x: Tensor): Tensor {
    return this.used.call(x);
  }
}

test("a site that never fires", () => {
  const x = tensor1d([1]);
  using hooked = new Saliency({ at: "never" }).prepare(new Bypassed());
  assert.equal(
    codeAndMessage(() => hooked.attribute([x] as never)),
    [
      "SITE_NEVER_FIRED",
      "The site never did not run, or gave no tensor, when the model was called. Name a site that these inputs pass.",
    ],
  );
  x.dispose();
});

/** A module that declares nothing. */
class Undeclared extends Module {
  readonly inner: Module = new (class Doubling extends Module {
    override forward(x: Tensor): Tensor {
      return mul(x, 2);
    }
  })();

  override forward(x: Tensor): Tensor {
    return this.inner.call(...([x] as never)) as Tensor;
  }
}

test("a place without a rule", () => {
  const error = thrown(() => new LayerwiseRelevancePropagation().prepare(new Undeclared())) as Error & {
    code: string;
  };
  assert.is(error.code, "RULE_MISSING");
  assert.is(
    error.message,
    'LayerwiseRelevancePropagation has no rule for inner (Doubling). Let such places pass their gradient with { unknown: "gradient" }, build the model of parts (Linear, Conv2d, ...; see Part), or, for relevance propagation, name a rule: { rules: { [path]: pass() } }.',
  );
});

test("a place that does not declare what it computes, in every method that must know", () => {
  const baselines = tensor1d([0]);
  for (const method of [
    new GuidedBackprop(),
    new Deconvolution(),
    new GuidedGradCam({ site: "inner" }),
    new DeepLift(),
    new DeepLiftShap({ baselines }),
    new AttnLrp(),
  ]) {
    const error = thrown(() => method.prepare(new Undeclared())) as Error & { code: string };
    assert.is(error.code, "RULE_MISSING");
    assert.match(error.message, `${method.name} has no rule for inner (Doubling).`);
  }
  baselines.dispose();
});

test("told to pass, such a place lets its gradient through", () => {
  const x = tensor1d([3]);
  for (const method of [
    new LayerwiseRelevancePropagation({ unknown: "gradient", start: "one" }),
    new GuidedBackprop({ unknown: "gradient" }),
    new Deconvolution({ unknown: "gradient" }),
    new DeepLift({ unknown: "gradient", baseline: 2 }),
    new AttnLrp({ unknown: "gradient" }),
  ]) {
    using hooked = method.prepare(new Undeclared());
    using result = hooked.attribute([x] as never);
    const expected = method instanceof AttnLrp ? 2 * 3 : 2; // the others: a slope, or a slope times a change of 1
    assert.is(result.get<Tensor>(["attr", "input"]).dataSync()[0], expected);
  }
  x.dispose();
});

test("a rule that does not fit", () => {
  assert.equal(
    fault(() => new LayerwiseRelevancePropagation({ rules: { relu: norm() } }), { target: 0 }),
    [
      "RULE_UNFIT",
      "The rule norm does not fit relu. Rules of weights are for linear layers and convolutions, norm for sums and average pooling, pass for places of one input.",
    ],
  );
});

test("relevance that is lost", () => {
  assert.equal(
    fault(() => new LayerwiseRelevancePropagation({ conservation: 1e-6 }), { target: 1 }),
    [
      "RELEVANCE_LOST",
      "The relevance of the inputs differs by 1 from the 13 of the target. Biases, stabilizers and rules such as flat take a share: leave the check out, or allow more.",
    ],
  );
});

test("nothing to attribute with", () => {
  withNet((net, x) => {
    using hooked = new ActivationCaching("relu").prepare(net);
    const error = thrown(() => attributeAll(hooked as never, [x] as never)) as Error & { code: string };
    assert.is(error.code, "ATTRIBUTION_NO_METHOD");
    assert.is(
      error.message,
      "attributeAll was given a hooked module without a method of attribution. Prepare one, or compose(...) of several.",
    );
  });
});

test.run();
