import { countHooks, HookPoint, Module } from "@hookdict/core";
import { TensorDict } from "@hookdict/tensordict";
import { ActivationCaching, ActivationPatching, type ActivationPatchingOptions } from "@hookdict/latent";
import { add, mul, neg, scalar, tensor, type Tensor, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { Embedder, Repeat, Toy } from "../support/models.ts";
import { take, takeOne } from "../support/values.ts";
import { Heads, numbered } from "./heads.ts";

const test = suite("ActivationPatching");

/** The signs of what comes out, as one string over batch, position and head: "-" is patched. */
function patchedPlaces(options: Omit<ActivationPatchingOptions, "source">): string {
  const source = new TensorDict({ fwd: { hook_q: numbered(-1) } });
  const x = numbered(1);
  using hooked = new ActivationPatching("hook_q", { source, ...options }).prepare(new Heads());
  const values = take(hooked.call(x));
  x.dispose();
  source.dispose();
  return values.map((value) => (value < 0 ? "-" : "+")).join("");
}

test("without places the whole value is patched", () => {
  assert.is(patchedPlaces({}), "-- -- -- -- -- --".replaceAll(" ", ""));
});

test("positions patch the declared axis pos only", () => {
  assert.is(patchedPlaces({ positions: 1 }), "++ -- ++ ++ -- ++".replaceAll(" ", ""));
  assert.is(patchedPlaces({ positions: [0, -1] }), "-- ++ -- -- ++ --".replaceAll(" ", ""));
});

test("heads patch the declared axis head only", () => {
  assert.is(patchedPlaces({ heads: -1 }), "+- +- +- +- +- +-".replaceAll(" ", ""));
});

test("positions, heads and other axes are patched where all of them agree", () => {
  assert.is(patchedPlaces({ slice: { batch: 1 } }), "++ ++ ++ -- -- --".replaceAll(" ", ""));
  assert.is(
    patchedPlaces({ slice: { batch: 0 }, positions: [1, 2], heads: 0 }),
    "++ -+ -+ ++ ++ ++".replaceAll(" ", ""),
  );
});

test("ranges patch what slices of captures hold", () => {
  assert.is(patchedPlaces({ positions: { start: 1 } }), "++ -- -- ++ -- --".replaceAll(" ", ""));
  assert.is(
    patchedPlaces({ slice: { pos: { start: -3, step: 2 } } }),
    "-- ++ -- -- ++ --".replaceAll(" ", ""),
  );
  assert.is(patchedPlaces({ heads: { end: -1 } }), "-+ -+ -+ -+ -+ -+".replaceAll(" ", ""));
  assert.is(patchedPlaces({ positions: { start: 2, end: 2 } }), "+".repeat(12));
});

test("no places in a list patch nothing", () => {
  assert.is(patchedPlaces({ positions: [] }), "+".repeat(12));
});

test("patching a run with its own values changes no bit", () => {
  const model = new Toy();
  const x = scalar(1.1);
  {
    using clean = new ActivationCaching("**").prepare(model);
    const expected = takeOne(clean.call(x));
    using source = clean.context.takeCache();
    using patched = new ActivationPatching("**", { source }).prepare(model);
    assert.is(takeOne(patched.call(x)), expected);
  }
  assert.is(countHooks(model), 0);
  x.dispose();
});

test("a patched value is what the rest of the model computes with", () => {
  const model = new Toy();
  const [x, y] = [scalar(5), scalar(2)];
  {
    using clean = new ActivationCaching("hook_first").prepare(model);
    clean.call(x).dispose();
    using source = clean.context.takeCache();
    using patched = new ActivationPatching("hook_first", { source }).prepare(model);
    assert.is(takeOne(patched.call(y)), (5 ** 2 + 3) ** 2 - 4);
  }
  assert.is(takeOne(tidy(() => new Toy().call(y))), (2 ** 2 + 3) ** 2 - 4);
  x.dispose();
  y.dispose();
});

test("the option patch combines the two by itself", () => {
  const source = new TensorDict({ fwd: { hook_first: scalar(10) } });
  const x = scalar(5);
  {
    using hooked = new ActivationPatching("hook_first", {
      source,
      patch: (site, was, is) => (site.path === "hook_first" ? add(mul(was, 0.5), is) : neg(is)),
    }).prepare(new Toy());
    assert.is(takeOne(hooked.call(x)), (0.5 * 10 + 25 + 3) ** 2 - 4);
  }
  source.dispose();
  x.dispose();
});

test("each run of a site is patched from the capture of the same number", () => {
  const source = new TensorDict({
    fwd: { double: scalar(1), "double#1": scalar(10), "double#2": scalar(7) },
  });
  const x = scalar(3);
  {
    using hooked = new ActivationPatching("double", { source }).prepare(new Repeat(3));
    using seen = new ActivationCaching("double").prepare(hooked);
    assert.is(takeOne(seen.call(x)), 7);
    const at = (path: string): number | undefined => seen.cache.get(["fwd", path]).dataSync()[0];
    assert.equal([at("double"), at("double#1"), at("double#2")], [1, 10, 7]);
  }
  source.dispose();
  x.dispose();
});

test("an input is patched in the direction fwd_pre, read under that key", () => {
  const source = new TensorDict({ fwd: { second: scalar(-1) }, fwd_pre: { second: scalar(4) } });
  const x = scalar(5);
  {
    using hooked = new ActivationPatching("second", { source, direction: "fwd_pre" }).prepare(new Toy());
    assert.is(takeOne(hooked.call(x)), 4 ** 2 - 4);
  }
  source.dispose();
  x.dispose();
});

test("a gradient is patched in the direction bwd", () => {
  const source = new TensorDict({ bwd: { hook_mid: scalar(3) } });
  const x = scalar(5);
  {
    using hooked = new ActivationPatching("hook_mid", { source, direction: "bwd" }).prepare(new Toy());
    const { value, gradInputs } = hooked.valueAndGradInputs(() => hooked.call(x), "hook_x");
    // d hook_mid / d x = 2·5; the loss's own gradient 2·28 never arrives.
    assert.is(takeOne(gradInputs.get("hook_x").clone()), 3 * (2 * 5));
    value.dispose();
    gradInputs.dispose();
  }
  source.dispose();
  x.dispose();
});

test("a source of batch 1 is repeated over the batch", () => {
  const source = new TensorDict({ fwd: { hook_q: tensor([-1, -2], [1, 1, 2, 1]) } });
  const x = numbered(1);
  {
    using hooked = new ActivationPatching("hook_q", { source, positions: 0 }).prepare(new Heads());
    assert.equal(take(hooked.call(x)).slice(0, 3), [-1, -2, 11]);
  }
  source.dispose();
  x.dispose();
});

test("the source is read when the site runs, not when the model is prepared", () => {
  const source = new TensorDict();
  const x = scalar(5);
  {
    using hooked = new ActivationPatching("hook_first", { source }).prepare(new Toy());
    source.set(["fwd", "hook_first"], scalar(1));
    assert.is(takeOne(hooked.call(x)), (1 + 3) ** 2 - 4);
  }
  source.dispose();
  x.dispose();
});

test("tokens are patched by position between prompts of a real shape", () => {
  using model = new Embedder();
  const [clean, corrupt] = [tensor2d([[0, 1]], [1, 2], "int32"), tensor2d([[2, 2]], [1, 2], "int32")];
  {
    using caching = new ActivationCaching("hook_embed").prepare(model);
    caching.call(clean).dispose();
    using source = caching.context.takeCache();
    using hooked = new ActivationPatching("hook_embed", { source, positions: -1 }).prepare(model);
    assert.equal(take(hooked.call(corrupt)), [2 * 5, 2 * 6, 2 * 3, 2 * 4]);
  }
  clean.dispose();
  corrupt.dispose();
});

test("units are patched by their axis", () => {
  class Units extends Module {
    readonly units: HookPoint = new HookPoint({ axes: ["batch", "unit"] });
    override forward(x: Tensor): Tensor {
      return this.units.call(x);
    }
  }
  const source = new TensorDict({ fwd: { units: tensor2d([[10, 20, 30]]) } });
  const x = tensor2d([[1, 2, 3]]);
  using hooked = new ActivationPatching("units", { source, slice: { unit: [1, 2] } }).prepare(new Units());
  assert.equal(take(hooked.call(x)), [1, 20, 30]);
  x.dispose();
  source.dispose();
});

test.run();
