import { Random } from "./random.ts";
import { RUNNING } from "./runs.ts";
import { SETTING } from "./steps.ts";
import type { FuzzSubject } from "./subjects.ts";
import { World } from "./world.ts";

/** A program: what its seed makes of these steps. Any of them can be left out. */
export interface Program {
  readonly seed: number;
  readonly steps: readonly number[];
}

/** How a program failed. */
export interface Failure {
  readonly error: unknown;
  /** What it did. */
  readonly log: readonly string[];
}

const STEPS = { ...SETTING, ...RUNNING };
/** How often each step comes. */
const OFTEN: Readonly<Partial<Record<string, number>>> = { prepare: 4, call: 6, session: 3, backward: 3 };
const NAMES = Object.keys(STEPS).flatMap((name) => Array.from({ length: OFTEN[name] ?? 1 }, () => name));

/** Runs a program and checks everything after each step. */
export async function run(subject: FuzzSubject, { seed, steps }: Program): Promise<Failure | undefined> {
  const log: string[] = [];
  const world = await World.make(subject);
  try {
    for (const step of steps) {
      const random = new Random(seed * 7919 + step * 104_729);
      const name = NAMES[random.int(NAMES.length)] ?? "call";
      log.push(`${step} ${name}`);
      const what: unknown = await STEPS[name]?.(world, random);
      log.push(`${log.pop()} ${show(what)}`);
      world.check();
    }
    log.push("end");
    await world.end();
    return undefined;
  } catch (error) {
    return { error, log };
  }
}

/** The error to report for a program: that of the shortest part of it that fails, and how to run this part again. */
export async function shrink(
  name: string,
  make: () => Promise<FuzzSubject>,
  program: Program,
  failure: Failure,
): Promise<Error> {
  let { steps } = program;
  let shortest = failure;
  for (const step of program.steps) {
    const fewer = steps.filter((other) => other !== step);
    const failed = await run(await make(), { ...program, steps: fewer });
    if (failed === undefined) continue;
    steps = fewer;
    shortest = failed;
  }
  const again = `HOOKDICT_FUZZ_MODEL="${name}" HOOKDICT_FUZZ_SEED=${program.seed} HOOKDICT_FUZZ_STEPS=${steps.join()}`;
  const { error, log } = shortest;
  return new Error(`${String(error)}\n${log.join("\n")}\nRun it again: ${again}`, { cause: error });
}

function show(what: unknown): string {
  return JSON.stringify(what) ?? "";
}
