import type { Direction } from "../../hooks/direction.ts";
import type { Bench, PreparableFactory } from "./bench.ts";
import { CacheAll, CachingFactory } from "./caching.ts";
import type { Check } from "./lifetime-checks.ts";
import { isBackward, type Outputs } from "./subject.ts";

/** A context that caches every site, and other models. */
export const COMPOSITION_CHECKS: readonly Check[] = [
  ["a caching context prepared before it changes nothing, and captures every site that runs", cacheBefore],
  ["a caching context prepared after it changes nothing, and captures every site that runs", cacheAfter],
  [
    "composed after a caching context, it does what it does on top of one, and so do the captures",
    (bench) => composed(bench, "after", (caching) => [caching, bench.factory]),
  ],
  [
    "composed before a caching context, it does what it does below one, and so do the captures",
    (bench) => composed(bench, "before", (caching) => [bench.factory, caching]),
  ],
  [
    "a permanent hook of the model's owner is still there afterwards",
    (bench) =>
      bench.restores("a permanent hook and a run", () => {
        using owner = new CacheAll(bench.subject.model, ["fwd"]);
        bench.restores("a run beside a permanent hook", () => {
          using hooked = bench.prepare();
          bench.run(hooked);
        });
        owner.check(bench);
      }),
  ],
];

function alone(bench: Bench): Outputs {
  using hooked = bench.prepare();
  return bench.run(hooked);
}

function cacheBefore(bench: Bench): void {
  const expected = alone(bench);
  const directions = directionsFor(bench);
  bench.restores("composing with a caching context before it", () => {
    using caching = new CacheAll(bench.subject.model, directions);
    using hooked = bench.prepare(caching);
    bench.same("With a caching context before it, a run", bench.run(hooked), expected);
    caching.check(bench);
  });
}

function cacheAfter(bench: Bench): void {
  const expected = alone(bench);
  const directions = directionsFor(bench);
  bench.restores("composing with a caching context after it", () => {
    using hooked = bench.prepare();
    using caching = new CacheAll(hooked, directions);
    bench.same("With a caching context after it, a run", bench.run(caching), expected);
    caching.check(bench);
  });
}

/** What a caching context beside the factory's captures: gradients, too, where that one has hooks on some. */
function directionsFor(bench: Bench): readonly Direction[] {
  using hooked = bench.prepare();
  return isBackward(hooked) ? ["fwd", "bwd_pre"] : ["fwd"];
}

/** What nesting and composing must both give. */
interface Observed {
  readonly outputs: Outputs;
  readonly captures: ReturnType<CacheAll["values"]>;
}

function composed(
  bench: Bench,
  place: "before" | "after",
  order: (caching: CachingFactory) => readonly PreparableFactory[],
): void {
  const directions = directionsFor(bench);
  const expected = place === "after" ? onTop(bench, directions) : below(bench, directions);
  bench.restores(`composing it ${place} a caching context`, () => {
    const caching = new CachingFactory(directions);
    using hooked = bench.prepareComposed(...order(caching));
    bench.same(`Composed ${place} a caching context, a run`, bench.run(hooked), expected.outputs);
    caching.last.check(bench);
    const captures = caching.last.values();
    for (const key of new Set([...captures.keys(), ...expected.captures.keys()]))
      bench.same(`A capture beside it (${key})`, captures.get(key), expected.captures.get(key));
  });
}

/** The context on top of a caching one. */
function onTop(bench: Bench, directions: readonly Direction[]): Observed {
  using caching = new CacheAll(bench.subject.model, directions);
  using hooked = bench.prepare(caching);
  return { outputs: bench.run(hooked), captures: caching.values() };
}

/** The context below a caching one. */
function below(bench: Bench, directions: readonly Direction[]): Observed {
  using hooked = bench.prepare();
  using caching = new CacheAll(hooked, directions);
  return { outputs: bench.run(caching), captures: caching.values() };
}
