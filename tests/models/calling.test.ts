import { countHooks } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { GPT2 } from "@hookdict/models";
import { memory, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { take } from "../support/values.ts";

const test = suite("calling GPT2");

const sizes = { nLayers: 2, nHeads: 2, dModel: 8, dVocab: 11, nPositions: 5 };

/** What calling the model with these tokens fails with. */
function refusal(tokens: Tensor): Error & { code: string } {
  using model = GPT2.fromConfig(sizes);
  const before = memory().numTensors;
  const error = thrown(() => model.call(tokens));
  assert.is(memory().numTensors, before);
  tokens.dispose();
  return error as Error & { code: string };
}

test("the same seed gives the same weights, another one others", () => {
  const logits = [1, 1, 2].map((seed) => {
    using model = GPT2.fromConfig(sizes, { seed });
    const tokens = tensor2d([[1, 2, 3]], [1, 3], "int32");
    const values = take(model.call(tokens));
    tokens.dispose();
    return values;
  });
  assert.equal(logits[0], logits[1]);
  assert.not.equal(logits[0], logits[2]);
});

test("tokens that are no int32 [batch, pos] are refused", () => {
  const hint = "Make them with model.tokens(text), or with tensor2d([ids], undefined, 'int32').";
  const message = (got: string): string =>
    `Tokens must be int32 [batch, pos], each at least 1; got ${got}. ${hint}`;
  const floats = refusal(tensor2d([[1, 2]]));
  assert.is(floats.code, "TOKENS_SHAPE");
  assert.is(floats.message, message("float32 [1, 2]"));
  assert.is(refusal(tensor2d([], [1, 0], "int32")).message, message("int32 [1, 0]"));
});

test("more tokens than the model has positions are refused", () => {
  const error = refusal(tensor2d([[1, 2, 3, 4, 5, 6]], [1, 6], "int32"));
  assert.is(error.code, "TOKENS_TOO_LONG");
  assert.is(error.message, "The tokens are 6 long; the model has 5 positions. Shorten the text.");
});

test("ids that the vocabulary does not have are refused with their place", () => {
  for (const id of [11, -1]) {
    const error = refusal(
      tensor2d(
        [
          [1, 2],
          [3, id],
        ],
        [2, 2],
        "int32",
      ),
    );
    assert.is(error.code, "TOKEN_RANGE");
    assert.is(
      error.message,
      `Token ${id} at [1, 1] is not in the vocabulary of 11. Token ids are integers from 0 to 10.`,
    );
  }
});

test("a disposed model says so, and keeps no hooks from being removed", () => {
  const model = GPT2.fromConfig(sizes);
  const tokens = tensor2d([[1]], [1, 1], "int32");
  {
    using hooked = new ActivationCaching("**").prepare(model);
    model.dispose();
    const error = thrown(() => hooked.call(tokens)) as Error & { code: string };
    assert.is(error.code, "MODEL_DISPOSED");
    assert.is(
      error.message,
      "This gpt2 model was disposed, and its weights with it. Call it inside the scope of its `using`.",
    );
  }
  assert.is(countHooks(model), 0);
  tokens.dispose();
});

test("a capture of everything holds every distinct activation once, and nothing else", () => {
  using model = GPT2.fromConfig(sizes);
  const tokens = tensor2d([[1, 2, 3, 4]], [1, 4], "int32");
  const buffers = memory().numDataBuffers;
  using hooked = new ActivationCaching("**").prepare(model);
  hooked.call(tokens).dispose();
  const captured = [...hooked.cache.keys({ nested: true, leavesOnly: true })].map((key) =>
    hooked.cache.get(key),
  );
  const distinct = new Map(captured.map((tensor) => [tensor.dataId, tensor.size]));
  assert.is(memory().numDataBuffers - buffers, distinct.size);
  const [pos, stream] = [4, 4 * sizes.dModel];
  const norm = pos + 2 * stream; // scale; before and after gain and bias
  const attention = 4 * stream + 2 * sizes.nHeads * pos ** 2; // q, k, v, z; scores, pattern
  const mlp = 2 * 4 * stream; // before and after the activation
  // What attention and MLP write, and the residual stream after each: the next block reads the latter.
  const block = norm + attention + norm + mlp + 4 * stream;
  const embeddings = 3 * stream; // of tokens, of positions, their sum
  const all = embeddings + sizes.nLayers * block + norm + pos * sizes.dVocab;
  assert.is(
    [...distinct.values()].reduce((total, size) => total + size, 0),
    all,
  );
  tokens.dispose();
});

test.run();
