import { hasHooks } from "@hookdict/core";
import { mean, mul, scalar, square, type Tensor } from "@tensorflow/tfjs-core";
import { type Part, Scripted } from "./contexts.ts";
import { randomScript } from "./choices.ts";
import { newContext } from "./model.ts";
import { capture, once } from "./once.ts";
import { endingOf, expectNumbers, expectSame, take, thrownBy } from "./outcome.ts";
import type { Random } from "./random.ts";
import { pickLive, prepare, type Step } from "./steps.ts";
import type { Hooked, Live, World } from "./world.ts";

/** Something that was prepared and can be called, in half the cases the latest. */
function pickHooked(
  world: World,
  random: Random,
): { readonly live: Live; readonly hooked: Hooked } | undefined {
  const live = pickLive(world, random);
  return live?.hooked === undefined ? undefined : { live, hooked: live.hooked };
}

function hasEnded({ hooked }: { readonly hooked: Hooked }): boolean {
  return hooked.context.binding.isDisposed;
}

/** Runs the model, through a hooked module or not, at once or waiting for it. */
async function call(world: World, random: Random): Promise<unknown> {
  const { subject } = world;
  const picked = random.chance(0.7) ? pickHooked(world, random) : undefined;
  const isAsync = subject.isWaiting ? random.chance(0.9) : random.chance(0.4);
  const run = (): Tensor | Promise<Tensor> => {
    if (picked === undefined) return isAsync ? subject.directAsync() : world.direct();
    return isAsync ? picked.hooked.callAsync(subject.input) : picked.hooked.call(subject.input);
  };
  if (picked !== undefined && hasEnded(picked)) {
    expectSame("ending", await endingOf(run), { error: "CONTEXT_DISPOSED" });
    return "ended";
  }
  if (subject.isWaiting && !isAsync) await refused(world, run);
  else if (picked !== undefined && !isAsync && random.chance(0.5)) await tried(world, picked.hooked);
  else await world.expectRun(run);
  return [picked === undefined ? "direct" : "hooked", isAsync];
}

/** `tryCall` tells where the run was stopped. */
async function tried(world: World, hooked: Hooked): Promise<void> {
  const running = world.parts;
  const expected = world.oracle.run(world.contexts);
  let at: string | undefined;
  const ending = await endingOf(() => {
    const result = hooked.tryCall(world.subject.input);
    if (!result.stopped) return result.output;
    ({ at } = result);
    return scalar(0);
  });
  const isStopped = expected.error === "RUN_STOPPED";
  expectSame("where it was stopped", at, isStopped ? expected.stoppedAt : undefined);
  world.expectEnding(ending, isStopped ? { ...expected, error: undefined, output: [0] } : expected, running);
}

/** A model that waits is called at once. */
async function refused(world: World, run: () => Tensor | Promise<Tensor>): Promise<void> {
  const ending = await endingOf(run).catch((error: unknown) => ({ error: String(error) }));
  const isBare = world.live.every(({ parts, hooked }) =>
    hooked === undefined ? parts[0]?.modelled.hasEnded === true : hasEnded({ hooked }),
  );
  if (isBare) expectSame("whether it is refused", "error" in ending, true);
  else
    expectSame("ending", ending, { error: world.oracle.refuse(world.contexts, "GRAPH_NEEDS_ASYNC").error });
}

/** Two runs at once: those of a model that waits would overlap, of others they follow each other. */
async function overlap(world: World, random: Random): Promise<unknown> {
  const { subject, oracle } = world;
  const picked = pickHooked(world, random);
  if (picked === undefined || hasEnded(picked)) return undefined;
  const { hooked } = picked;
  const before = world.parts;
  const expected = oracle.run(world.contexts);
  if (!subject.isWaiting) {
    const first = endingOf(() => hooked.callAsync(subject.input));
    const isOver = hasEnded(picked);
    const next = isOver ? undefined : oracle.run(world.contexts);
    const second = endingOf(() => hooked.callAsync(subject.input));
    const endings = await Promise.all([first, second]);
    expectSame("first error", "error" in endings[0] ? endings[0].error : undefined, expected.error);
    if (next === undefined) expectSame("second ending", endings[1], { error: "CONTEXT_DISPOSED" });
    else world.expectEnding(endings[1], next, before);
    return "one after another";
  }
  const canEnd = expected.error === undefined && before.some(({ modelled }) => modelled.hasEnded);
  const first = endingOf(() => hooked.callAsync(subject.input));
  const second = await endingOf(() => subject.directAsync());
  world.expectEnding(await first, expected, before);
  if (!canEnd && (expected.error === undefined || expected.visited.has("fragile")))
    expectSame("second ending", second, { error: "RUN_OVERLAPS" });
  return "refused";
}

/** While a run waits, a context ends, or another is prepared. */
async function meanwhile(world: World, random: Random): Promise<unknown> {
  const { subject } = world;
  const picked = pickHooked(world, random);
  if (!subject.isWaiting || picked === undefined || hasEnded(picked)) return undefined;
  const run = (): Promise<Tensor> => picked.hooked.callAsync(subject.input);
  if (random.chance(0.5)) {
    const { parts, contexts } = world;
    const later = endingOf(run);
    const what = prepare(world, random);
    const expected = world.oracle.run(contexts);
    world.expectEnding(await later, expected, parts);
    return ["prepare", what];
  }
  const ended = pickLive(world, random);
  if (ended === undefined || ended.parts.some(({ modelled }) => modelled.throwsAtEnd)) return undefined;
  const contexts = ended.parts.map(({ modelled }) => modelled).filter((context) => !context.hasEnded);
  await world.expectEnded(async () => {
    const later = endingOf(run);
    ended.end();
    return later;
  }, contexts);
  return "end";
}

/** A run that a context sleeps through. */
async function disabled(world: World, random: Random): Promise<unknown> {
  const { subject } = world;
  const picked = pickHooked(world, random);
  if (picked === undefined) return undefined;
  const { live, hooked } = picked;
  const isInside = random.chance(0.5) && !hasEnded(picked);
  const isAsync = subject.isWaiting || random.chance(0.3);
  for (const { modelled } of live.parts) modelled.isAsleep = true;
  await world.expectRun(() => {
    if (isAsync) {
      return hooked.disabled(() => (isInside ? hooked.callAsync(subject.input) : subject.directAsync()));
    }
    return hooked.disabled(() => (isInside ? hooked.call(subject.input) : world.direct()));
  });
  for (const { modelled } of live.parts) modelled.isAsleep = false;
  const fail = (): never => {
    throw new RangeError("asleep");
  };
  expectSame(
    "error",
    thrownBy(() => hooked.disabled(fail)),
    "asleep",
  );
  return [isInside, isAsync];
}

/** A run in which the model itself throws. */
async function broken(world: World, random: Random): Promise<unknown> {
  const { subject } = world;
  if (world.live.length === 0) return undefined; // tfjs-converter leaves tensors behind
  const picked = subject.name === "graph models" ? undefined : pickHooked(world, random);
  const isHooked = picked !== undefined && !hasEnded(picked);
  if (subject.isWaiting && world.contexts.length === 0) return undefined;
  // A bare graph has no errors of ours, and its contexts may have ended by themselves.
  if (subject.name === "graph models" && !hasHooks(subject.model)) return undefined;
  subject.fragile.isBroken = true;
  try {
    await world.expectRun(() => {
      if (isHooked) return picked.hooked.callAsync(subject.input);
      return subject.isWaiting ? subject.directAsync() : world.direct();
    });
  } finally {
    subject.fragile.isBroken = false;
  }
  return isHooked;
}

type Loss = "squares" | "throws" | "vector" | "elsewhere";

/** A backward pass: through the hooks of all contexts, to what it captures and how it ends. */
async function backward(world: World, random: Random): Promise<unknown> {
  const { subject, oracle } = world;
  const picked = pickHooked(world, random);
  if (picked === undefined || hasEnded(picked)) return undefined;
  const kind = random.pick<Loss>([
    "squares",
    "squares",
    "squares",
    "squares",
    "throws",
    "vector",
    "elsewhere",
  ]);
  const loss = lossOf(world, kind);
  const isHooked = world.contexts.some(
    ({ isAsleep, groups }) =>
      !isAsleep &&
      groups.some(
        ({ direction, hooks }) => direction.startsWith("bwd") && hooks.some((hook) => !hook.isRemoved),
      ),
  );
  const before = world.parts;
  const run = async (): Promise<Tensor> => {
    picked.hooked.backward(loss);
    return Promise.resolve(scalar(0));
  };
  if (!isHooked) expectSame("ending", await endingOf(run), { error: "BACKWARD_NO_HOOKS" });
  else if (subject.isWaiting) {
    const code = kind === "elsewhere" ? "LOSS_INDEPENDENT" : "GRAPH_NEEDS_ASYNC";
    expectSame("ending", await endingOf(run), { error: oracle.refuse(world.contexts, code).error });
  } else {
    const expected = expectedOf(world, kind);
    const ending = await endingOf(run);
    world.expectEnding(
      ending,
      expected.error === undefined ? { ...expected, output: [0] } : expected,
      before,
    );
  }
  return kind;
}

function expectedOf(world: World, kind: Loss): ReturnType<World["oracle"]["run"]> {
  const { oracle, contexts } = world;
  if (kind === "elsewhere") return oracle.refuse(contexts, "LOSS_INDEPENDENT");
  if (kind === "squares") return oracle.run(contexts, { isTaping: true });
  const forward = oracle.run(contexts, { isForwardOfPass: true });
  return forward.error === undefined
    ? { ...forward, error: kind === "throws" ? "loss" : "LOSS_NOT_SCALAR" }
    : forward;
}

function lossOf(world: World, kind: Loss): () => Tensor {
  return () => {
    if (kind === "elsewhere") return scalar(3);
    const output = world.subject.direct();
    if (kind === "throws") throw new RangeError("loss");
    return kind === "vector" ? mul(output, 2) : mean(square(output));
  };
}

/** Gradients at sites, by a hooked module. */
async function grads(world: World, random: Random): Promise<unknown> {
  const { subject, oracle } = world;
  const picked = pickHooked(world, random);
  if (picked === undefined || hasEnded(picked) || subject.isWaiting) return undefined;
  const [pattern, sites] = random.pick(subject.patterns);
  const own = newContext();
  capture(own, sites, "bwd", "ignore");
  const expected = oracle.run([...world.contexts, own], { isTaping: true });
  const ending = await endingOf(() => {
    const { value, gradInputs: found } = picked.hooked.valueAndGradInputs(lossOf(world, "squares"), pattern);
    const known = [...own.captures].map(([key, values]) => [key.slice("bwd ".length), values] as const);
    expectSame("gradients at", found.keys().sort(), known.map(([key]) => key).sort());
    for (const [key, values] of known)
      expectNumbers(`gradient at ${key}`, [...found.get<Tensor>(key).dataSync()], values);
    found.dispose();
    return value;
  });
  expectSame("error", "error" in ending ? ending.error : undefined, expected.error);
  return [pattern];
}

/** A `using` block whose body throws. */
function body(world: World, random: Random): unknown {
  const script = { ...randomScript(random, world.subject), fails: undefined };
  const error = new RangeError("body");
  const parts: Part[] = [];
  try {
    using hooked = new Scripted(script, world.subject, (part) => parts.push(part)).prepare(
      world.subject.model,
    );
    if (random.chance(0.6) && !world.subject.isWaiting) {
      world.oracle.run([...world.contexts, ...parts.map(({ modelled }) => modelled)]);
      thrownBy(() => take(hooked.call(world.subject.input)));
    }
    throw error;
  } catch (caught) {
    expectSame("whether the body's error came through", caught === error, true);
  }
  return script;
}

/** Steps that run the model. */
export const RUNNING: Readonly<Record<string, Step>> = {
  call,
  overlap,
  meanwhile,
  disabled,
  broken,
  backward,
  grads,
  once,
  body,
};
