import type { Direction } from "@hookdict/core";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { applyEffect, Interruption } from "./apply.ts";
import { Captures } from "./captures.ts";
import { isAwake, type ModelledContext, type ModelledHook, nextTick } from "./model.ts";
import type { Reference, Sites, Value } from "./reference.ts";
import { isFloat, Tape } from "./tape.ts";

/** What a run should come to. What it captures is noted in the contexts. */
export interface Outcome {
  readonly output: readonly number[] | undefined;
  /** The code of the error, if it ends with one. */
  readonly error: string | undefined;
  /** Where it was stopped, if it was. */
  readonly stoppedAt: string | undefined;
  /** Sites that have run. */
  readonly visited: ReadonlySet<string>;
  /** Tick of the run: hooks registered later wait for the next. */
  readonly tick: number;
}

/** How the oracle runs. */
export interface RunOptions {
  /** Whether a backward pass follows, with the mean of the squares as the loss. */
  readonly isTaping?: boolean;
  /** Whether it is the first half of a backward pass, which goes no further. */
  readonly isForwardOfPass?: boolean;
  /** Contexts that end from outside, before the hooks of so many sites have run. */
  readonly ending?: { readonly contexts: readonly ModelledContext[]; readonly before: number };
}

/** Computes a model with plain operations and a list of hooks: no dispatcher, no contexts, no gradient tape. */
export class Oracle implements Sites {
  readonly #reference: Reference;
  #contexts: readonly ModelledContext[] = [];
  #tick = 0;
  #passes = new Map<string, number>();
  #fired = new Set<ModelledHook>();
  #tape = new Tape();
  #isTaping = false;
  #depth = 0;
  #stoppedAt: string | undefined;
  #chains = 0;
  #ending: RunOptions["ending"];
  readonly #captures = new Captures();

  constructor(reference: Reference) {
    this.#reference = reference;
  }

  run(contexts: readonly ModelledContext[], options: RunOptions = {}): Outcome {
    this.start(contexts, options);
    return this.#outcome(() =>
      tidy(() => {
        const output = this.#reference.forward(this);
        if (options.isTaping === true) this.#backward(output);
        return [...output.dataSync()];
      }),
    );
  }

  /** A run that begins and is refused by the model. */
  refuse(contexts: readonly ModelledContext[], code: string): Outcome {
    this.start(contexts);
    return this.#outcome(() => {
      throw new Interruption(code);
    });
  }

  start(contexts: readonly ModelledContext[], { isTaping, isForwardOfPass, ending }: RunOptions = {}): void {
    this.#contexts = contexts;
    this.#tick = nextTick();
    this.#passes = new Map();
    this.#fired = new Set();
    this.#tape = new Tape();
    this.#isTaping = isTaping === true || isForwardOfPass === true;
    this.#chains = 0;
    this.#ending = ending;
    for (const context of contexts) if (isAwake(context)) this.#captures.startRun(context);
  }

  #outcome(run: () => readonly number[]): Outcome {
    let output: readonly number[] | undefined;
    let error: string | undefined;
    try {
      output = run();
    } catch (thrown) {
      if (!(thrown instanceof Interruption)) throw thrown;
      error = thrown.code;
    }
    for (const { groups } of this.#contexts)
      for (const { hooks } of groups) for (const hook of hooks) hook.isRunning = false;
    return {
      output,
      error,
      stoppedAt: this.#stoppedAt,
      visited: new Set(this.#passes.keys()),
      tick: this.#tick,
    };
  }

  /** What a hook that calls the model gets; `undefined` when that run is stopped. A second such hook gets 1. */
  nested(): number | undefined {
    if (this.#depth > 0) return 1;
    this.#depth++;
    try {
      return this.#reference.nested(this);
    } catch (error) {
      if (error instanceof Interruption && error.code === "RUN_STOPPED") return undefined;
      throw error;
    } finally {
      this.#depth--;
    }
  }

  outside(x: Tensor, body: (x: Tensor) => Tensor): Tensor {
    if (this.#isRecording) this.#tape.body(x, body);
    return body(x);
  }

  site<T extends Value>(name: string, x: Value, body: (x: Value) => T): T {
    const pass = this.#passes.get(name) ?? 0;
    this.#passes.set(name, pass + 1);
    const given = this.#chain(name, "fwd_pre", pass, x);
    const taps = { bwd: this.#live(name, "bwd"), bwd_pre: this.#live(name, "bwd_pre") };
    this.#tap(taps.bwd, pass, given);
    if (this.#isRecording && isFloat(given)) this.#tape.body(given, body as (x: Tensor) => Tensor); // one tensor each
    // Hooks may not change the structure.
    return this.#chain(name, "fwd", pass, body(given), (value) => this.#tap(taps.bwd_pre, pass, value)) as T;
  }

  get #isRecording(): boolean {
    return this.#isTaping && this.#depth === 0;
  }

  #registered(site: string, direction: Direction): readonly ModelledHook[] {
    return this.#contexts
      .filter(({ hasEnded }) => !hasEnded)
      .flatMap(({ groups }) => groups.filter((group) => group.direction === direction))
      .flatMap(({ hooks }) => hooks.filter((hook) => hook.site === site && !hook.isRemoved))
      .sort((a, b) => a.group.rank - b.group.rank || a.tick - b.tick);
  }

  #isLive({ isRemoved, isRunning, tick, group }: ModelledHook): boolean {
    return !isRemoved && !isRunning && tick < this.#tick && isAwake(group.owner);
  }

  #live(site: string, direction: Direction): readonly ModelledHook[] {
    return this.#registered(site, direction).filter((hook) => this.#isLive(hook));
  }

  /** Runs the hooks; the output is tapped behind the last of them that may replace it. */
  #chain(
    site: string,
    direction: "fwd_pre" | "fwd",
    pass: number,
    given: Value,
    tap: (value: Value) => void = () => undefined,
  ): Value {
    this.#endFromOutside();
    const chain = this.#registered(site, direction);
    const tapAt = chain.findLastIndex(({ group }) => group.kind === "replace") + 1;
    let value = given;
    let isStopped = false;
    if (tapAt === 0) tap(value);
    for (const [i, hook] of chain.entries()) {
      if (this.#isLive(hook)) {
        value = this.#fire(hook, value, pass);
        if (hook.group.kind === "stop") isStopped = true;
      }
      if (i + 1 === tapAt) tap(value);
    }
    if (isStopped || (chain.some(({ tick }) => tick < this.#tick) && this.#isOver)) {
      this.#stoppedAt = site;
      throw new Interruption("RUN_STOPPED");
    }
    return value;
  }

  #endFromOutside(): void {
    if (this.#depth > 0 || this.#ending?.before !== this.#chains++) return;
    for (const context of this.#ending.contexts) context.hasEnded = true;
  }

  #fire(hook: ModelledHook, value: Value, pass: number): Value {
    hook.isRunning = true;
    try {
      const result = applyEffect(hook, value, {
        pass,
        at: this.#isRecording ? this.#tape.length : -1,
        tape: this.#isRecording ? this.#tape : undefined,
        captures: this.#captures,
        nested: () => this.nested(),
      });
      this.#fired.add(hook);
      return result;
    } catch (error) {
      // Of a run that the hook has begun.
      if (error instanceof Interruption && ["RUN_STOPPED", "MODEL"].includes(error.code))
        throw new Interruption("HOOK_THREW");
      throw error;
    } finally {
      hook.isRunning = false;
    }
  }

  /** A context that stops early ends the run once all forward hooks have fired. */
  get #isOver(): boolean {
    if (this.#isTaping || !this.#contexts.some((context) => context.stopsEarly && isAwake(context)))
      return false;
    return !this.#contexts
      .filter(isAwake)
      .flatMap(({ groups }) => groups.filter(({ direction }) => direction.startsWith("fwd")))
      .flatMap(({ hooks }) => hooks)
      .some((hook) => !hook.isRemoved && hook.tick < this.#tick && !this.#fired.has(hook));
  }

  #tap(hooks: readonly ModelledHook[], pass: number, value: Value): void {
    if (!this.#isTaping || hooks.length === 0 || !isFloat(value)) return;
    this.#tape.tapped = true;
    if (this.#depth > 0) return;
    this.#tape.pull((gradient) => {
      let passed = gradient;
      for (const hook of hooks) {
        if (hook.isRemoved || !isAwake(hook.group.owner)) continue;
        this.#tape.fired.add(hook);
        passed = this.#fire(hook, passed, pass) as Tensor; // of the same structure
      }
      return passed;
    });
  }

  #backward(output: Tensor): void {
    if (!this.#tape.tapped) throw new Interruption("LOSS_INDEPENDENT");
    const expected = this.#contexts
      .filter(isAwake)
      .flatMap(({ groups }) => groups)
      .filter(({ direction, unfired }) => direction.startsWith("bwd") && unfired === "error")
      .flatMap(({ hooks }) => hooks.filter(({ tick, isRemoved }) => tick < this.#tick && !isRemoved));
    this.#isTaping = false;
    this.#tape.play(output);
    const { fired } = this.#tape;
    if (fired.size === 0) throw new Interruption("LOSS_INDEPENDENT");
    const isMissing = (hook: ModelledHook): boolean =>
      !fired.has(hook) && !hook.isRemoved && !hook.group.owner.hasEnded;
    if (expected.some(isMissing)) throw new Interruption("BACKWARD_UNFIRED");
  }
}
