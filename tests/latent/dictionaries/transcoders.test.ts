import { compose, Interventions } from "@hookdict/contexts";
import { countHooks, HookPoint, Module } from "@hookdict/core";
import {
  ActivationCaching,
  type DictionaryConfig,
  SparseDictionary,
  Transcoders,
  TranscoderSplicing,
} from "@hookdict/latent";
import { add, memory, mul, type Tensor, tensor1d, tensor2d, tensor3d } from "@tensorflow/tfjs-core";
import { failure } from "../../support/failure.ts";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";

const test = suite("Transcoders");

/** x + 2 x in each of two layers, between the points where a layer reads and writes. */
class Layer extends Module {
  readonly hook_in: HookPoint = new HookPoint({ axes: ["batch", "pos", "dModel"] });
  readonly hook_out: HookPoint = new HookPoint({ axes: ["batch", "pos", "dModel"] });
  override forward(x: Tensor): Tensor {
    return add(x, this.hook_out.call(mul(this.hook_in.call(x), 2)));
  }
}

class Stack extends Module {
  readonly blocks: readonly Layer[] = [new Layer(), new Layer()];
  override forward(x: Tensor): Tensor {
    return this.blocks.reduce((stream, block) => block.call(stream), x);
  }
}

/** One feature for each value above 0, which writes `write` times that in its own layer. */
function layer(at: number, write: number, more: Partial<DictionaryConfig> = {}): SparseDictionary {
  return new SparseDictionary(
    {
      activation: "relu",
      dIn: 2,
      dSae: 2,
      site: `blocks.${at}.hook_in`,
      outputSite: `blocks.${at}.hook_out`,
      ...more,
    },
    {
      wEnc: tensor2d([1, 0, 0, 1], [2, 2]),
      wDec: tensor2d([write, 0, 0, write], [2, 2]),
      bEnc: tensor1d([0, 0]),
      bDec: tensor1d([0, at]),
    },
  );
}

const twoLayers = (): Transcoders =>
  new Transcoders([layer(0, 1), layer(1, 2)], [[tensor2d([10, 0, 0, 100], [2, 2])]]);

const x = (): Tensor => tensor3d([1, -4], [1, 1, 2]);

test("features of a layer write there and in later ones", () => {
  using both = twoLayers();
  assert.is(String(both), "Transcoders of 2 layers, cross-layer: 2 features by relu, 2 to 2");
  const values = [tensor2d([[1, 2]]), tensor2d([[3, -1]])];
  const features = both.encode(values);
  assert.equal([...(features[1] as Tensor).dataSync()], [3, 0]);
  const written = both.decode(features, values);
  assert.equal(
    written.map((one) => [...one.dataSync()]),
    [
      [1, 2],
      [6 + 10, 0 + 200 + 1],
    ],
  );
  assert.is(both.decoder(1, 0), undefined);
  for (const one of [...values, ...features, ...written]) one.dispose();
});

test("what does not fit is refused, and stays the caller's", () => {
  const layers = [layer(0, 1), layer(1, 1)];
  const wide = tensor2d([[1, 2, 3]]);
  assert.equal(
    failure(() => new Transcoders(layers, [[wide]])),
    [
      "TRANSCODER_LAYERS",
      "Transcoders were given [1, 3] as decoder of layer 0 in layer 1, in place of [2, 2]. Give one of each layer, in the layers' order.",
    ],
  );
  assert.match(thrown(() => new Transcoders(layers, [[], [wide]])).message, "1 as layers that layer 1 writes in besides its own, in place of 0"); // prettier-ignore
  assert.match(thrown(() => new Transcoders(layers, [[5 as never]])).message, "later[0][0]");
  assert.is(failure(() => new Transcoders([]))[0], "ARGUMENT_INVALID");
  using both = new Transcoders(layers);
  assert.is(both.isCrossLayer, false);
  assert.match(thrown(() => both.encode([wide])).message, "1 as values, in place of 2");
  assert.match(
    thrown(() => both.decodeAt(1, [wide])).message,
    "1 as features of layers 0 to 1, in place of 2",
  );
  wide.dispose();
});

for (const [errorTerm, before, silenced] of [
  // Of [1, -4]: features [1, 0], then [3, 0] of [3, -12] with the error kept, [2, 0] of [2, -4] without.
  ["kept", [9, -36], [9 - 1 - 2 - 10, -36]],
  ["none", [2 + 4 + 10, -4 + 1], [1 + 2, -4 + 1]],
] as const)
  test(`a change of a feature reaches all layers that it writes in, error ${errorTerm}`, () => {
    using transcoders = twoLayers();
    const model = new Stack();
    const splicing = new TranscoderSplicing({ transcoders, errorTerm });
    const given = x();
    using hooked = splicing.prepare(model);
    assert.equal(take(hooked.call(given)), [...before]);
    hooked.dispose();
    const at = "blocks.0.hook_in.transcoder.features[0]";
    const silence = new Interventions({ interventions: [{ kind: "zero", at }] });
    using changed = compose(splicing, silence).prepare(model);
    assert.equal(take(changed.call(given)), [...silenced]);
    changed.dispose();
    given.dispose();
    assert.is(countHooks(model), 0);
  });

test("features, reconstructions and errors of every layer are sites", () => {
  using transcoders = twoLayers();
  using hooked = compose(
    new TranscoderSplicing({ transcoders, name: "clt" }),
    new ActivationCaching("**.clt.*"),
  ).prepare(new Stack());
  const given = x();
  hooked.call(given).dispose();
  given.dispose();
  const read = (path: string): number[] => [
    ...hooked.cache.get<Tensor>(["fwd", `blocks.${path}`]).dataSync(),
  ];
  assert.equal(read("1.hook_in.clt.features"), [3, 0]);
  assert.equal(read("1.hook_in.clt.reconstruction"), [16, 1]);
  assert.equal(read("1.hook_in.clt.error"), [6 - 16, -24 - 1]);
});

test("a run that ends early leaves nothing", () => {
  using transcoders = twoLayers();
  using hooked = new TranscoderSplicing({ transcoders }).prepare(new Stack());
  const given = x();
  const { numTensors } = memory();
  const wide = tensor3d([1, 2, 3], [1, 1, 3]);
  assert.is(failure(() => hooked.call(wide))[0], "DICTIONARY_WIDTH");
  wide.dispose();
  hooked.call(given).dispose();
  assert.is(memory().numTensors, numTensors);
  given.dispose();
});

test("places that the model has not, or that are taken twice, are refused", () => {
  using transcoders = twoLayers();
  const prepare =
    (options: object): (() => unknown) =>
    () =>
      new TranscoderSplicing({ transcoders, ...options }).prepare(new Stack());
  assert.equal(failure(prepare({ input: "blocks.{layer}.hook_mid" })), [
    "TRANSCODER_SITES",
    "Transcoders of 2 layers do not fit the model: it lacks blocks.0.hook_mid, blocks.1.hook_mid. Give input and output as paths with {layer} in place of the number, and transcoders of this model.",
  ]);
  assert.match(
    thrown(prepare({ output: "blocks.1.hook_out" })).message,
    "they read and write at 3 places, not 4",
  );
  using bare = new Transcoders([layer(0, 1, { outputSite: undefined } as never)]);
  assert.match(
    thrown(() => new TranscoderSplicing({ transcoders: bare }).prepare(new Stack())).message,
    "it lacks the output of layer 0",
  );
});

test.run();
