import { compose, HookingContextFactory, type HookingContext, Interventions } from "@hookdict/contexts";
import { countHooks, type Pattern } from "@hookdict/core";
import { ActivationCaching, ActivationPatching, DictionarySplicing, type ErrorTerm } from "@hookdict/latent";
import { TensorDict } from "@hookdict/tensordict";
import { grad, mul, sum, type Tensor, tensor, tensor3d } from "@tensorflow/tfjs-core";
import { failure } from "../../support/failure.ts";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";
import { Line, threeFeatures } from "./toy.ts";

const test = suite("DictionarySplicing");

const x = (): Tensor => tensor3d([1, 4, -2, 5], [1, 2, 2]);

/** Changes the values at a pattern. */
class Change extends HookingContextFactory {
  readonly #at: Pattern;
  readonly #change: (value: Tensor) => Tensor;
  constructor(at: Pattern, change: (value: Tensor) => Tensor) {
    super();
    this.#at = at;
    this.#change = change;
  }
  override describe(): { name: string; options: Record<string, unknown> } {
    return { name: "Change", options: { at: this.#at } };
  }
  protected override setUp(context: HookingContext): void {
    context.hook(this.#at, "fwd", this.#change);
  }
}

function output(errorTerm: ErrorTerm, ...others: readonly HookingContextFactory<HookingContext>[]): number[] {
  using dictionary = threeFeatures();
  const model = new Line();
  using hooked = compose(new DictionarySplicing({ dictionary, errorTerm }), ...others).prepare(model);
  const given = x();
  const values = take(hooked.call(given));
  given.dispose();
  hooked.dispose();
  assert.is(countHooks(model), 0);
  assert.is(model.hookTarget().sites().length, 2);
  return values;
}

test("with the error kept, the model computes what it did", () => {
  assert.equal(output("kept"), [6, 24, -12, 30]);
  assert.equal(output("constant"), [6, 24, -12, 30]);
});

test("without the error, the reconstruction stands in the value's place", () => {
  assert.equal(output("none"), [6, 24, 0, 30]);
});

test("features are sites below the dictionary's, with their axes", () => {
  using dictionary = threeFeatures();
  const model = new Line();
  using hooked = new DictionarySplicing({ dictionary }).prepare(model);
  const added = hooked.sites.filter(({ path }) => path.includes(".sae."));
  const names = ["input", "preactivations", "features", "reconstruction", "error", "output"];
  assert.equal(
    added.map(({ path }) => path),
    names.map((name) => `hook_in.sae.${name}`),
  );
  assert.equal(added[2]?.axes, ["batch", "pos", "feature"]);
  assert.equal(added[4]?.axes, ["batch", "pos", "dModel"]);
});

test("features, preactivations, reconstruction and error are captured", () => {
  using dictionary = threeFeatures();
  using hooked = compose(new DictionarySplicing({ dictionary }), new ActivationCaching("**.sae.*")).prepare(
    new Line(),
  );
  const given = x();
  hooked.call(given).dispose();
  given.dispose();
  const read = (name: string): number[] => [
    ...hooked.cache.get<Tensor>(["fwd", `hook_in.sae.${name}`]).dataSync(),
  ];
  assert.equal(read("preactivations"), [1, 4, -1, -2, 5, 2]);
  assert.equal(read("features"), [1, 4, 0, 0, 5, 2]);
  assert.equal(read("reconstruction"), [1, 4, 0, 5]);
  assert.equal(read("error"), [0, 0, -2, 0]);
  assert.equal(read("output"), [1, 4, -2, 5]);
});

test("one feature is a site of its own: captured, and patched without the others", () => {
  const path = "hook_in.sae.features[1]";
  using dictionary = threeFeatures();
  const model = new Line();
  using hooked = compose(new DictionarySplicing({ dictionary }), new ActivationCaching(path)).prepare(model);
  const given = x();
  hooked.call(given).dispose();
  assert.equal([...hooked.cache.get<Tensor>(["fwd", path]).dataSync()], [4, 5]);
  assert.equal(hooked.cache.get<Tensor>(["fwd", path]).shape, [1, 2]);
  hooked.dispose();
  const source = new TensorDict({ fwd: { [path]: tensor([10, 20], [1, 2]) } });
  using patched = compose(
    new DictionarySplicing({ dictionary }),
    new ActivationPatching("**.sae.features[1]", { source, positions: 1 }),
  ).prepare(model);
  assert.equal(take(patched.call(given)), [6, 24, -12, 30 + 6 * (20 - 5)]);
  source.dispose();
  given.dispose();
});

test("a feature is silenced and steered by data, and the error stays", () => {
  const silence = new Interventions({ interventions: [{ kind: "zero", at: "hook_in.sae.features[0]" }] });
  assert.equal(output("kept", silence), [6 - 6, 24, -12, 30]);
  const double = new Interventions({
    interventions: [{ kind: "scale", at: "hook_in.sae.features", factor: 2 }],
  });
  assert.equal(output("kept", double), [12, 48, -12, 60]);
});

test("a feature that there is not is a name that nothing has", () => {
  using dictionary = threeFeatures();
  const factory = compose(
    new DictionarySplicing({ dictionary }),
    new ActivationCaching("hook_in.sae.features[3]"),
  );
  const model = new Line();
  assert.match(thrown(() => factory.prepare(model)).message, "hook_in.sae.features[3]");
  assert.is(countHooks(model), 0);
});

test("gradients upstream are the model's own where the error is kept, and pass by features alone where it is constant", () => {
  const upstream = (errorTerm: ErrorTerm): number[] => {
    using dictionary = threeFeatures();
    using hooked = new DictionarySplicing({ dictionary, errorTerm }).prepare(new Line());
    const given = x();
    const found = grad((value: Tensor) => sum(hooked.call(value)))(given);
    given.dispose();
    return take(found);
  };
  assert.equal(upstream("kept"), [6, 6, 6, 6]);
  assert.equal(upstream("constant"), [6, 6, 0, 6]);
  assert.equal(upstream("none"), [6, 6, 0, 6]);
});

test("a feature's gradient is that of what it writes", () => {
  for (const errorTerm of ["kept", "constant", "none"] as const) {
    using dictionary = threeFeatures();
    const sites = errorTerm === "none" ? ["**.sae.features"] : ["**.sae.features", "**.sae.error"];
    const captures = new ActivationCaching(sites, { directions: ["bwd_pre"] });
    const weights = tensor3d([1, 2, 3, 4], [1, 2, 2]);
    using hooked = compose(new DictionarySplicing({ dictionary, errorTerm }), captures).prepare(new Line());
    const given = x();
    hooked.backward(() => sum(mul(hooked.call(given), weights)));
    given.dispose();
    weights.dispose();
    const gradient = hooked.cache.get<Tensor>(["bwd_pre", "hook_in.sae.features"]);
    assert.equal([...gradient.dataSync()], [6, 12, 0, 18, 24, 0], errorTerm);
    if (errorTerm === "none") continue;
    assert.equal([...hooked.cache.get<Tensor>(["bwd_pre", "hook_in.sae.error"]).dataSync()], [6, 12, 18, 24]);
  }
});

test("a transcoder reads at one site and writes at another", () => {
  using dictionary = threeFeatures({ outputSite: "hook_out" });
  const run = (
    errorTerm: ErrorTerm,
    ...others: readonly HookingContextFactory<HookingContext>[]
  ): number[] => {
    using hooked = compose(new DictionarySplicing({ dictionary, errorTerm }), ...others).prepare(new Line());
    const given = x();
    const values = take(hooked.call(given));
    given.dispose();
    return values;
  };
  assert.equal(run("none"), [3, 12, 0, 15]);
  assert.equal(run("kept"), [6, 24, -12, 30]);
  const double = new Change("hook_in.transcoder.features[1]", (value) => mul(value, 2));
  assert.equal(run("kept", double), [6, 24 + 3 * 4, -12, 30 + 3 * 5]);
});

test("a transcoder's gradients reach its features, and a run that throws leaves nothing", () => {
  using dictionary = threeFeatures({ outputSite: "hook_out" });
  const captures = new ActivationCaching("**.transcoder.features", { directions: ["bwd_pre"] });
  using hooked = compose(new DictionarySplicing({ dictionary }), captures).prepare(new Line());
  const given = x();
  hooked.backward(() => sum(hooked.call(given)));
  assert.equal(
    [...hooked.cache.get<Tensor>(["bwd_pre", "hook_in.transcoder.features"]).dataSync()],
    [3, 3, 0, 3, 3, 0],
  );
  hooked.dispose();
  const breaking = new Change("hook_out", () => {
    throw new Error("no");
  });
  using broken = compose(new DictionarySplicing({ dictionary }), breaking).prepare(new Line());
  thrown(() => broken.call(given));
  given.dispose();
});

test("two dictionaries at one site have two names", () => {
  using dictionary = threeFeatures();
  const model = new Line();
  const twice = compose(new DictionarySplicing({ dictionary }), new DictionarySplicing({ dictionary }));
  assert.equal(
    failure(() => twice.prepare(model)),
    ["MOUNT_TAKEN", "Line has a site hook_in.sae.input already. Give what is added another name."],
  );
  assert.is(countHooks(model), 0);
  using hooked = compose(
    new DictionarySplicing({ dictionary }),
    new DictionarySplicing({ dictionary, name: "other" }),
  ).prepare(model);
  const given = x();
  assert.equal(take(hooked.call(given)), [6, 24, -12, 30]);
  given.dispose();
});

test("the width, the site and the order of sites are checked", () => {
  using dictionary = threeFeatures();
  using hooked = new DictionarySplicing({ dictionary }).prepare(new Line());
  const wide = tensor3d([1, 2, 3], [1, 1, 3]);
  assert.equal(
    failure(() => hooked.call(wide)),
    [
      "DICTIONARY_WIDTH",
      "A sparse dictionary that reads [..., 2] was given of shape [1, 1, 3] at hook_in. Use it at the site that it was trained on.",
    ],
  );
  wide.dispose();
  assert.equal(
    failure(() => new DictionarySplicing({ dictionary, at: "hook_*" }).prepare(new Line())),
    [
      "DICTIONARY_SITES",
      "The option at of DictionarySplicing matches 2 sites: hook_in, hook_out. A dictionary belongs to one: compose one factory for each.",
    ],
  );
  using backwards = new DictionarySplicing({ dictionary, at: "hook_out", output: "hook_in" }).prepare(
    new Line(),
  );
  const given = x();
  assert.equal(
    failure(() => backwards.call(given)),
    [
      "DICTIONARY_ORDER",
      "hook_in ran before hook_out, whose values the dictionary there encodes. The input's site must run before the output's, and as often, in each run.",
    ],
  );
  given.dispose();
});

test("a dictionary that says no site needs one, and what is no dictionary is refused", () => {
  using dictionary = threeFeatures({ site: undefined } as never);
  assert.equal(
    failure(() => new DictionarySplicing({ dictionary }).prepare(new Line())),
    [
      "DICTIONARY_SITE",
      "The dictionary does not say at which site it belongs, and the option at does not, either. Give at: the path of the site.",
    ],
  );
  assert.is(
    thrown(() => new DictionarySplicing({ dictionary: {} as never })).message,
    "The option dictionary of DictionarySplicing is a record. Give a SparseDictionary.",
  );
});

test("scan and plan see the dictionary's sites", () => {
  using dictionary = threeFeatures();
  const factory = compose(new DictionarySplicing({ dictionary }), new ActivationCaching("**.features"));
  const plan = factory.plan(new Line());
  assert.match(String(plan), "hook_in.sae.features");
});

test.run();
