import * as attribution from "@hookdict/attribution";
import { assert, suite } from "../gate/suite.ts";

const test = suite("methods of attribution");

test("the list holds every exported method", () => {
  const { AttributionMethod, METHODS } = attribution;
  const exported = Object.values(attribution).filter(
    (value) => typeof value === "function" && value.prototype instanceof AttributionMethod,
  );
  assert.equal(new Set(METHODS), new Set(exported));
});

test("each is called as its class is", () => {
  const saliency = new attribution.Saliency({ at: "relu" });
  assert.is(String(saliency), 'Saliency(at: "relu")');
  assert.ok(saliency.equals(new attribution.Saliency({ at: "relu" })));
});

test.run();
