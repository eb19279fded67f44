import { runWithCache, runWithHooks } from "@hookdict/contexts";
import { mean, mul, scalar, square, type Tensor } from "@tensorflow/tfjs-core";
import { addGroup, type ModelledContext, newContext } from "./model.ts";
import { endingOf, expectNumbers, expectSame } from "./outcome.ts";
import type { Random } from "./random.ts";
import type { Pattern } from "./subjects.ts";
import type { World } from "./world.ts";

/** One run with hooks or captures that are gone afterwards. */
export async function once(world: World, random: Random): Promise<unknown> {
  const { subject } = world;
  if (subject.isWaiting) return undefined;
  const place = random.pick(subject.floats);
  const way = random.pick([withHooks, withGradientHooks, withCache]);
  return [way.name, place[0], await way(world, place, random.chance(0.5))];
}

async function withHooks(world: World, [pattern, sites]: Pattern): Promise<void> {
  const { subject, oracle } = world;
  const own = newContext();
  addGroup(own, sites, { direction: "fwd", effect: { kind: "affine", by: 2, plus: 0 }, kind: "replace" });
  const running = world.parts;
  const expected = oracle.run([...world.contexts, own]);
  const ending = await endingOf(() =>
    runWithHooks(subject.model, [subject.input], [[pattern, (x: Tensor) => mul(x, 2)]]),
  );
  world.expectEnding(ending, expected, running);
}

async function withGradientHooks(world: World, [pattern, sites]: Pattern): Promise<void> {
  const { subject, oracle } = world;
  const own = newContext();
  addGroup(own, sites, { direction: "bwd_pre", effect: { kind: "affine", by: 2, plus: 0 }, kind: "replace" });
  const running = world.parts;
  const expected = oracle.run([...world.contexts, own], { isTaping: true });
  const double = (x: Tensor): Tensor => mul(x, 2);
  const ending = await endingOf(() =>
    runWithHooks(subject.model, [subject.input], [[pattern, "bwd_pre", double]], {
      loss: (output) => mean(square(output)),
    }),
  );
  world.expectEnding(ending, expected, running);
}

async function withCache(world: World, [names, sites]: Pattern, stopsEarly: boolean): Promise<boolean> {
  const { subject, oracle } = world;
  const own = newContext({ stopsEarly });
  capture(own, sites, "fwd", "error");
  const running = world.parts;
  const expected = oracle.run([...world.contexts, own]);
  const ending = await endingOf(() => {
    const args = [subject.input] as const;
    const result = stopsEarly
      ? runWithCache(subject.model, args, { names, stopEarly: true })
      : runWithCache(subject.model, args, { names });
    const { cache } = result;
    const leaves = [...cache.entries({ nested: true, leavesOnly: true })].map(
      ([key, value]) => [[key].flat().join(" "), value as Tensor] as const, // nothing else is captured
    );
    expectSame("captures", leaves.map(([key]) => key).sort(), [...own.captures.keys()].sort());
    for (const [key, tensor] of leaves)
      expectNumbers(`capture ${key}`, [...tensor.dataSync()], own.captures.get(key) ?? []);
    cache.dispose();
    return result.stopped ? scalar(0) : result.output;
  });
  const isStopped = stopsEarly && expected.error === "RUN_STOPPED";
  world.expectEnding(ending, isStopped ? { ...expected, error: undefined, output: [0] } : expected, running);
  return stopsEarly;
}

/** Adds captures to what is known of a context. */
export function capture(
  context: ModelledContext,
  sites: readonly string[],
  direction: "fwd" | "bwd",
  unfired: "error" | "ignore",
): void {
  addGroup(context, sites, { direction, effect: { kind: "capture" }, kind: "observe", unfired });
}
