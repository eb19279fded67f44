import { expectClose } from "@hookdict/core/testing";
import { attentionScores, attentionValues } from "@hookdict/models/ops";
import { einsum, add, gather, mul, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { assertSlopes, normal } from "./slopes.ts";

const test = suite("scores and values of attention");
const check = (name: string, body: () => void): void => test(name, () => tidy(body));

/** Sums of ten products in float32. */
const TOLERANCE = { atol: 1e-5 };
const SCALE = 0.25;

/** Every head of queries has keys of its own: a copy of its group's. */
const repeated = (x: Tensor, heads: number): Tensor => {
  const groups = x.shape[2] ?? 1;
  const of = Array.from({ length: heads }, (_, head) => Math.floor((head * groups) / heads));
  return gather(x, tensor1d(of, "int32"), 2);
};

const SHAPES = [
  [1, 3, 3, 2, 2],
  [2, 3, 5, 4, 2],
  [1, 1, 4, 6, 1],
  [2, 9, 9, 4, 2],
  // Too much for one operation of the native backend.
  [1, 130, 130, 8, 8],
  [1, 130, 130, 8, 2],
] as const;

for (const [batch, dest, src, heads, keyHeads] of SHAPES) {
  const sizes = `${batch} × ${heads} heads (${keyHeads} of keys), ${dest} × ${src}`;
  const some = (): [Tensor, Tensor, Tensor] => [
    normal([batch, dest, heads, 5], 1),
    normal([batch, src, keyHeads, 5], 2),
    normal([batch, heads, dest, src], 3),
  ];

  check(`${sizes}: scores are scaled products, masked`, () => {
    const [queries, keys, each] = some();
    const mask = normal([dest, src], 4);
    const products = mul(einsum("bqhd,bkhd->bhqk", queries, repeated(keys, heads)), SCALE);
    expectClose(attentionScores(queries, keys, mask, SCALE), add(products, mask), TOLERANCE);
    expectClose(attentionScores(queries, keys, each, SCALE), add(products, each), TOLERANCE);
    expectClose(attentionScores(queries, keys, undefined, SCALE), products, TOLERANCE);
  });

  check(`${sizes}: values are mixed by the pattern`, () => {
    const [, values, pattern] = some();
    const got = attentionValues(pattern, values);
    assert.equal(got.shape, [batch, dest, heads, 5]);
    expectClose(got, einsum("bhqk,bkhd->bqhd", pattern, repeated(values, heads)), {
      atol: 1e-5 * Math.sqrt(src),
    });
  });
}

check("both have their first and second derivatives, with fewer heads of keys, too", () => {
  const mask = normal([2, 3], 4);
  for (const keyHeads of [1, 2]) {
    const [queries, keys] = [normal([1, 2, 2, 3], 1), normal([1, 3, keyHeads, 3], 2)];
    assertSlopes((q, k) => attentionScores(q, k, mask, SCALE), queries, keys);
    assertSlopes(attentionValues, normal([1, 2, 2, 3], 3), keys);
  }
});

test.run();
