import { suite } from "../../gate/suite.ts";
import { assertLoadedAgain } from "../../support/loaded-again.ts";

const test = suite("the native backend, removed");

test("it is loaded again, and computes what it did", async () => {
  await assertLoadedAgain("tfjs-node");
});

test.run();
