import type { HookedModule } from "../../hooked/hooked-module.ts";
import type { Direction } from "../../hooks/direction.ts";
import { MultiHookManager } from "../../hooked/manager.ts";
import type { HookKind } from "../../hooks/hook.ts";
import { resolveTarget } from "../../targets/resolve.ts";
import type { Bench } from "./bench.ts";
import type { Check } from "./lifetime-checks.ts";
import { lossOf } from "./subject.ts";

/** Exceptions at each point; every one must come through as the first error and leave nothing behind. */
export const EXCEPTION_CHECKS: readonly Check[] = [
  [
    "an exception in the body ends it",
    (bench) =>
      bench.restores("an exception in the body", () => {
        const error = new Error("in the body");
        bench.throws("The body", error, () => {
          using hooked = bench.prepare();
          bench.run(hooked);
          throw error;
        });
      }),
  ],
  [
    "an exception at any site, before and after its hooks, leaves nothing behind",
    (bench) => {
      for (const direction of ["fwd_pre", "fwd"] as const)
        throwAtEverySite(bench, direction, (hooked) => void bench.run(hooked));
    },
  ],
  [
    "an exception at any site in a backward pass leaves nothing behind",
    (bench) => {
      const { args } = bench.subject;
      for (const direction of ["bwd_pre", "bwd"] as const)
        throwAtEverySite(bench, direction, (hooked) =>
          hooked.backward(() => lossOf(hooked.call(...args), bench.subject)),
        );
    },
  ],
  ["a run that is stopped at any site leaves nothing behind", stopAtEverySite],
  ["an exception at any point of prepare undoes what was done", throwInPrepare],
  [
    "an exception in a cleanup keeps none of the others from running",
    (bench) =>
      bench.restores("an exception in a cleanup", () => {
        const error = new Error("in a cleanup");
        bench.throws("Disposing", error, () => {
          const hooked = bench.prepare();
          hooked.context.binding.defer(() => {
            throw error;
          });
          hooked.dispose();
        });
      }),
  ],
];

/** Prepares the context beside one hook of somebody else's, at each site in turn, before and after the context's. */
function besideEverySite(
  bench: Bench,
  direction: Direction,
  kind: HookKind,
  fire: () => void,
  use: (hooked: HookedModule, where: string) => void,
): void {
  const { model } = bench.subject;
  for (const { path } of resolveTarget(model).sites()) {
    for (const order of ["pre", "post"] as const) {
      const where = `an interruption at ${path} (${direction}, ${order})`;
      bench.restores(where, () => {
        using manager = new MultiHookManager(model);
        manager.register(path, direction, { kind, order, unfired: "ignore", run: fire });
        using hooked = bench.prepare();
        use(hooked, where);
      });
    }
  }
}

function throwAtEverySite(bench: Bench, direction: Direction, run: (hooked: HookedModule) => void): void {
  const error = new Error("in a hook");
  let hasFired = false;
  const fire = (): never => {
    hasFired = true;
    throw error;
  };
  besideEverySite(bench, direction, "observe", fire, (hooked, where) => {
    hasFired = false;
    try {
      run(hooked);
    } catch (caught) {
      // A site that the context does not let run, or that has no gradient, has nothing to throw.
      if (hasFired) bench.isFirst(where, error, caught);
      return;
    }
    bench.holds(!hasFired, `${where} was swallowed.`);
  });
}

function stopAtEverySite(bench: Bench): void {
  let hasFired = false;
  const fire = (): void => {
    hasFired = true;
  };
  besideEverySite(bench, "fwd", "stop", fire, (hooked, where) => {
    hasFired = false;
    const result = hooked.tryCall(...bench.subject.args);
    bench.holds(result.stopped || !hasFired, `After ${where}, the run has an output.`);
  });
}

function throwInPrepare(bench: Bench): void {
  const count = countRegistrations(bench);
  for (let at = 0; at < count; at++) {
    const error = new Error(`registration ${at}`);
    const where = `an exception at registration ${at} of prepare`;
    bench.restores(where, () =>
      bench.throws(where, error, () => {
        let n = 0;
        whenRegistering(bench, () => {
          if (n++ === at) throw error;
        });
      }),
    );
  }
}

function countRegistrations(bench: Bench): number {
  let n = 0;
  whenRegistering(bench, () => n++);
  return n;
}

/** Prepares and disposes, calling `on` before each registration of a hook. */
function whenRegistering(bench: Bench, on: () => void): void {
  const target = resolveTarget(bench.subject.model);
  const original = target.add.bind(target);
  const add: typeof target.add = (...args) => {
    on();
    return original(...args);
  };
  Object.defineProperty(target, "add", { value: add, configurable: true });
  try {
    bench.prepare().dispose();
  } finally {
    Reflect.deleteProperty(target, "add");
  }
}
