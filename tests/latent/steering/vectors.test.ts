import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { countHooks, HookPoint, Module } from "@hookdict/core";
import {
  ActivationAddition,
  STEERING_MODES,
  SteeringVectors,
  type SteeringVectorsOptions,
} from "@hookdict/latent";
import { tensor1d, tensor2d, tensor3d, type Tensor, zerosLike } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { take } from "../../support/values.ts";

const test = suite("steering");

class Line extends Module {
  readonly hook_x: HookPoint = new HookPoint({ axes: ["batch", "pos", "dModel"] });
  override forward(x: Tensor): Tensor {
    return this.hook_x.call(x);
  }
}

function steer(
  values: number[],
  options: Omit<SteeringVectorsOptions, "vector">,
  vectors: number[][],
): number[] {
  const tensors = vectors.map((one) => tensor1d(one));
  const x = tensor3d(values, [1, 2, 2]);
  const model = new Line();
  const vector = tensors.length === 1 ? tensors[0] : (tensors as never);
  using hooked = new SteeringVectors("hook_x", {
    ...options,
    ...(vector !== undefined && { vector }),
  }).prepare(model);
  for (const one of tensors) one.dispose(); // the context has its own
  const found = take(hooked.call(x));
  x.dispose();
  hooked.dispose();
  assert.is(countHooks(model), 0);
  return found;
}

const near = (found: number[], wanted: number[]): void => {
  found.forEach((value, at) =>
    assert.ok(Math.abs(value - (wanted[at] ?? 0)) < 1e-5, `${found.join()} for ${wanted.join()}`),
  );
};

test("each mode moves values as it says", () => {
  const x = [3, 4, 0, 1];
  near(steer(x, { factor: 2 }, [[1, 0]]), [5, 4, 2, 1]);
  near(steer(x, { factor: 3, mode: "keepNorm" }, [[0, 1]]), [
    (5 * 3) / Math.hypot(3, 7),
    (5 * 7) / Math.hypot(3, 7),
    0,
    1,
  ]);
  near(steer(x, { mode: "ablate" }, [[2, 0]]), [0, 4, 0, 1]);
  near(steer(x, { mode: "clamp", factor: 7 }, [[0, 2]]), [3, 7, 0, 7]);
  near(
    steer(x, { mode: "swap" }, [
      [1, 0],
      [0, 5],
    ]),
    [4, 3, 1, 0],
  );
  near(
    steer(x, { mode: "swap", factor: 0.5 }, [
      [1, 0],
      [0, 5],
    ]),
    [3.5, 3.5, 0.5, 0.5],
  );
});

test("positions and other axes are steered alone", () => {
  near(steer([3, 4, 0, 1], { factor: 2, positions: -1 }, [[1, 0]]), [3, 4, 2, 1]);
  near(steer([3, 4, 0, 1], { steer: (value) => zerosLike(value), slice: { dModel: 1 } }, []), [3, 0, 0, 0]);
});

test("a zeroing steer of one unit leaves the others", () => {
  class Units extends Module {
    readonly units: HookPoint = new HookPoint({ axes: ["batch", "unit"] });
    override forward(x: Tensor): Tensor {
      return this.units.call(x);
    }
  }
  const x = tensor2d([[1, 2, 3]]);
  using hooked = new SteeringVectors("units", {
    steer: (value) => zerosLike(value),
    slice: { unit: 1 },
  }).prepare(new Units());
  assert.equal(take(hooked.call(x)), [1, 0, 3]);
  x.dispose();
});

test("what does not fit is refused", () => {
  const [one, wide] = [tensor1d([1]), tensor3d([1, 2], [1, 1, 2])];
  using hooked = new SteeringVectors("hook_x", { vector: one }).prepare(new Line());
  assert.equal(
    failure(() => hooked.call(wide)),
    [
      "STEERING_WIDTH",
      "SteeringVectors was given a direction of shape [1] for values of width 2 at hook_x. Take the direction from the values at the same site.",
    ],
  );
  using whole = new SteeringVectors("hook_x", { steer: (value) => value }).prepare(new Line());
  assert.equal(
    failure(() => whole.call("x" as never)),
    [
      "STEERING_VALUE",
      "SteeringVectors steers single float32 tensors; the value at hook_x is string. Match a hook point inside instead.",
    ],
  );
  assert.equal(
    failure(() => new SteeringVectors("hook_x", { vector: one, mode: "swap" }).prepare(new Line())),
    ["OPTION_INVALID", 'The option vector of SteeringVectors is "1 of them". Give 2 for the mode swap.'],
  );
  one.dispose();
  wide.dispose();
});

test("every file of modes is listed once", () => {
  const folder = fileURLToPath(new URL("../../../packages/latent/src/steering/modes", import.meta.url));
  const files = readdirSync(folder).filter((file) => !["mode.ts", "geometry.ts"].includes(file));
  assert.is(files.length, STEERING_MODES.length);
  assert.is(new Set(STEERING_MODES.map(({ name }) => name)).size, STEERING_MODES.length);
});

test("activation addition steers by the difference of two runs", () => {
  const [positive, negative, x] = [
    tensor3d([1, 2, 5], [1, 1, 3]),
    tensor3d([1, 2, 1], [1, 1, 3]),
    tensor3d([0, 0, 1], [1, 1, 3]),
  ];
  using hooked = new ActivationAddition("hook_x", { factor: 2 }).prepare(new Line());
  assert.equal(
    failure(() => hooked.call(x)),
    [
      "DIRECTION_MISSING",
      "ActivationAddition has no direction to steer hook_x by. Find one first: hooked.context.extract([positive], [negative]).",
    ],
  );
  const directions = hooked.context.extract([positive], [negative]);
  assert.equal([...directions.get<Tensor>(["steer", "hook_x"]).dataSync()], [0, 0, 4]);
  assert.equal(take(hooked.call(x)), [0, 0, 9]);
  const long = tensor3d([1, 2, 3, 4, 5, 6], [1, 2, 3]);
  assert.equal(
    failure(() => hooked.context.extract([long], [negative])),
    [
      "DIRECTION_SHAPE",
      "ActivationAddition met [2, 3] and [1, 3] at hook_x, which do not fit each other. Give inputs of one length, or average over more leading axes with batchDims.",
    ],
  );
  for (const one of [positive, negative, x, long]) one.dispose();
});

test.run();
