import { hookLayers } from "@hookdict/core/layers";
import { ActivationCaching } from "@hookdict/latent";
import { mul, ones, serialization, type Tensor, train } from "@tensorflow/tfjs-core";
import { layers, type LayersModel, sequential } from "@tensorflow/tfjs-layers";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";

const test = suite("layers that do not give their output at once");

const first = (x: Tensor | Tensor[]): Tensor => (Array.isArray(x) ? (x[0] as Tensor) : x);

class Own extends layers.Layer {
  static className = "Own";
  override computeOutputShape(shape: never): never {
    return shape;
  }
}
class Waiting extends Own {
  static override className = "Waiting";
  override call(x: Tensor | Tensor[]): never {
    return this.later(first(x)) as never; // as a compiler leaves it
  }
  async later(x: Tensor): Promise<Tensor> {
    await Promise.resolve();
    if (x.isDisposed) throw new Error("the model is done with it");
    return x;
  }
}
class Promising extends Own {
  static override className = "Promising";
  override call(): never {
    return Promise.resolve() as never;
  }
}
class Async extends Own {
  static override className = "Async";
}
class Generating extends Own {
  static override className = "Generating";
}
const waitingCall = async (x: Tensor | Tensor[]): Promise<Tensor> => Promise.resolve(mul(first(x), 2));
function* steppingCall(x: Tensor | Tensor[]): Generator<Tensor> {
  yield mul(first(x), 2);
}
Object.defineProperty(Async.prototype, "call", { value: waitingCall });
Object.defineProperty(Generating.prototype, "call", { value: steppingCall });
for (const each of [Waiting, Promising, Async, Generating]) serialization.registerClass(each);

function modelOf(layer: InstanceType<typeof Own>): LayersModel {
  return sequential({ layers: [layers.dense({ units: 2, inputShape: [2], name: "dense" }), layer] });
}

const refused = (kind: string): readonly string[] => [
  "LAYER_ASYNC",
  `The call of the layer "mine" is ${kind}, and models of layers run at once. Write call as an ordinary function, and await what it needs before the model runs.`,
];

for (const [Layer, kind] of [
  [Async, "an async function"],
  [Generating, "a generator"],
] as const)
  test(`a layer whose call is ${kind} is refused before the model runs`, () => {
    const model = modelOf(new Layer({ name: "mine" }));
    assert.equal(
      failure(() => hookLayers(model)),
      refused(kind),
    );
    model.dispose();
  });

test("a layer whose call returns a promise is refused where it is hooked, in every way of running it", async () => {
  const model = modelOf(new Waiting({ name: "mine" }));
  const x = ones([1, 2]);
  const hookable = hookLayers(model);
  {
    using hooked = new ActivationCaching("**").prepare(hookable);
    assert.equal(
      failure(() => hooked.call(x)),
      refused("an async function"),
    );
    assert.equal(await asyncFailure(hooked.callAsync(x)), refused("an async function"));
    assert.equal(
      failure(() => model.predict(x)),
      refused("an async function"),
    );
  }
  await new Promise((resolve) => setTimeout(resolve)); // its rest must end nothing
  x.dispose();
  model.dispose();
});

test("a layer without hooks whose output is no tensor is named, wherever the hooks are and however it runs", async () => {
  const message = [
    "LAYER_OUTPUT",
    'The layer "mine" gave something that is no tensor, such as a promise. A layer\'s call gives a tensor, or a list of them, at once: await what it needs before the model runs.',
  ];
  const x = ones([1, 2]);
  const inner = sequential({
    layers: [layers.dense({ units: 2, inputShape: [2], name: "inner" }), new Promising({ name: "mine" })],
  });
  const behind = sequential({
    layers: [layers.dense({ units: 2, inputShape: [2], name: "dense" }), inner, layers.dense({ units: 2 })],
  });
  for (const model of [modelOf(new Promising({ name: "mine" })), behind]) {
    const optimizer = train.sgd(0.1);
    model.compile({ optimizer, loss: "meanSquaredError" });
    {
      using hooked = new ActivationCaching("dense").prepare(hookLayers(model));
      assert.equal(
        failure(() => hooked.call(x)),
        message,
      );
      assert.equal(await asyncFailure(hooked.callAsync(x)), message);
      assert.equal(
        failure(() => model.predict(x)),
        message,
      );
      assert.equal(
        failure(() => model.evaluate(x, x)),
        message,
      );
      assert.equal(await asyncFailure(model.fit(x, x, { epochs: 1 })), message);
    }
    optimizer.dispose();
    model.dispose();
  }
  inner.dispose();
  x.dispose();
});

test.run();
