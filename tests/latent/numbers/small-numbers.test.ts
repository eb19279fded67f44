import { readFileSync } from "node:fs";
import { HookPoint, Module } from "@hookdict/core";
import { ActivationCaching, caPca, localKnn, localPca, MeanDifference, twoNn } from "@hookdict/latent";
import {
  matMul,
  reshape,
  slice,
  tensor,
  type Tensor,
  tensor1d,
  tensor2d,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";

// The numbers of tdhook's own tests and of what it gives on a plane that PyTorch draws with seed 0.
const test = suite("tdhook's small numbers");

const kept: Tensor[] = [];
const give = <T extends Tensor>(x: T): T => (kept.push(x), x);
test.after.each(() => {
  for (const x of kept.splice(0)) x.dispose();
});

test("a probe of two classes' means points from one to the other, at its length or at 1", async () => {
  const x = give(tensor2d([1, 0, 2, 0, -1, 0, -2, 0], [4, 2]));
  const y = give(tensor1d([1, 1, 0, 0], "int32"));
  const raw = await new MeanDifference().fit(x, y);
  assert.equal(raw.coefficients.coef, [[3, 0]]);
  const unit = await new MeanDifference({ normalize: true }).fit(x, y);
  assert.equal(unit.coefficients.coef, [[1, 0]]);
  for (const probe of [raw, unit]) {
    assert.is(Math.abs(probe.coefficients.intercept[0] ?? 1), 0);
    assert.equal([...give(probe.predict(x)).dataSync()], [1, 1, 0, 0]);
  }
});

/** A convolution with a kernel of one pixel: `[n, 3, pixels]` to `[n, 4, pixels]`. */
class Mix extends Module {
  readonly out: HookPoint = new HookPoint({ axes: ["batch", "channel", "pixel"] });
  readonly weight: Tensor = tensor(
    Array.from({ length: 12 }, (_, at) => at / 10 + 0.1),
    [4, 3],
  );

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const columns = reshape(transpose(x, [1, 0, 2]), [3, -1]);
      const mixed = reshape(matMul(this.weight, columns), [4, x.shape[0] ?? 1, -1]);
      return this.out.call(transpose(mixed, [1, 0, 2]));
    });
  }
}

test("two-NN is 3 in each of four channels of points on a line, equally far apart", async () => {
  const model = new Mix();
  give(model.weight);
  const x = give(
    tensor(
      Array.from({ length: 8 * 3 * 4 }, (_, at) => at / 20),
      [8, 3, 4],
    ),
  );
  using hooked = new ActivationCaching("out").prepare(model);
  give(hooked.call(x));
  const values = hooked.cache.get<Tensor>(["fwd", "out"]);
  for (let channel = 0; channel < 4; channel++) {
    const { value } = await twoNn(give(slice(values, [0, channel, 0], [8, 1, 4])));
    assert.ok(Math.abs(value - 3) < 1e-4, `channel ${channel}: ${value}`); // log 8 / log 2, in 32 bits
  }
});

test("a plane in ten dimensions has the dimensions that tdhook finds", async () => {
  const drawn = JSON.parse(readFileSync(new URL("plane.json", import.meta.url), "utf8")) as number[];
  const points = Array.from({ length: 200 }, (_, at) => [
    ...drawn.slice(2 * at, 2 * at + 2),
    ...Array<number>(8).fill(0),
  ]);
  const x = give(tensor2d(points));
  const found = [
    await twoNn(x),
    await localKnn(x, { k: 10 }),
    await localPca(x, { k: 10 }),
    await caPca(x, { k: 10 }),
  ];
  assert.equal(
    found.map(({ value }) => value.toFixed(3)),
    ["1.966", "2.285", "2.000", "2.105"],
  );
});

test.run();
