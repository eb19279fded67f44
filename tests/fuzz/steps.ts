import {
  compose,
  type HookingContextFactory,
  type HookingContextWithCache,
  openSession,
} from "@hookdict/contexts";
import { randomPermanent, randomScript, randomSpec } from "./choices.ts";
import {
  type Part,
  partOf,
  registerPermanent,
  type Script,
  Scripted,
  Specified,
  type SpecScript,
} from "./contexts.ts";
import { moveGroup, newContext, removeGroup } from "./model.ts";
import { expectSame, thrownBy } from "./outcome.ts";
import type { Random } from "./random.ts";
import { addToSession } from "./sessions.ts";
import type { Hooked, Live, World } from "./world.ts";

/** One thing that a program does, with random choices of its own. Returns what it was, for the log. */
export type Step = (world: World, random: Random) => unknown;

export function pickLive({ live }: World, random: Random): Live | undefined {
  return live[random.int(live.length)];
}

/** The model, or something prepared before: the new context stands on top of it. */
function baseOf(world: World, random: Random): World["subject"]["model"] {
  const hooked = world.live.flatMap((live) => live.hooked ?? []);
  return hooked[random.int(2 * hooked.length + 1)] ?? world.subject.model;
}

/** Factories at random, one of them or several that are composed. */
export function prepare(world: World, random: Random): unknown {
  const { subject } = world;
  const parts: Part[] = [];
  const onPart = (part: Part): void => void parts.push(part);
  const count = random.chance(0.6) ? 1 : 2 + random.int(2);
  const scripts: (Script | SpecScript)[] = [];
  const factories = Array.from({ length: count }, (): HookingContextFactory<HookingContextWithCache> => {
    if (random.chance(0.25)) {
      const script = randomSpec(random, subject);
      scripts.push(script);
      return new Specified(script, onPart);
    }
    const script = randomScript(random, subject);
    scripts.push(script);
    return new Scripted(script, subject, onPart);
  });
  const [only] = factories;
  const factory = only !== undefined && count === 1 ? only : compose(...factories);
  const isRefused = scripts.some((script) => "fails" in script && script.fails === "setUp");
  const base = baseOf(world, random);
  let hooked: Hooked | undefined;
  const error = thrownBy(() => (hooked = factory.prepare(base)));
  expectSame("error of prepare", error, isRefused ? "setUp" : undefined);
  if (hooked === undefined) return scripts;
  const context = hooked;
  world.live.push({ hooked, session: undefined, parts, end: () => context.dispose() });
  return scripts;
}

/** Opens a session, or adds to one. */
function session(world: World, random: Random): unknown {
  const { subject } = world;
  const open = world.live.find(({ session: known, parts }) => known !== undefined && !isOver(parts));
  const [known] = open?.parts ?? [];
  if (open?.session !== undefined && known !== undefined && random.chance(0.7))
    return addToSession(random, open.session, known, subject);
  const opened = openSession(baseOf(world, random));
  const part = partOf(opened.context, newContext());
  const hooked = opened as unknown as Hooked; // with a cache
  world.live.push({ hooked, session: opened, parts: [part], end: () => opened.dispose() });
  return addToSession(random, opened, part, subject);
}

function isOver(parts: readonly Part[]): boolean {
  return parts.every(({ modelled }) => modelled.hasEnded);
}

function permanent(world: World, random: Random): unknown {
  const hook = randomPermanent(random, world.subject);
  const { part, end } = registerPermanent(hook, world.subject);
  world.live.push({ hooked: undefined, session: undefined, parts: [part], end });
  return hook;
}

/** Removes one of a context's registrations. */
function drop(world: World, random: Random): unknown {
  const parts = world.parts.filter(({ handles }) => handles.length > 0);
  const part = parts[random.int(parts.length)];
  if (part === undefined) return undefined;
  const n = random.int(part.handles.length);
  const group = part.modelled.groups[n];
  const proxy = part.proxies.find(({ modelled }) => modelled.group === group);
  if (proxy === undefined) part.handles[n]?.dispose();
  else {
    proxy.real.dispose();
    proxy.modelled.seen.clear();
    proxy.modelled.all.clear();
  }
  if (group !== undefined) removeGroup(group);
  return n;
}

/** Moves one registration, or all of a context, to other sites. */
function move(world: World, random: Random): unknown {
  const [pattern, sites] = random.pick(world.subject.floats);
  const live = pickLive(world, random);
  const context = live?.hooked?.context as HookingContextWithCache | undefined; // or a composed one
  if (live === undefined || context === undefined) return undefined;
  // The oracle copies no tuples, which a place takes that comes to see and to set one.
  const copies = live.parts.some(({ modelled }) =>
    modelled.groups.some(({ effect, direction }) => effect.kind === "copy" && direction === "fwd_pre"),
  );
  if (copies && world.subject.isWaiting) return undefined;
  if (random.chance(0.2)) {
    const error = thrownBy(() => context.replacePattern("nowhere"));
    const isEnded = context.isDisposed || live.parts[0]?.modelled.hasEnded === true;
    expectSame("error of replacePattern", error, isEnded ? "CONTEXT_DISPOSED" : "PATTERN_UNMATCHED");
    return "nowhere";
  }
  const [part] = live.parts;
  const n = random.int(part?.handles.length ?? 0);
  if (part !== undefined && !part.modelled.hasEnded && part.handles[n] !== undefined && random.chance(0.5)) {
    const group = part.modelled.groups[n];
    if (group === undefined || group.isDisposed) return undefined;
    part.handles[n].replacePattern(pattern);
    moveGroup(group, sites);
    return [n, pattern];
  }
  if (live.parts.some(({ modelled }) => modelled.hasEnded)) return undefined;
  context.replacePattern(pattern);
  for (const { modelled } of live.parts) for (const group of modelled.groups) moveGroup(group, sites);
  return pattern;
}

/** Takes the cache; the context goes on with an empty one. */
function takeCache(world: World, random: Random): unknown {
  const live = pickLive(world, random);
  const [part] = live?.parts ?? [];
  if (live?.hooked === undefined || part === undefined || live.parts.length > 1) return undefined;
  const hooked = live.hooked as unknown as { takeCache(): { dispose(): void } }; // one part, which has a cache
  if (part.modelled.hasEnded) {
    expectSame(
      "error of takeCache",
      thrownBy(() => hooked.takeCache()),
      "CONTEXT_DISPOSED",
    );
    return "ended";
  }
  hooked.takeCache().dispose();
  for (const held of [part.modelled.captures, part.modelled.offsets, part.modelled.latest]) held.clear();
  return "taken";
}

function dispose(world: World, random: Random): unknown {
  const live = pickLive(world, random);
  if (live !== undefined) world.dispose(live);
  return live !== undefined;
}

/** Steps that do not run the model. */
export const SETTING: Readonly<Record<string, Step>> = {
  prepare,
  session,
  permanent,
  drop,
  move,
  takeCache,
  dispose,
};
