import { getBackend } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { firstFailure } from "./gradients/run.ts";

const test = suite("random gradients");

// What these are is told in ../README.md.
const { env } = process;
const count = Number(env["HOOKDICT_FUZZ_GRADIENTS"] ?? (getBackend() === "cpu" ? 2000 : 200));
const first = Number(env["HOOKDICT_FUZZ_FIRST"] ?? 1);

test("first- and second-order gradients under hooks are those of the model with its hooks written inline", async () => {
  assert.is(await firstFailure(first, count), undefined);
});

test.run();
