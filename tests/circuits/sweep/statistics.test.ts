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
    "sweepStatistics: the option draws is 0. Give a whole number from 1 up.",
  );
});

test.run();
