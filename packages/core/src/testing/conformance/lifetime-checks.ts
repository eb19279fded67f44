import { isHookdictError } from "@hookdict/tensordict";
import { resolveTarget } from "../../targets/resolve.ts";
import type { Bench } from "./bench.ts";
import { runHooked } from "./subject.ts";

/** A named check; throws when it does not hold. */
export type Check = readonly [name: string, check: (bench: Bench) => void];

const size = (bench: Bench): number => resolveTarget(bench.subject.model).entries.size;

/** One context: its life, its end, and being used again. */
export const LIFETIME_CHECKS: readonly Check[] = [
  [
    "prepared and disposed without a call, it leaves the model exactly as it was",
    (bench) => bench.restores("prepare and dispose", () => bench.prepare().dispose()),
  ],
  [
    "used, it leaves the model exactly as it was",
    (bench) =>
      bench.restores("a run", () => {
        using hooked = bench.prepare();
        bench.run(hooked);
        bench.run(hooked);
      }),
  ],
  [
    "prepared again, it does the same again",
    (bench) => {
      const once = (): unknown => {
        using hooked = bench.prepare();
        return bench.run(hooked);
      };
      const first = once() as ReturnType<Bench["run"]>;
      bench.same("The second preparation", once() as ReturnType<Bench["run"]>, first);
    },
  ],
  [
    "disposed twice, it is disposed once",
    (bench) =>
      bench.restores("disposing twice", () => {
        const hooked = bench.prepare();
        hooked.dispose();
        hooked.dispose();
      }),
  ],
  [
    "called after its end, it refuses",
    (bench) => {
      const hooked = bench.prepare();
      hooked.dispose();
      let code: unknown;
      try {
        runHooked(hooked, bench.subject);
      } catch (error) {
        code = isHookdictError(error) ? error.code : error;
      }
      bench.holds(code === "CONTEXT_DISPOSED", "A call after the end was not refused with CONTEXT_DISPOSED.");
    },
  ],
  [
    "prepared on top of itself, each context has its own hooks, and takes those away",
    (bench) =>
      bench.restores("nesting", () => {
        const counts = [size(bench)];
        {
          using outer = bench.prepare();
          counts.push(size(bench));
          {
            using inner = bench.prepare(outer);
            counts.push(size(bench));
            bench.run(inner);
          }
          counts.push(size(bench));
          bench.run(outer);
        }
        counts.push(size(bench));
        const [start = 0, one = 0] = counts;
        const expected = [start, one, start + 2 * (one - start), one, start];
        bench.holds(
          counts.join() === expected.join(),
          `Nested contexts had ${counts.join(", ")} hooks, not ${expected.join(", ")}.`,
        );
      }),
  ],
  [
    "the outer of two may end first",
    (bench) =>
      bench.restores("ending the outer context first", () => {
        const outer = bench.prepare();
        using inner = bench.prepare(outer);
        bench.run(inner);
        outer.dispose();
        bench.run(inner);
      }),
  ],
];
