import { sweepStatistics } from "@hookdict/circuits";
import { nonTensor, TensorDict } from "@hookdict/tensordict";
import { tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";

const test = suite("statistics of sweeps");

/** A sweep's result of one metric, by pair and cell. */
function resultOf(rows: number[][], clean: number[], corrupt: number[]): TensorDict {
  const pairs = rows.length;
  return new TensorDict({
    table: {
      values: tensor(rows.flat(), [1, pairs, rows[0]?.length ?? 0]),
      axes: nonTensor(["metric", "pair", "layer"]),
      labels: nonTensor({ metric: ["m"] }),
    },
    baselines: { clean: tensor([clean]), corrupt: tensor([corrupt]), metrics: nonTensor(["m"]) },
  });
}

const near = (got: number | undefined, want: number, tolerance = 1e-6): void =>
  assert.ok(Math.abs((got ?? NaN) - want) < tolerance, `${got} in place of ${want}`);

test("means, errors, effects and shares", () => {
  using result = resultOf([[1, 0], [3, 0]], [4, 4], [0, 1]); // prettier-ignore
  const [first, second] = sweepStatistics(result, "table");
  near(first?.mean, (1 + 3) / 2);
  near(first?.standardError, Math.sqrt(2 / 2));
  near(first?.effect, (1 + 2) / 2);
  near(first?.normalized, (1 / 4 + 2 / 3) / 2);
  near(second?.effect, (0 - 1) / 2);
  near(first?.successRate, 1 / 2);
});

test("sign flips are exact for few pairs, and drawn for many", () => {
  using few = resultOf([[1], [1], [1], [1]], [2, 2, 2, 2], [0, 0, 0, 0]);
  near(sweepStatistics(few, "table")[0]?.pValue, 2 / 2 ** 4); // all of one sign, or all of the other
  const many = Array.from({ length: 20 }, (_, i) => [i % 2 === 0 ? 1 : -1]);
  using balanced = resultOf(many, Array(20).fill(2), Array(20).fill(0));
  assert.is(sweepStatistics(balanced, "table", { draws: 200 })[0]?.pValue, 1);
});

test("intervals hold the mean, are narrower at lower levels, and come of the seed", () => {
  using result = resultOf([[1], [2], [3], [4], [5]], Array(5).fill(10), Array(5).fill(0));
  const [a] = sweepStatistics(result, "table", { seed: 3 });
  const [b] = sweepStatistics(result, "table", { seed: 3 });
  const [narrow] = sweepStatistics(result, "table", { seed: 3, level: 0.5 });
  assert.equal(a?.interval, b?.interval);
  const [low = NaN, high = NaN] = a?.interval ?? [];
  const [inner = NaN, outer = NaN] = narrow?.interval ?? [];
  assert.ok(low < inner && inner < 3 && 3 < outer && outer < high);
});

test("Clopper-Pearson intervals are those of the tables", () => {
  // 7 of 10 at 95 %: 0.348 to 0.933; 0 of 10: 0 to 0.308.
  const rows = Array.from({ length: 10 }, (_, i) => [i < 7 ? 1 : 0, 0]);
  using result = resultOf(rows, Array(10).fill(1), Array(10).fill(0));
  const [seven, none] = sweepStatistics(result, "table");
  near(seven?.successInterval[0], 0.3475, 5e-4);
  near(seven?.successInterval[1], 0.9333, 5e-4);
  assert.is(none?.successInterval[0], 0);
  near(none?.successInterval[1], 0.3085, 5e-4);
});

// Of scipy's beta distribution, which TransformerLens 4.3's `success_rate_ci` agrees with.
for (const [successes, trials, level, low, high] of [
  [380, 400, 0.95, 0.92383302724, 0.96919475886],
  [1500, 2000, 0.95, 0.73041472007, 0.76884967622],
  [1000, 2200, 0.9, 0.43690898194, 0.4722716379],
  [999, 1000, 0.99, 0.99259371306, 0.99999498747],
  [1, 5000, 0.95, 0.00000506355, 0.00111381938],
  [2500, 5000, 0.999, 0.47664636626, 0.52335363374],
] as const)
  test(`the interval of ${successes} successes of ${trials}`, () => {
    const rows = Array.from({ length: trials }, (_, i) => [i < successes ? 1 : 0]);
    using result = resultOf(rows, Array(trials).fill(1), Array(trials).fill(0));
    const [found] = sweepStatistics(result, "table", { level, draws: 1 });
    near(found?.successInterval[0], low, 1e-9);
    near(found?.successInterval[1], high, 1e-9);
  });

// As TransformerLens 4.3's `sign_flip_permutation_pvalue` of float32.
for (const [effects, pValue] of [
  [[0.1, 0.2, -0.3], 1],
  [[0.1, 0.2, 0.3], 0.25],
  [[0.1, 0.1, 0.1, -0.3], 1],
  [[1e-3, 2e-3, -3e-3, 0.5], 0.625],
  [[0, 0, 0], 1],
  [[0.7, -0.7, 0.7, 0.7, -0.2, 0.1, 0.3, 0.3, 0.25, 0.9, -0.4, 0.6], 0.09423828125],
] as const)
  test(`ties that float32 rounds count: effects of ${effects.join(", ")}`, () => {
    const { length } = effects;
    using result = resultOf(effects.map((effect) => [effect]), Array(length).fill(1), Array(length).fill(0)); // prettier-ignore
    assert.is(sweepStatistics(result, "table")[0]?.pValue, pValue);
  });

test("a metric that is no number says nothing, and is no success", () => {
  for (const pairs of [3, 20]) {
    const rows = Array.from({ length: pairs }, (_, i) => [i === 1 ? NaN : 1]);
    using result = resultOf(rows, Array(pairs).fill(1), Array(pairs).fill(0));
    const [found] = sweepStatistics(result, "table", { draws: 50 });
    const { successRate = NaN, successInterval, ...rest } = found ?? {};
    assert.equal([...new Set(Object.values(rest).flat())], [NaN]);
    near(successRate, (pairs - 1) / pairs);
    assert.ok((successInterval?.[0] ?? NaN) > 0);
  }
});

test("tables, metrics, levels and draws that there are not", () => {
  using result = resultOf([[1]], [1], [0]);
  const message = (table: string, options: object = {}): string =>
    thrown(() => sweepStatistics(result, table, options)).message;
  assert.is(
    message("other"),
    'sweepStatistics: the option table is "other". Give the name of a table that was swept over.',
  );
  assert.is(message("table", { metric: "n" }), 'sweepStatistics: the option metric is "n". Give one of m.');
  assert.is(
    message("table", { level: 1 }),
    "sweepStatistics: the option level is 1. Give a number between 0 and 1.",
  );
  assert.is(
    message("table", { draws: 0 }),
    "sweepStatistics: the option draws is 0. Give a whole number from 1 to 16777216.",
  );
});

test.run();
