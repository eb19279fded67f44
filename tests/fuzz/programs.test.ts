import { getBackend } from "@tensorflow/tfjs-core";
import { suite } from "../gate/suite.ts";
import { type Program, run, shrink } from "./program.ts";
import { SUBJECTS } from "./subjects.ts";

const test = suite("random programs");

// What these are is told in ../README.md.
const { env } = process;
const only = env["HOOKDICT_FUZZ_SEED"];
const count = Number(env["HOOKDICT_FUZZ_PROGRAMS"] ?? (getBackend() === "cpu" ? 500 : 100));
const first = Number(only ?? env["HOOKDICT_FUZZ_FIRST"] ?? 1);
const steps = env["HOOKDICT_FUZZ_STEPS"]?.split(",").map(Number) ?? Array.from({ length: 14 }, (_, i) => i);

for (const [name, make] of Object.entries(SUBJECTS)) {
  if (env["HOOKDICT_FUZZ_MODEL"] !== undefined && env["HOOKDICT_FUZZ_MODEL"] !== name) continue;
  test(`on ${name}: hooks, tensors, outputs and captures are as they must be after each step`, async () => {
    const subject = await make();
    const end = first + (only === undefined ? count : 1);
    for (let seed = first; seed < end; seed++) {
      const program: Program = { seed, steps };
      const failure = await run(subject, program);
      if (failure !== undefined) throw await shrink(name, make, program, failure);
    }
    subject.dispose();
  });
}

test.run();
