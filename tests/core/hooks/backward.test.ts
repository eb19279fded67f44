import { HookFactory, type HookInfo, Module } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { mul, scalar, square, sum, type Tensor, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { Point, Embedder, Toy } from "../../support/models.ts";
import { Custom } from "../../support/custom.ts";

const test = suite("backward hooks");

const read = (tensor: Tensor): number => tensor.dataSync()[0] ?? Number.NaN;

test("backward hooks chain: g·10, then g·7 gives 70", () => {
  const model = new Point();
  const seen: number[] = [];
  using hooked = new Custom((context) => {
    context.hook("hook_x", "bwd", (g: Tensor) => mul(g, 10));
    context.hook("hook_x", "bwd", (g: Tensor) => mul(g, 7));
    context.hook(
      "hook_x",
      "bwd",
      HookFactory.observe((g: Tensor) => seen.push(read(g))),
    );
  }).prepare(model);
  const x = scalar(2);
  hooked.backward(() => hooked.call(x));
  assert.equal(seen, [10 * 7]);
  x.dispose();
});

test("a forward ×3 with an identity backward hook keeps gradient 3", () => {
  const model = new Point();
  const seen: number[] = [];
  using hooked = new Custom((context) => {
    context.hook("hook_x", "fwd", (x: Tensor) => mul(x, 3));
    context.hook("hook_x", "bwd", () => undefined);
    context.hook(
      "hook_x",
      "bwd",
      HookFactory.observe((g: Tensor) => seen.push(read(g))),
    );
  }).prepare(model);
  const x = scalar(2);
  hooked.backward(() => hooked.call(x));
  assert.equal(seen, [3]);
  x.dispose();
});

test("bwd_pre changes the gradient before it flows through the site, bwd after", () => {
  const model = new Toy();
  const seen: number[] = [];
  using hooked = new Custom((context) => {
    context.hook("second", "bwd_pre", (g: Tensor) => mul(g, 5));
    context.hook("second", "bwd", (g: Tensor, info: HookInfo) => {
      seen.push(read(g), read(info.gradOutput as Tensor));
      return mul(g, 0);
    });
    context.hook(
      "hook_x",
      "bwd",
      HookFactory.observe((g: Tensor) => seen.push(read(g))),
    );
  }).prepare(model);
  const x = scalar(5);
  hooked.backward(() => hooked.call(x));
  assert.equal(seen, [5 * 2 * 28, 5, 0]);
  x.dispose();
});

test("one pass gives the gradient at every site, with integer inputs and no variables", () => {
  using model = new Embedder();
  const tokens = tensor2d([0, 2], [1, 2], "int32");
  {
    using hooked = new ActivationCaching("**", { directions: ["fwd", "bwd"] }).prepare(model);
    hooked.backward(() => sum(square(hooked.call(tokens))));
    const embedded = [1, 2, 5, 6];
    assert.equal([...hooked.cache.get(["fwd", "hook_embed"]).dataSync()], embedded);
    assert.equal(
      [...hooked.cache.get(["bwd", "hook_double"]).dataSync()],
      embedded.map((e) => 2 * (2 * e)),
    );
    assert.equal(
      [...hooked.cache.get(["bwd", "hook_embed"]).dataSync()],
      embedded.map((e) => 2 * 2 * (2 * e)),
    );
  }
  tokens.dispose();
});

test("valueAndGradInputs gives the loss and the gradients by path", () => {
  const x = scalar(5);
  {
    using hooked = new Custom(() => undefined).prepare(new Toy());
    const { value, gradInputs } = hooked.valueAndGradInputs(() => hooked.call(x), "hook_*");
    assert.is(read(value), 780);
    assert.is(read(gradInputs.get("hook_mid")), 2 * 28);
    assert.is(read(gradInputs.get("hook_x")), 2 * 28 * 2 * 5);
    value.dispose();
    gradInputs.dispose();
  }
  x.dispose();
});

test("a tuple of inputs has a tuple of gradients, with nothing for an integer", () => {
  class Product extends Module {
    override forward(a: Tensor, b: Tensor): Tensor {
      return mul(a, b);
    }
  }
  class Outer extends Module {
    readonly product: Product = new Product();
    override forward(a: Tensor, b: Tensor): Tensor {
      return this.product.call(a, b);
    }
  }
  const a = scalar(3);
  const b = scalar(4);
  const seen: number[][] = [];
  {
    using hooked = new Custom((context) => {
      context.hook(
        "product",
        "bwd",
        HookFactory.observe((g: [Tensor, Tensor]) => seen.push(g.map(read))),
      );
    }).prepare(new Outer());
    hooked.backward(() => hooked.call(a, b));
  }
  assert.equal(seen, [[4, 3]]);
  a.dispose();
  b.dispose();
});

test.run();
