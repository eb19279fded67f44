import { TinyModule, tinyTokens } from "@hookdict/core/testing";
import { assert, suite } from "../gate/suite.ts";
import { Random } from "./random.ts";
import { type FuzzSubject, SUBJECTS } from "./subjects.ts";
import { World } from "./world.ts";

const test = suite("random programs");

const PROGRAMS = 400;
const STEPS = 12;
/** One program again: HOOKDICT_FUZZ_SEED=123 runs that seed alone. */
const only = process.env["HOOKDICT_FUZZ_SEED"];
const seeds = only === undefined ? Array.from({ length: PROGRAMS }, (_, i) => i + 1) : [Number(only)];

for (const [name, make] of SUBJECTS) {
  test(`on ${name}: hooks, tensors, outputs and captures are as they must be after each step`, async () => {
    const subject = await make();
    const tokens = tinyTokens();
    using reference = new TinyModule();
    const weights = values(subject);
    for (const seed of seeds) {
      const world = new World(new Random(seed), subject, tokens, reference);
      try {
        for (let i = 0; i < STEPS; i++) world.step();
        world.end();
      } catch (error) {
        throw new Error(`seed ${seed} on ${name}: ${String(error)}\n${world.log.join("\n")}`, {
          cause: error,
        });
      }
    }
    assert.equal(values(subject), weights);
    tokens.dispose();
    subject.dispose();
  });
}

function values({ weights }: FuzzSubject): number[][] {
  return weights.map((weight) => [...weight.dataSync()]);
}

test.run();
