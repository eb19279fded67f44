import {
  accumulatedResidual,
  captureStream,
  decomposedResidual,
  headResults,
  logitAttributions,
  logitLens,
  neuronResults,
  type StreamRun,
} from "@hookdict/circuits";
import { hookFunction } from "@hookdict/core";
import { TensorDict } from "@hookdict/tensordict";
import { clone, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { withFamily } from "../families.ts";

const test = suite("errors about residual streams");

/** The code and the whole message of what a function throws on a run of GPT-2's tiny checkpoint, or another family's. */
async function fault(fn: (run: StreamRun) => unknown, family = "gpt2"): Promise<readonly string[]> {
  return withFamily(family, (model, tokens) => {
    using run = captureStream(model, tokens);
    const { code, message } = thrown(() => fn(run)) as Error & { code: string };
    return [code, message];
  });
}

test("a model that is no transformer", () =>
  withFamily("gpt2", (_, tokens) => {
    const model = hookFunction((x: Tensor) => clone(x));
    const error = thrown(() => captureStream(model, tokens)) as Error & { code: string };
    assert.is(error.code, "CIRCUIT_MODEL");
    assert.is(
      error.message,
      "captureStream needs a transformer of @hookdict/models, and was given FunctionModel. Load one with loadModel, or give a model prepared on one.",
    );
  }));

test("the stream between attention and MLP where they are parallel", async () => {
  assert.equal(await fault((run) => accumulatedResidual(run, { includeMid: true }), "gptj"), [
    "CIRCUIT_PART",
    "The stream between attention and MLP cannot be told apart in gptj: they read the same stream. Take whole layers instead: what attention and MLP add.",
  ]);
});

test("neurons of experts", async () => {
  assert.equal(await fault((run) => neuronResults(run), "mixtral"), [
    "CIRCUIT_PART",
    "What each neuron adds cannot be told apart in mixtral: its MLPs are experts. Take whole layers instead: what attention and MLP add.",
  ]);
});

test("a cache without what is read", async () => {
  using cache = new TensorDict();
  assert.equal(await fault(({ model }) => decomposedResidual({ model, cache })), [
    "CAPTURE_MISSING",
    "The cache, of 0 values, has none of hook_embed. Make it with captureStream, or capture that site, too.",
  ]);
});

test("layers, norms, modes and directions that there are not", async () => {
  const wrong = async (options: object, message: string): Promise<void> =>
    assert.equal(await fault((run) => decomposedResidual(run, options)), ["CIRCUIT_OPTION", message]);
  await wrong({ layer: 4 }, "decomposedResidual: the option layer is 4. Give a whole number from -3 to 3.");
  await wrong(
    { layer: 3, mlpInput: true },
    "decomposedResidual: the option layer is 3. Give a whole number from -3 to 2.",
  );
  await wrong(
    { norm: "live" },
    'decomposedResidual: the option norm is "live". Give "cached" or "recomputed".',
  );
  await wrong(
    { mode: "attn" },
    'decomposedResidual: the option mode is "attn". Give "all", "attention" or "mlp".',
  );
  assert.equal(await fault((run) => headResults(run, { layer: 0 })), [
    "CIRCUIT_OPTION",
    "headResults: the option layer is 0. Give a later layer: nothing was added before this one.",
  ]);
  const flat = zeros([3]);
  await wrong(
    { projectOnto: flat },
    "decomposedResidual: the option projectOnto is float32 [3]. Give directions [32] or [32, projection].",
  );
  flat.dispose();
});

test("positions and tokens that there are not", async () => {
  assert.equal(await fault((run) => accumulatedResidual(run, { positions: 6 })), [
    "CIRCUIT_POSITION",
    "The position 6 is outside the 6 there are. Give whole numbers from -6 to 5; negative ones count from the end.",
  ]);
  assert.equal(await fault((run) => logitLens(run, { tokens: [-1] })), [
    "CIRCUIT_TOKEN",
    "The token -1 is outside the vocabulary of 96. Give whole numbers from 0 to 95.",
  ]);
});

test("tokens for other rows, and stacks of another shape", async () => {
  const attributed = (make: () => Tensor, tokens: number[]) => (run: StreamRun) => {
    const stack = make();
    try {
      return logitAttributions(run, stack, { tokens });
    } finally {
      stack.dispose();
    }
  };
  assert.equal(await fault(attributed(() => zeros([2, 1, 6, 32]), [1, 2])), [
    "CIRCUIT_TOKENS",
    "Logits were asked for of 2 tokens, and the batch has 1 rows. Give one token for all rows, or a list with one for each row.",
  ]);
  assert.equal(await fault(attributed(() => zeros([2, 1, 6, 7]), [1])), [
    "CIRCUIT_STACK",
    "A stack of shape [2, 1, 6, 7] was given to a model whose stream is 32 wide. Give [component, batch, pos, dModel] with the positions of the run, or [component, batch, dModel] with the option position.",
  ]);
});

test.run();
