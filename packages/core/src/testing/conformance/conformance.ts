import { memory } from "@tensorflow/tfjs-core";
import { composeMissing, notConforming } from "../errors.ts";
import { Bench, type Compose, type PreparableFactory } from "./bench.ts";
import { COMPOSITION_CHECKS } from "./composition-checks.ts";
import { EXCEPTION_CHECKS } from "./exception-checks.ts";
import { LIFETIME_CHECKS } from "./lifetime-checks.ts";
import { type ConformanceSubject, tinySubject } from "./subject.ts";

/** Options of {@link contextConformance}. */
export interface ConformanceOptions {
  /** `compose` of `@hookdict/contexts`: contexts must compose, and nothing here imports that package. */
  readonly compose: Compose;
  /** Makes what the factory is tried on, anew for each check. Default a `TinyModule` with its tokens. */
  readonly subject?: () => ConformanceSubject;
}

/** One check, for any test runner: `run` throws when it does not hold. */
export interface ConformanceCase {
  readonly name: string;
  readonly run: () => void;
}

/**
 * Checks that hold for every context: the model is restored exactly (hooks, properties, weights, tensor count) after
 * use, nesting, composing and exceptions at each point, and contexts beside it are not disturbed.
 *
 * @param factory Makes the factory under test, whose pattern must match a site of the subject.
 * @throws UsageError `CONFORMANCE_COMPOSE`
 * @example no-run
 * for (const { name, run } of contextConformance(() => new Gain("mix", 2), { compose })) test(name, run);
 */
export function contextConformance(
  factory: () => PreparableFactory,
  options: ConformanceOptions,
): readonly ConformanceCase[] {
  const { compose, subject = tinySubject } = { ...options }; // plain JavaScript may leave them out
  if (typeof compose !== "function") throw composeMissing(typeof compose);
  const checks = [...LIFETIME_CHECKS, ...EXCEPTION_CHECKS, ...COMPOSITION_CHECKS];
  return checks.map(([name, check]) => ({
    name,
    run: () => {
      const before = memory().numTensors;
      const tried = subject();
      try {
        check(new Bench(factory(), tried, compose));
      } finally {
        tried.dispose();
      }
      const left = memory().numTensors - before;
      if (left !== 0) throw notConforming(`${left} more tensors exist than before the check.`);
    },
  }));
}
