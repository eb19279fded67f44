import {
  ACTIVATIONS,
  attentionScores,
  attentionValues,
  divideByScale,
  gated,
  linear,
  linearTransposed,
  multiplyByGain,
  rmsNormSteps,
  rotate,
} from "@hookdict/models/ops";
import { ones, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";

// What callers of plain JavaScript may give.
const test = suite("arguments of a transformer's operations");
const check = (name: string, body: () => void): void => test(name, () => tidy(body));

const junk: readonly (readonly [unknown, string])[] = [
  [null, "null"],
  ["x", '"x"'],
  [3, "3"],
  [[1, 2], "an array"],
  [{}, "an object"],
  [() => 0, "a function"],
];

check("each refuses what is no tensor, by its name", () => {
  const x = ones([2, 2]);
  const calls: readonly (readonly [string, string, (given: never) => unknown])[] = [
    ["linear", "x", (given) => linear(given, x as never)],
    ["linear", "bias", (given) => linear(x, x as never, given)],
    ["linearTransposed", "rows", (given) => linearTransposed(x, given)],
    ["rmsNormSteps", "gain", (given) => rmsNormSteps(x, given, 1)],
    ["divideByScale", "scale", (given) => divideByScale(x, given)],
    ["multiplyByGain", "normalized", (given) => multiplyByGain(given, x)],
    ["rotate", "x", (given) => rotate(given, { cos: x, sin: x })],
    ["rotate", "sin", (given) => rotate(x, { cos: x, sin: given })],
    ["gated", "up", (given) => gated(x, given, "silu")],
    ["attentionScores", "keys", (given) => attentionScores(x, given, undefined, 1)],
    ["attentionScores", "mask", (given) => attentionScores(x, x, given, 1)],
    ["attentionValues", "pattern", (given) => attentionValues(given, x)],
  ];
  for (const [op, name, call] of calls)
    for (const [given, shown] of junk)
      assert.equal(
        failure(() => call(given as never)),
        ["OP_ARGUMENT", `${op} was given ${shown} as ${name}. Give a float32 tensor.`],
      );
});

check("a disposed tensor, and one of another dtype, are refused", () => {
  const [gone, x] = [ones([2]), ones([2])];
  gone.dispose();
  const refused = (given: Tensor): readonly [string, string] => failure(() => gated(given, x, "silu"));
  assert.is(refused(gone)[1], "gated was given a tensor that was disposed as gate. Give one that is alive.");
  const whole = tensor1d([1, 2], "int32");
  assert.is(refused(whole)[1], "gated was given a tensor of int32 as gate. Give float32.");
});

check("words and numbers are looked at, too", () => {
  const x = ones([2]);
  const activations = Object.keys(ACTIVATIONS).join(", ");
  for (const [call, message] of [
    [
      () => gated(x, x, "constructor" as never),
      `gated was given "constructor" as activation. Give one of ${activations}.`,
    ],
    [() => rmsNormSteps(x, x, NaN), "rmsNormSteps was given NaN as epsilon. Give a finite number."],
    [
      () => attentionScores(x, x, undefined, "1" as never),
      'attentionScores was given "1" as scale. Give a finite number.',
    ],
    [() => rotate(x, null as never), "rotate was given null as angles. Give { cos, sin }."],
    [
      () => rotate(x, { cos: x, sin: x }, "both" as never),
      'rotate was given "both" as pairs. Give "halves" or "adjacent".',
    ],
    [() => linear(x, undefined as never), "linear was given nothing as weight. Give a float32 tensor."],
  ] as const)
    assert.equal(failure(call), ["OP_ARGUMENT", message]);
});

check("shapes that do not go together are named, with those that do", () => {
  const [x, cube] = [ones([2, 3]), ones([1, 2, 3, 4])];
  const wanted: readonly (readonly [() => unknown, string])[] = [
    [
      () => linear(x, ones([2, 2])),
      "linear: x [2, 3], weight [2, 2] do not go together. " +
        "Wanted: x [..., dIn] (dIn may be several axes: columns), weight [dIn, dOut], bias [dOut], heads divide dOut.",
    ],
    [
      () => linearTransposed(x, ones([2, 2])),
      "linearTransposed: x [2, 3], rows [2, 2] do not go together. Wanted: x [..., dIn], rows [dOut, dIn].",
    ],
    [
      () => rmsNormSteps(x, ones([2]), 1),
      "rmsNormSteps: x [2, 3], gain [2] do not go together. Wanted: x [..., n], gain [n].",
    ],
    [
      () => divideByScale(x, ones([2])),
      "divideByScale: x [2, 3], scale [2] do not go together. Wanted: x [..., n], scale [..., 1].",
    ],
    [
      () => multiplyByGain(x, ones([2])),
      "multiplyByGain: normalized [2, 3], gain [2] do not go together. Wanted: normalized [..., n], gain [n].",
    ],
    [
      () => gated(x, ones([3, 2]), "silu"),
      "gated: gate [2, 3], up [3, 2] do not go together. Wanted: one shape.",
    ],
    [
      () => rotate(cube, { cos: ones([2, 3]), sin: ones([2, 3]) }),
      "rotate: x [1, 2, 3, 4], cos [2, 3], sin [2, 3] do not go together. Wanted: " +
        "x [batch, pos, head, dHead], cos and sin [pos, pairs] or [batch, pos, pairs], pairs at most dHead / 2.",
    ],
    [
      () => attentionScores(cube, ones([1, 5, 2, 4]), undefined, 1),
      "attentionScores: queries [1, 2, 3, 4], keys [1, 5, 2, 4] do not go together. Wanted: " +
        "queries [batch, dest, head, dHead], keys [batch, src, keyHead, dHead], keyHead divides head, " +
        "mask [dest, src] or what broadcasts to [batch, head, dest, src].",
    ],
    [
      () => attentionValues(cube, ones([1, 5, 2, 4])),
      "attentionValues: pattern [1, 2, 3, 4], values [1, 5, 2, 4] do not go together. Wanted: " +
        "pattern [batch, head, dest, src], values [batch, src, keyHead, dHead], keyHead divides head.",
    ],
  ];
  for (const [call, message] of wanted) assert.equal(failure(call), ["OP_SHAPES", message]);
});

check("a mask that fits by broadcasting is added whole", () => {
  const [queries, keys] = [ones([1, 2, 1, 1]), ones([1, 3, 1, 1])];
  const scores = attentionScores(queries, keys, tensor1d([1, 2, 3]), 1);
  assert.equal([...scores.dataSync()], [2, 3, 4, 2, 3, 4]);
  assert.equal([...attentionScores(queries, keys, ones([2, 1]), 1).dataSync()], [2, 2, 2, 2, 2, 2]);
});

test.run();
