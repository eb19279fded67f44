import { expectClose } from "@hookdict/core/testing";
import { type RotaryPairs, rotate } from "@hookdict/models/ops";
import { cos, reshape, sin, stack, slice, tensor, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { assertSlopes, normal } from "./slopes.ts";

const test = suite("a rotary rotation");
const check = (name: string, body: () => void): void => test(name, () => tidy(body));

/** float32. */
const TOLERANCE = { atol: 1e-6 };
const [c, s] = [Math.cos(0.5), Math.sin(0.5)];

const angled = (angles: Tensor): { cos: Tensor; sin: Tensor } => ({ cos: cos(angles), sin: sin(angles) });
const half = (): { cos: Tensor; sin: Tensor } => angled(tensor([[0.5, 0]]));

check("turns the first number with the one half a head on", () => {
  const turned = rotate(tensor([1, 2, 3, 4], [1, 1, 1, 4]), half(), "halves");
  expectClose(turned, tensor([c - 3 * s, 2, 3 * c + s, 4], [1, 1, 1, 4]), TOLERANCE);
});

check("or with its neighbour", () => {
  const turned = rotate(tensor([1, 2, 3, 4], [1, 1, 1, 4]), half(), "adjacent");
  expectClose(turned, tensor([c - 2 * s, 2 * c + s, 3, 4], [1, 1, 1, 4]), TOLERANCE);
});

check("leaves what is behind its pairs as it is", () => {
  const angles = angled(tensor([[0.5]]));
  const turned = rotate(tensor([1, 2, 3, 4, 5], [1, 1, 1, 5]), angles);
  expectClose(turned, tensor([c - 2 * s, 2 * c + s, 3, 4, 5], [1, 1, 1, 5]), TOLERANCE);
});

for (const pairs of ["halves", "adjacent"] as const satisfies readonly RotaryPairs[]) {
  check(`of ${pairs}: rows of a batch may have angles of their own`, () => {
    const [x, angles] = [normal([2, 3, 2, 6], 1), normal([2, 3, 2], 2)];
    const row = (i: number): Tensor =>
      reshape(
        rotate(
          slice(x, [i, 0, 0, 0], [1, 3, 2, 6]),
          angled(reshape(slice(angles, [i, 0, 0], [1, 3, 2]), [3, 2])),
          pairs,
        ),
        [3, 2, 6],
      );
    const got = rotate(x, angled(angles), pairs);
    assert.equal(got.shape, [2, 3, 2, 6]);
    expectClose(got, stack([row(0), row(1)]), TOLERANCE);
  });

  check(`of ${pairs}: it has its first and second derivatives, whole and partial`, () => {
    const angles = angled(normal([2, 2], 2));
    for (const dHead of [4, 6]) assertSlopes((x) => rotate(x, angles, pairs), normal([1, 2, 2, dHead], 1));
  });
}

test.run();
