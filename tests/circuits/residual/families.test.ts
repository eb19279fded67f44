import {
  accumulatedResidual,
  captureStream,
  decomposedResidual,
  fullDecomposition,
  headResults,
  type Labelled,
  type LensResult,
  logitAttributions,
  logitLens,
  neuronResults,
  type StreamRun,
} from "@hookdict/circuits";
import type { Transformer } from "@hookdict/models";
import {
  add,
  abs,
  gather,
  matMul,
  max,
  mul,
  ones,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  tensor1d,
  tensor2d,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { takeOne } from "../../support/values.ts";
import { decoders, withFamily } from "../families.ts";

const test = suite("residual streams of every family");

/** Float32 sums in another order, of streams of size about 10. */
const ROUNDING = 2e-4;

/** The stream of these decoders is no sum: norms stand behind sums, or the stream goes on from norms. */
const REFUSED = ["bloom-postres", "opt-postnorm"];

const distance = (a: () => Tensor, b: () => Tensor): number => takeOne(tidy(() => max(abs(sub(a(), b())))));
const total = (stack: Labelled): Tensor => sum(stack.get("values"), 0);
const captured = (run: StreamRun, path: string): Tensor => run.cache.get(["fwd", path]);

for (const name of decoders.filter((each) => !REFUSED.includes(each))) {
  test(`${name}: what is taken apart adds up to the stream and to a logit, and the lens ends with the logits`, () =>
    withFamily(name, (model, tokens) => {
      using run = captureStream(model, tokens);
      const end = captured(run, `blocks.${model.blocks.length - 1}.hook_resid_post`);
      using parts = decomposedResidual(run);
      using all = fullDecomposition(run);
      using heads = headResults(run, { includeRemainder: true });
      for (const stack of [parts, all, heads])
        assert.ok(
          distance(
            () => total(stack),
            () => end,
          ) <
            ROUNDING * 10,
        );
      using lens = logitLens(run, { keepLogits: true, chunk: 7, tokens: [3] });
      const last = (): Tensor => slice(lens.get("logits"), model.blocks.length, 1);
      assert.ok(
        distance(
          () => reshape(last(), run.logits.shape),
          () => run.logits,
        ) < ROUNDING,
      );
      if (model.config.head.cap !== undefined) return; // a capped logit is no sum
      using found = logitAttributions(run, parts, { tokens: 3 });
      const whole = (): Tensor => add(total(found), biasOfToken(model, 3));
      const wanted = (): Tensor => reshape(gather(run.logits, tensor1d([3], "int32"), 2), [1, -1]);
      assert.ok(distance(whole, wanted) < ROUNDING);
    }));
}

/** What the last norm's bias and the unembedding's add to a token's logit. */
function biasOfToken(model: Transformer, token: number): Tensor | number {
  const { scale = 1 } = model.config.head;
  const { project_out: projection } = model;
  let read: Tensor | undefined = model.ln_final?.bias;
  if (projection !== undefined) {
    const mapped = read === undefined ? 0 : sum(mul(reshape(read, [-1, 1]), projection.weight), 0);
    read = add(mapped, projection.bias ?? 0);
  }
  const row = reshape(slice(model.unembed.weight, token, 1), [-1]);
  const fromNorm = read === undefined ? 0 : mul(sum(mul(row, read)), scale);
  const { bias } = model.unembed;
  return bias === undefined ? fromNorm : add(fromNorm, mul(slice(bias, token, 1), scale));
}

for (const name of REFUSED) {
  test(`${name}: is refused with the reason`, async () => {
    const error = await rejected(withFamily(name, (model, tokens) => captureStream(model, tokens)));
    const why =
      name === "opt-postnorm"
        ? "norms follow each sum and change it"
        : "the stream goes on from the outputs of norms";
    const type = name === "opt-postnorm" ? "opt" : "bloom";
    assert.is((error as Error & { code: string }).code, "STREAM_NO_SUM");
    assert.is(
      error.message,
      `The residual stream of ${type} is no sum of what its parts add: ${why}. ` +
        "Take a family whose norms stand before attention and MLP, or patch its sites.",
    );
  });
}

test("neurons in directions are what neurons give and then the directions, without the large tensor", () =>
  withFamily("llama", (model, tokens) => {
    using run = captureStream(model, tokens);
    const directions = tidy(() => transpose(slice(model.unembed.weight, 0, 3)));
    for (const norm of [undefined, "cached"] as const) {
      const options = norm === undefined ? {} : { norm };
      using short = neuronResults(run, { ...options, projectOnto: directions });
      using long = neuronResults(run, options);
      const wanted = (): Tensor => {
        const x = long.get("values");
        const products = matMul(reshape(x, [-1, model.config.dModel]), directions);
        return reshape(products, [...x.shape.slice(0, -1), 3]);
      };
      assert.ok(distance(() => short.get("values"), wanted) < ROUNDING);
    }
    directions.dispose();
  }));

test("a lens in pieces sees what it sees at once", () =>
  withFamily("gpt2", (model, tokens) => {
    using run = captureStream(model, tokens);
    const how = { topK: 3, tokens: [1, 4], positions: [-1, 0], includeMid: true };
    using once = logitLens(run, how);
    using pieces = logitLens(run, { ...how, chunk: 5 });
    for (const key of ["topTokens", "topLogProbs", "entropy", "ranks", "logProbs"] as const)
      assert.ok(
        distance(
          () => once.get(key),
          () => pieces.get(key),
        ) < 1e-5,
        key,
      );
    assert.equal(once.get("axes"), ["component", "batch", "pos"]);
    assert.equal(once.get("labels")["token"], ["1", "4"]);
    assert.is(once.get("labels")["component"]?.[1], "0_mid");
  }));

test("a tuned lens that changes nothing is the logit lens, and one that doubles is not", () =>
  withFamily("gpt2", (model, tokens) => {
    using run = captureStream(model, tokens);
    const seen: string[] = [];
    using plain = logitLens(run, { keepLogits: true });
    using same = logitLens(run, {
      keepLogits: true,
      translate: (stream, label) => {
        seen.push(label);
        return stream;
      },
    });
    using moved = logitLens(run, { keepLogits: true, translate: (stream) => add(stream, ones([1])) });
    using shifted = logitLens(run, { keepLogits: true, translate: (stream) => add(stream, bump(stream)) });
    const from = (lens: LensResult): number =>
      distance(
        () => plain.get("logits"),
        () => lens.get("logits"),
      );
    assert.is(from(same), 0);
    assert.ok(from(moved) < 1e-3); // a layer norm takes the mean off
    assert.ok(from(shifted) > 1e-2);
    assert.equal(seen, plain.get("labels")["component"]);
  }));

/** Something that no norm takes off. */
function bump(stream: Tensor): Tensor {
  const width = stream.shape.at(-1) ?? 1;
  return tensor2d(
    Float32Array.from({ length: width }, (_, i) => Math.sin(i)),
    [1, width],
  );
}

test("a stack of the stream has the sites' values at the chosen positions", () =>
  withFamily("gptj", (model, tokens) => {
    using run = captureStream(model, tokens);
    using stack = accumulatedResidual(run, { positions: [0, -1], layer: 1 });
    assert.equal(stack.get("values").shape, [2, 1, 2, model.config.dModel]);
    const want = (): Tensor => gather(captured(run, "blocks.1.hook_resid_pre"), tensor1d([0, 5], "int32"), 1);
    assert.is(
      distance(() => reshape(slice(stack.get("values"), 1, 1), want().shape), want),
      0,
    );
  }));

test.run();
