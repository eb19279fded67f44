import { cca, eraseConcept, LinearRegression, pwcca, svcca } from "@hookdict/latent";
import { abs, matMul, max, type Tensor, type Tensor2D, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";
import { takeOne } from "../../support/values.ts";

const test = suite("values that lie in fewer directions than they are wide");

/** Numbers without a pattern that matters. */
function numbers(n: number, width: number, seed: number): Tensor2D {
  return tensor2d(
    Float32Array.from(
      { length: n * width },
      (_, i) => Math.sin(1.7 * (i + 1) * seed) + Math.cos(i * seed * 0.31),
    ),
    [n, width],
  );
}

/** Three directions and two, and the same in twelve and eight: float32 rounds each product by itself. */
function spread(): Readonly<Record<"x" | "y" | "wideX" | "wideY", Tensor2D>> {
  const [x, y] = [numbers(40, 3, 1.3), numbers(40, 2, 2.9)];
  const made = tidy(() => ({
    wideX: matMul<Tensor2D>(x, numbers(3, 12, 0.7)),
    wideY: matMul<Tensor2D>(y, numbers(2, 8, 1.9)),
  }));
  return { x, y, ...made };
}

/** A direction of length 1 that is across all the rows. */
function outside(rows: readonly (readonly number[])[], width: number): readonly number[] {
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
  const without = (from: readonly number[], base: readonly (readonly number[])[]): readonly number[] => {
    const left = base.reduce((v, each) => v.map((value, at) => value - dot(v, each) * (each[at] ?? 0)), from);
    const length = Math.sqrt(dot(left, left));
    return left.map((value) => value / length);
  };
  const base = rows.reduce<readonly (readonly number[])[]>(
    (found, row) => [...found, without(row, found)],
    [],
  );
  return without(
    Array.from({ length: width }, (_, i) => Math.sin(i + 1)),
    base,
  );
}

const freed = (given: Readonly<Record<string, Tensor>>): void =>
  Object.values(given).forEach((each) => each.dispose());

test("canonical correlations are those of the directions that there are", async () => {
  const given = spread();
  const { x, y, wideX, wideY } = given;
  const wanted = (await cca(x, y)).correlations;
  for (const { correlations } of [
    await cca(wideX, wideY),
    await svcca(wideX, wideY, { threshold: 1 }),
    await pwcca(wideX, wideY),
  ]) {
    assert.is(correlations.length, 2);
    correlations.forEach((value, at) => assert.ok(Math.abs(value - (wanted[at] ?? Number.NaN)) < 1e-5));
  }
  freed(given);
});

test("a concept is erased within them, and what has none of it is left alone", async () => {
  const given = spread();
  const concept = numbers(40, 1, 5.3);
  const eraser = await eraseConcept(given.wideX, concept);
  // Along a direction that no row has, nothing is to be erased.
  const rows = given.wideX.arraySync().slice(0, 3);
  const across = outside(rows, 12);
  for (const [i, row] of eraser.projection.entries()) {
    const left = row.reduce((sum, value, j) => sum + value * (across[j] ?? 0), 0);
    assert.ok(Math.abs(left - (across[i] ?? 0)) < 1e-3, `${left} for ${across[i]}`);
  }
  const erased = eraser.erase(given.wideX);
  assert.ok(takeOne(tidy(() => max(abs(erased)))) < 20);
  for (const one of [concept, erased]) one.dispose();
  freed(given);
});

test("least squares along rounding is refused, a ridge is not", async () => {
  const given = spread();
  assert.equal(await asyncFailure(new LinearRegression().fit(given.wideX, given.y)), [
    "SYSTEM_SINGULAR",
    "LinearRegression has no single solution: its 12 features have rank 3. Give more examples, leave out features that follow from others, or set alpha above 0.",
  ]);
  const ridge = await new LinearRegression({ alpha: 1e-3 }).fit(given.wideX, given.y);
  assert.ok(ridge.coefficients.coef.flatMap((row) => [...row]).every((value) => Math.abs(value) < 100));
  freed(given);
});

test.run();
