import { expectClose } from "@hookdict/core/testing";
import { type ActivationName, ACTIVATIONS, gated } from "@hookdict/models/ops";
import { mul, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { suite } from "../../gate/suite.ts";
import { assertSlopes, normal } from "./slopes.ts";

const test = suite("a gated activation");
const check = (name: string, body: () => void): void => test(name, () => tidy(body));

/** float32; the tanh approximation is computed by another formula natively. */
const TOLERANCE = { atol: 1e-5 };

for (const name of Object.keys(ACTIVATIONS) as ActivationName[]) {
  check(`with ${name} it is the activation times the other factor`, () => {
    const [gate, up] = [normal([2, 3, 5], 1), normal([2, 3, 5], 2)] as [Tensor, Tensor];
    expectClose(gated(gate, up, name), mul(ACTIVATIONS[name](gate), up), TOLERANCE);
  });

  if (!name.startsWith("relu"))
    // which differences over its bend do not give
    check(`with ${name} it has its first and second derivatives`, () =>
      assertSlopes((gate, up) => gated(gate, up, name), normal([2, 3], 1), normal([2, 3], 2)),
    );
}

test.run();
