import { type EncoderDecoder, loadModel, type StateSpaceModel } from "@hookdict/models";
import { tensor2d, tidy, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { familyFolder } from "./families/variants.ts";

const test = suite("loss of next tokens");

/** Float32 logarithms of sums over the vocabulary. */
const TOLERANCE = 1e-5;

const close = (got: number, want: number): void =>
  assert.ok(Math.abs(got - want) < TOLERANCE, `${got}, ${want}`);
const IDS = [14, 61, 88, 67, 38];
const tokensOf = (...rows: number[][]): Tensor2D => tensor2d(rows, undefined, "int32");

/** By the definition, from the logits. */
function expected(logits: Tensor, ids: readonly number[]): number[] {
  const rows = logits.arraySync() as number[][][];
  return ids.slice(1).map((next, at) => {
    const row = rows[0]![at]!; // there is one for every token
    return Math.log(row.reduce((total, each) => total + Math.exp(each), 0)) - (row[next] ?? NaN);
  });
}

for (const name of ["gpt2", "llama", "gemma2"]) {
  test(`${name}: each loss is minus the logarithm of the next token's probability, the loss their mean`, async () => {
    using model = await loadModel(familyFolder(name));
    tidy(() => {
      const tokens = tokensOf(IDS);
      const want = expected(model.call(tokens), IDS);
      const each = model.loss(tokens, { perToken: true });
      assert.equal(each.shape, [1, 4]);
      each.dataSync().forEach((got, i) => close(got, want[i] ?? NaN));
      const loss = model.loss(tokens);
      assert.equal(loss.shape, []);
      close(loss.dataSync()[0] ?? NaN, want.reduce((total, one) => total + one, 0) / want.length);
    });
  });
}

test("a model of states, and a decoder behind an encoder, have such losses, too", async () => {
  using mamba = await loadModel<StateSpaceModel>(familyFolder("mamba"));
  using t5 = await loadModel<EncoderDecoder>(familyFolder("t5"));
  tidy(() => {
    const tokens = tokensOf(IDS);
    const inputs = { decoderTokens: tokens, attentionMask: [[1, 1, 0]] };
    const source = tokensOf([7, 8, 0]);
    for (const [logits, each, mean] of [
      [mamba.call(tokens), mamba.loss(tokens, { perToken: true }), mamba.loss(tokens)],
      [t5.call(source, inputs), t5.loss(source, { ...inputs, perToken: true }), t5.loss(source, inputs)],
    ] as const) {
      const want = expected(logits, IDS);
      assert.equal(each.shape, [1, 4]);
      each.dataSync().forEach((got, i) => close(got, want[i] ?? NaN));
      close(mean.dataSync()[0] ?? NaN, want.reduce((total, one) => total + one, 0) / want.length);
    }
    const left = mamba.loss(tokensOf([0, 0, ...IDS]), { attentionMask: [[0, 0, 1, 1, 1, 1, 1]] });
    close(left.dataSync()[0] ?? NaN, mamba.loss(tokens).dataSync()[0] ?? NaN);
    const [code] = failure(() => t5.loss(source, {} as never));
    assert.is(code, "DECODER_TOKENS_MISSING");
  });
});

test("padding counts nothing, on either side", async () => {
  using model = await loadModel(familyFolder("llama"));
  tidy(() => {
    const want = model.loss(tokensOf(IDS)).dataSync()[0] ?? NaN;
    for (const [ids, mask] of [
      [
        [0, 0, ...IDS],
        [0, 0, 1, 1, 1, 1, 1],
      ],
      [
        [...IDS, 0, 0],
        [1, 1, 1, 1, 1, 0, 0],
      ],
    ] as const) {
      const attentionMask = tokensOf([...mask]);
      close(model.loss(tokensOf([...ids]), { attentionMask }).dataSync()[0] ?? NaN, want);
      const each = model.loss(tokensOf([...ids]), { attentionMask, perToken: true }).dataSync();
      assert.is([...each].filter((one) => one === 0).length, 2);
    }
  });
});

test("an encoder and a single position have no such loss", async () => {
  using bert = await loadModel(familyFolder("bert"));
  using gpt2 = await loadModel(familyFolder("gpt2"));
  tidy(() => {
    const hint = "Give a decoder at least two positions.";
    assert.equal(
      failure(() => bert.loss(tokensOf(IDS))),
      [
        "LOSS_ABSENT",
        `The loss of a bert model's next tokens was asked for: its positions see the tokens that follow. ${hint}`,
      ],
    );
    assert.equal(
      failure(() => gpt2.loss(tokensOf([5]))),
      [
        "LOSS_ABSENT",
        `The loss of a gpt2 model's next tokens was asked for: there is one position, and nothing follows. ${hint}`,
      ],
    );
    const lonely = { attentionMask: [[0, 0, 0, 0, 1]] };
    assert.equal(
      failure(() => gpt2.loss(tokensOf(IDS), lonely)),
      [
        "LOSS_ABSENT",
        `The loss of a gpt2 model's next tokens was asked for: no token follows another, what is padding left out. ${hint}`,
      ],
    );
    assert.equal([...gpt2.loss(tokensOf(IDS), { ...lonely, perToken: true }).dataSync()], [0, 0, 0, 0]);
  });
});

test("losses of ioi-tiny are those that TransformerLens computes", async () => {
  using model = await loadModel(new URL("../../examples/ioi-patching/model/", import.meta.url));
  tidy(() => {
    // TransformerLens 3.5.1, loss_per_token=True.
    const text = "When Mary and John went to the store , John gave a drink to";
    const first = [2.044825315475464, 3.4777626991271973, 8.4638240878121e-6, 3.5923781394958496];
    const each = model.loss(text, { perToken: true }).dataSync();
    assert.is(each.length, 14);
    first.forEach((want, i) => close(each[i] ?? NaN, want));
    close(model.loss(text).dataSync()[0] ?? NaN, 1.3030529022216797);
  });
});

test("texts are taken as they are", async () => {
  using model = await loadModel(new URL("../../examples/ioi-patching/model/", import.meta.url));
  tidy(() => {
    const text = "When Mary and John went to the";
    const [direct, made] = [model.loss(text), model.loss(model.tokens(text))];
    assert.equal([...direct.dataSync()], [...made.dataSync()]);
  });
});

test.run();
