import {
  DictionaryTrainer,
  type DictionaryTrainerOptions,
  measureDictionary,
  recoveredScore,
  TRAINING_KINDS,
} from "@hookdict/latent";
import { TensorDict, TensorDictReader, TensorDictWriter } from "@hookdict/tensordict";
import { memoryDirectory } from "@hookdict/tensordict/io";
import {
  div,
  matMul,
  memory,
  mul,
  norm,
  randomNormal,
  randomUniform,
  relu,
  sub,
  type Tensor,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";

const test = suite("DictionaryTrainer");

/** Twelve directions of length 1 in eight dimensions. */
const planted = (seed = 7): Tensor =>
  tidy(() => {
    const rows = randomNormal([12, 8], 0, 1, "float32", seed);
    return div(rows, norm(rows, "euclidean", 1, true));
  });

/** Rows that are sums of few of them, each up to once. */
function* batches(directions: Tensor, count: number): Generator<Tensor> {
  for (let at = 0; at < count; at++) {
    const batch = tidy(() => {
      const isThere = relu(sub(randomUniform([128, 12], 0, 1, "float32", 1000 + at), 0.88));
      return matMul(mul(isThere, 8.3), directions);
    });
    try {
      yield batch;
    } finally {
      batch.dispose();
    }
  }
}

/** One batch that no training has seen, for the caller to dispose. */
function batchList(directions: Tensor): readonly Tensor[] {
  return [
    tidy(() => matMul(mul(relu(sub(randomUniform([256, 12], 0, 1, "float32", 5), 0.88)), 8.3), directions)),
  ];
}

async function recovered(
  options: Partial<DictionaryTrainerOptions>,
  steps: number,
  seed?: number,
): Promise<{ score: number; l0: number }> {
  const directions = planted(seed);
  using trainer = new DictionaryTrainer({
    dIn: 8,
    dSae: 16,
    activation: "topK",
    learningRate: 0.03,
    seed: seed ?? 0,
    ...options,
  });
  await trainer.fit(batches(directions, steps));
  using dictionary = trainer.dictionary();
  const score = await recoveredScore(dictionary, directions);
  const [fresh] = [...batchList(directions)] as [Tensor];
  const { l0 } = await measureDictionary(dictionary, fresh);
  for (const one of [directions, fresh]) one.dispose();
  return { score, l0 };
}

test("planted features are recovered by top-k", async () => {
  const { score, l0 } = await recovered({ k: 2 }, 120);
  assert.ok(score > 0.95, `score ${score}`);
  assert.ok(l0 <= 2);
});

test("planted features are recovered by jump-ReLU", async () => {
  const { score, l0 } = await recovered({ activation: "jumpRelu", coefficient: 0.1 }, 250);
  assert.ok(score > 0.9, `score ${score}`);
  assert.ok(l0 < 8, `l0 ${l0}`);
});

test("planted features are recovered whatever the directions and the first weights are", async () => {
  for (const seed of [102, 104]) {
    const topK = await recovered({ k: 2 }, 120, seed);
    const jumpRelu = await recovered({ activation: "jumpRelu", coefficient: 0.1 }, 250, seed);
    for (const { score } of [topK, jumpRelu]) assert.ok(score > 0.9, `seed ${seed}: score ${score}`);
  }
});

test("features that die begin anew", async () => {
  const directions = planted();
  using trainer = new DictionaryTrainer({ dIn: 8, dSae: 64, activation: "topK", k: 1, deadAfter: 5 });
  let revived = 0;
  await trainer.fit(batches(directions, 12), { onProgress: (step) => (revived += step.revived) });
  assert.ok(revived > 0);
  directions.dispose();
});

test("a state goes on to the same weights", async () => {
  const directions = planted();
  const options = { dIn: 8, dSae: 12, activation: "jumpRelu", seed: 3 } as const;
  using whole = new DictionaryTrainer(options);
  await whole.fit(batches(directions, 6));
  using first = new DictionaryTrainer(options);
  let at = 0;
  for (const batch of batches(directions, 6)) {
    if (at++ === 3) break;
    await first.step(batch);
  }
  using state = first.state();
  using second = new DictionaryTrainer({ ...options, seed: 9 }).restore(state);
  assert.is(second.steps, 3);
  at = 0;
  for (const batch of batches(directions, 6)) if (at++ >= 3) await second.step(batch);
  using a = whole.dictionary();
  using b = second.dictionary();
  assert.equal([...(a.weights.wDec as Tensor).dataSync()], [...(b.weights.wDec as Tensor).dataSync()]);
  directions.dispose();
});

test("options, batches and states that do not fit are refused", async () => {
  assert.equal(
    failure(() => new DictionaryTrainer({ dIn: 2, dSae: 4, activation: "topK" })),
    ["OPTION_INVALID", "The option k of DictionaryTrainer is missing. Give a whole number from 1 to 4."],
  );
  using trainer = new DictionaryTrainer({ dIn: 2, dSae: 4, activation: "topK", k: 1 });
  const wide = tensor2d([[1, 2, 3]]);
  assert.equal(await asyncFailure(trainer.step(wide)), [
    "ROWS_INVALID",
    "DictionaryTrainer got float32 [1, 3] as a batch of values of width 2. Give a tensor with one row for each example: [n, features] or [n, ...].",
  ]);
  using dictionary = trainer.dictionary();
  assert.is((await asyncFailure(recoveredScore(dictionary, wide)))[0], "ROWS_INVALID");
  const empty = tensor2d([], [0, 2]);
  assert.equal(await asyncFailure(measureDictionary(dictionary, empty)), [
    "ROWS_INVALID",
    "measureDictionary got float32 [0, 2] as x. Give a tensor with one row for each example: [n, features] or [n, ...].",
  ]);
  empty.dispose();
  using blank = new TensorDict();
  assert.equal(
    failure(() => trainer.restore(blank)),
    [
      "TRAINING_STATE",
      "The state has nothing as weights.wEnc, in place of [2, 4]. Restore it into a trainer of the same options.",
    ],
  );
  wide.dispose();
});

test("a batch that is not finite changes nothing, and a trainer that is disposed is refused", async () => {
  const trainer = new DictionaryTrainer({ dIn: 1, dSae: 2, activation: "topK", k: 1 });
  const [odd, right] = [tensor2d([[1], [Number.NaN]]), tensor2d([[1], [2]])];
  const { numTensors } = memory();
  assert.equal(await asyncFailure(trainer.step(odd)), [
    "TRAINING_DIVERGED",
    "Step 1 has the loss NaN: it was not made. Leave out rows that are not finite, or lower the learning rate.",
  ]);
  assert.is(memory().numTensors, numTensors);
  assert.is(trainer.steps, 0);
  assert.ok(Number.isFinite((await trainer.step(right)).loss));
  assert.is(memory().numTensors, numTensors);
  trainer.dispose();
  trainer.dispose();
  assert.equal(await asyncFailure(trainer.step(right)), [
    "TRAINER_DISPOSED",
    "step was called on a DictionaryTrainer that is disposed. Take its dictionary or its state before it is disposed.",
  ]);
  for (const one of [odd, right]) one.dispose();
});

test("shards are read batch by batch, and a signal ends it", async () => {
  const directory = memoryDirectory("memory");
  const writer = await TensorDictWriter.open(directory, { rowsPerShard: 16 });
  const rows = new TensorDict(
    { fwd: { site: randomNormal([40, 2], 0, 1, "float32", 5) } },
    { batchSize: [40] },
  );
  await writer.append(rows);
  rows.dispose();
  await writer.close();
  const reader = await TensorDictReader.open(directory);
  using trainer = new DictionaryTrainer({ dIn: 2, dSae: 4, activation: "topK", k: 1 });
  const { numTensors } = memory();
  await trainer.fit(reader.batches(10), { x: ["fwd", "site"] });
  assert.is(trainer.steps, 4);
  const controller = new AbortController();
  await trainer.fit(reader.batches(10), {
    x: ["fwd", "site"],
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  assert.is(trainer.steps, 5);
  assert.is((await asyncFailure(trainer.fit(reader.batches(10))))[0], "STREAM_BATCH");
  assert.is(memory().numTensors, numTensors);
});

test("each kind of training is one activation's", () => {
  assert.equal(
    TRAINING_KINDS.map(({ activation }) => activation),
    ["topK", "jumpRelu"],
  );
});

test.run();
