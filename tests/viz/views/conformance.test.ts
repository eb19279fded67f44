import { viewConformance } from "@hookdict/viz/testing";
import { assert, suite } from "../../gate/suite.ts";
import { TRIED } from "../examples.ts";

const test = suite("views conform");

for (const { name, view, examples } of TRIED) {
  test(`${name} holds the laws of views on data of all sizes, with hostile texts`, () => {
    assert.is(
      viewConformance(view, examples as never[], { widths: [240, 1160], columns: [20, 120] }),
      examples.length,
    );
  });
}

test.run();
