import { assert, suite } from "../../gate/suite.ts";
import { isUpToDate } from "../../support/generated.ts";
import { directionSections } from "./directions-doc.ts";
import { DIRECTION_MODELS } from "./direction-models.ts";
import { declareTrials } from "./direction-trials.ts";

const test = suite("directions");

for (const model of DIRECTION_MODELS) declareTrials(test, model);

test("the tables in the docs are these; `pnpm tables` writes them", () => {
  for (const section of directionSections()) assert.ok(isUpToDate(section), section.name);
});

test.run();
