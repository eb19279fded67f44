import { Binding } from "../../hooked/binding.ts";
import { captured, keyOf } from "../../hooked/capture.ts";
import { HookedModule } from "../../hooked/hooked-module.ts";
import { resolveTarget } from "../../sites/resolve.ts";
import type { Hookable } from "../../sites/target.ts";
import { TensorDict } from "../../tensordict/tensordict.ts";
import type { Bench } from "./bench.ts";
import type { Check } from "./lifetime-checks.ts";
import type { Outputs } from "./subject.ts";

/** A context that caches every site, and other models. */
export const COMPOSITION_CHECKS: readonly Check[] = [
  ["a caching context prepared before it changes nothing, and captures every site that runs", cacheBefore],
  ["a caching context prepared after it changes nothing, and captures every site that runs", cacheAfter],
  [
    "a permanent hook of the model's owner is still there afterwards",
    (bench) =>
      bench.restores("a permanent hook and a run", () => {
        using owner = cacheAll(bench.subject.model);
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
  bench.restores("composing with a caching context before it", () => {
    using caching = cacheAll(bench.subject.model);
    using hooked = bench.prepare(caching);
    bench.same("With a caching context before it, a run", bench.run(hooked), expected);
    caching.check(bench);
  });
}

function cacheAfter(bench: Bench): void {
  const expected = alone(bench);
  bench.restores("composing with a caching context after it", () => {
    using hooked = bench.prepare();
    using caching = cacheAll(hooked);
    bench.same("With a caching context after it, a run", bench.run(caching), expected);
    caching.check(bench);
  });
}

/** A hooked module whose context captures the output of every site. */
class CacheAll extends HookedModule {
  readonly captures: TensorDict;
  readonly ran: Set<string> = new Set();

  constructor(model: Hookable) {
    const target = resolveTarget(model);
    const binding = new Binding(target, "caching");
    super(target, { binding, dispose: () => binding.dispose() });
    this.captures = new TensorDict();
    binding.defer(() => this.captures.dispose());
    binding.onRunStart(() => this.ran.clear());
    binding.events.on("site:ran", ({ site }) => this.ran.add(site.path));
    binding.hook("**", "fwd", {
      kind: "observe",
      run: (value, info) => {
        this.captures.set(keyOf(info), captured(value));
      },
    });
  }

  /** Its hooks are all there, and every site that ran has been captured. */
  check(bench: Bench): void {
    const gone = this.sites.length - this.context.binding.entries.length;
    bench.holds(gone === 0, `It took away ${gone} hooks of a context beside it.`);
    const missing = [...this.ran].filter((path) => !this.captures.has(["fwd", path]));
    bench.holds(missing.length === 0, `Beside it, a caching context misses ${missing.join(", ")}.`);
  }
}

function cacheAll(model: Hookable): CacheAll {
  return new CacheAll(model);
}
