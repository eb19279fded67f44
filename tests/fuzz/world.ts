import { countHooks, type HookedModule, isHookdictError, type TensorDict, tensorsOf } from "@hookdict/core";
import { expectClose, type TinyModule } from "@hookdict/core/testing";
import { compose } from "@hookdict/contexts";
import { mean, memory, square, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { type Expectation, type ModelledHook, Oracle } from "./oracle.ts";
import type { Random } from "./random.ts";
import { type Part, randomScript, type Script, Scripted } from "./script.ts";
import type { FuzzSubject } from "./subjects.ts";

type Hooked = HookedModule<readonly [Tensor], Tensor>;

/** A context under way: one part, or several that were composed. */
interface Live {
  readonly hooked: Hooked;
  readonly parts: readonly Part[];
  readonly throwsAtEnd: boolean;
}

/** Errors that a backward pass may end with, by what the random contexts do. */
const BACKWARD_ERRORS = new Set(["BACKWARD_NO_HOOKS", "HOOK_THREW", "RUN_STOPPED", "LOSS_INDEPENDENT"]);

/** The oracle adds up in another order. */
const TOLERANCE = { rtol: 1e-4, atol: 1e-5 };

/** A model under random contexts, and what is known of it: hooks, tensors, outputs and captures. */
export class World {
  readonly log: string[] = [];
  readonly #random: Random;
  readonly #subject: FuzzSubject;
  readonly #tokens: Tensor;
  readonly #oracle: Oracle;
  readonly #bare: readonly number[];
  readonly #tensors: number;
  #live: Live[] = [];

  constructor(random: Random, subject: FuzzSubject, tokens: Tensor, reference: TinyModule) {
    this.#random = random;
    this.#subject = subject;
    this.#tokens = tokens;
    this.#oracle = new Oracle(reference, subject);
    this.#bare = this.#direct();
    this.#tensors = memory().numTensors;
  }

  /** Does something, and checks everything. */
  step(): void {
    const actions = {
      prepare: () => this.#prepare(),
      compose: () => this.#compose(),
      call: () => this.#call(),
      callDirectly: () => this.#expectRun(() => this.#direct()),
      disabled: () => this.#disabled(),
      backward: () => this.#backward(),
      body: () => this.#throwInBody(),
      dispose: () => this.#dispose(),
    };
    const name = this.#random.pick([
      "prepare",
      "prepare",
      "compose",
      "call",
      "call",
      "callDirectly",
      "disabled",
      "backward",
      "body",
      "dispose",
    ]) satisfies keyof typeof actions;
    this.log.push(name);
    actions[name]();
    this.#check();
  }

  /** Ends what is left, in any order; the model must be as it was. */
  end(): void {
    this.log.push("end");
    while (this.#live.length > 0) this.#dispose();
    this.#check();
    expectSame("outputs", this.#direct(), this.#bare);
  }

  #check(): void {
    const parts = this.#live.flatMap((live) => live.parts).filter(({ context }) => !context.isDisposed);
    const hooks = parts.reduce((sum, part) => sum + part.hooks.length, 0);
    const cached = parts.reduce((sum, { context }) => sum + tensorsOf(context.cache).length, 0);
    expectSame("hooks", countHooks(this.#subject.model), hooks);
    expectSame("tensors", memory().numTensors, this.#tensors + cached);
  }

  #script(): Script {
    return randomScript(this.#random, this.#subject);
  }

  #base(): Hooked | FuzzSubject["model"] {
    const nested = this.#live.filter(({ hooked }) => !hooked.context.binding.isDisposed);
    const live = nested[this.#random.int(nested.length + 1)];
    return live?.hooked ?? this.#subject.model;
  }

  #prepare(): void {
    const script = this.#script();
    const parts: Part[] = [];
    const factory = new Scripted(script, (part) => parts.push(part));
    this.#start([script], parts, () => factory.prepare(this.#base()));
  }

  #compose(): void {
    const scripts = Array.from({ length: 2 + this.#random.int(2) }, () => this.#script());
    const parts: Part[] = [];
    const factory = compose(...scripts.map((script) => new Scripted(script, (part) => parts.push(part))));
    this.#start(scripts, parts, () => factory.prepare(this.#base()));
  }

  #start(scripts: readonly Script[], parts: readonly Part[], prepare: () => Hooked): void {
    this.log.push(JSON.stringify(scripts));
    const isRefused = scripts.some(({ fails }) => fails === "setUp");
    let hooked: Hooked;
    try {
      hooked = prepare();
    } catch (error) {
      if (!isRefused || !String(error).includes("setUp")) throw error;
      return;
    }
    expectSame("whether setUp threw", false, isRefused);
    this.#live.push({ hooked, parts, throwsAtEnd: scripts.some(({ fails }) => fails === "cleanup") });
  }

  #pick(): Live | undefined {
    return this.#live[this.#random.int(this.#live.length)];
  }

  #call(): void {
    const live = this.#pick();
    if (live === undefined) return;
    if (live.hooked.context.binding.isDisposed) {
      expectSame(
        "error",
        codeOf(() => live.hooked.call(this.#tokens)),
        "CONTEXT_DISPOSED",
      );
    } else this.#expectRun(() => take(live.hooked.call(this.#tokens)));
  }

  #disabled(): void {
    const live = this.#pick();
    if (live === undefined) return;
    for (const { modelled } of live.parts) modelled.isAsleep = true;
    this.#expectRun(() => live.hooked.disabled(() => this.#direct()));
    for (const { modelled } of live.parts) modelled.isAsleep = false;
  }

  #direct(): readonly number[] {
    return take(tidy(() => this.#subject.direct(this.#tokens)));
  }

  /** A run must do what the oracle says: outputs, error, captures, contexts that ended meanwhile. */
  #expectRun(run: () => readonly number[]): void {
    const running = this.#live.flatMap((live) => live.parts).filter(({ context }) => !context.isDisposed);
    const hooks: ModelledHook[] = running.flatMap((part) => part.hooks);
    const expected = this.#oracle.run(this.#tokens, hooks);
    const asleep = running.filter(({ modelled }) => modelled.isAsleep);
    const kept = asleep.map(capturesOf);
    let outputs: readonly number[] = [];
    const error = codeOf(() => (outputs = run()));
    expectSame("error", error, expected.error);
    if (expected.outputs !== undefined) expectClose(outputs, expected.outputs, TOLERANCE);
    for (const part of running) if (!asleep.includes(part)) expectCaptures(part, expected);
    // A run that a context sleeps through is not its own: what it had captured stays.
    expectSame("captures of those asleep", asleep.map(capturesOf), kept);
  }

  #backward(): void {
    const live = this.#pick();
    if (live === undefined || live.hooked.context.binding.isDisposed) return;
    const error = codeOf(() => live.hooked.backward(() => mean(square(this.#subject.direct(this.#tokens)))));
    if (error === undefined || !BACKWARD_ERRORS.has(error))
      expectSame("error", error, this.#hasUnfired() ? "BACKWARD_UNFIRED" : undefined);
    for (const { context, modelled } of this.#live.flatMap(({ parts }) => parts)) {
      modelled.hasEnded = context.isDisposed;
    }
  }

  /** Whether somebody waits for a gradient that there is not, and has not ended meanwhile. */
  #hasUnfired(): boolean {
    const hooks = this.#live
      .flatMap(({ parts }) => parts)
      .flatMap((part) => (part.context.isDisposed ? [] : part.hooks));
    return hooks.some(
      ({ site, direction, effect }) =>
        direction === "bwd" && effect.kind === "capture" && this.#subject.lookups.includes(site),
    );
  }

  #throwInBody(): void {
    const script: Script = { ...this.#script(), fails: undefined };
    const body = new RangeError("body");
    try {
      using hooked = new Scripted(script, () => undefined).prepare(this.#base());
      if (this.#random.chance(0.5)) tidy(() => void codeOf(() => hooked.call(this.#tokens)));
      throw body;
    } catch (error) {
      expectSame("whether the body's error came through", error === body, true);
    }
    for (const { context, modelled } of this.#live.flatMap(({ parts }) => parts)) {
      modelled.hasEnded = context.isDisposed;
    }
  }

  #dispose(): void {
    const live = this.#pick();
    if (live === undefined) return;
    const mayThrow = live.throwsAtEnd && live.parts.some(({ context }) => !context.isDisposed);
    const error = codeOf(() => live.hooked.dispose());
    if (error !== undefined && !(mayThrow && error === "RangeError"))
      throw new Error(`dispose threw ${error}`);
    live.hooked.dispose();
    this.#live = this.#live.filter((other) => other !== live);
  }
}

function expectCaptures({ context, modelled }: Part, { captures }: Expectation): void {
  expectSame("whether the context has ended", context.isDisposed, modelled.hasEnded);
  if (context.isDisposed) return;
  const expected = captures.get(modelled) ?? new Map<string, readonly number[]>();
  const found = forwardCaptures(context.cache);
  expectSame("captures", found.map(([key]) => key).sort(), [...expected.keys()].sort());
  for (const [key, tensor] of found) {
    const values = Float32Array.from(expected.get(key) ?? []);
    expectClose(tensor.dataSync() as Float32Array, values, TOLERANCE);
  }
}

function forwardCaptures(cache: TensorDict): (readonly [string, Tensor])[] {
  return ["fwd", "fwd_pre"].flatMap((direction) => {
    if (!cache.has(direction)) return [];
    const taken = cache.get<TensorDict>(direction);
    return taken.keys().map((key) => [`${direction} ${key}`, taken.get(key)] as const);
  });
}

/** Keys and tensors of a context's captures; the same as long as nothing is captured anew. */
function capturesOf({ context }: Part): string {
  if (context.isDisposed) return "ended";
  return forwardCaptures(context.cache)
    .map(([key, { id }]) => `${key} ${id}`)
    .join(", ");
}

/** Reads and frees. */
function take(tensor: Tensor): readonly number[] {
  const values = [...tensor.dataSync()];
  tensor.dispose();
  return values;
}

function codeOf(fn: () => unknown): string | undefined {
  try {
    fn();
    return undefined;
  } catch (error) {
    const first: unknown =
      error instanceof Error && "suppressed" in error ? Reflect.get(error, "error") : error;
    if (isHookdictError(first)) return first.code;
    if (first instanceof RangeError) return "RangeError";
    throw error;
  }
}

function expectSame(what: string, actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) === JSON.stringify(expected)) return;
  throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}
