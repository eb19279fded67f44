import { notConforming } from "../errors.ts";
import type { HookedModule } from "../../hooked/hooked-module.ts";
import type { Hookable } from "../../targets/target.ts";
import { type ConformanceSubject, type Outputs, runBare, runHooked } from "./subject.ts";
import { describeChange, takeSnapshot } from "./snapshot.ts";

/** What a factory of contexts has that is checked; every `HookingContextFactory` is one. */
export interface PreparableFactory {
  prepare(model: Hookable): HookedModule;
}

/** Makes one factory of several: `compose` of `@hookdict/contexts`, which says itself what it takes. */
export type Compose = (...factories: never) => PreparableFactory;

/** A factory, a model to try it on, and what every check asks of them. */
export class Bench {
  readonly factory: PreparableFactory;
  readonly subject: ConformanceSubject;
  readonly #compose: (...factories: readonly PreparableFactory[]) => PreparableFactory;

  constructor(factory: PreparableFactory, subject: ConformanceSubject, compose: Compose) {
    this.factory = factory;
    this.subject = subject;
    this.#compose = compose as (...factories: readonly PreparableFactory[]) => PreparableFactory; // it refuses what is none
  }

  prepare(model: Hookable = this.subject.model): HookedModule {
    return this.factory.prepare(model);
  }

  /** Prepares several factories as one. */
  prepareComposed(...factories: readonly PreparableFactory[]): HookedModule {
    return this.#compose(...factories).prepare(this.subject.model);
  }

  run(hooked: HookedModule): Outputs {
    return runHooked(hooked, this.subject);
  }

  /** Runs `body`; then the model must be as before and compute what it did before. */
  restores(where: string, body: () => void): void {
    const bare = runBare(this.subject);
    const before = takeSnapshot(this.subject.model);
    body();
    const change = describeChange(before, takeSnapshot(this.subject.model));
    if (change !== undefined) throw notConforming(`After ${where}: ${change}`);
    this.same(`After ${where}, the model`, runBare(this.subject), bare);
  }

  /** @throws unless both runs gave the same, bit for bit */
  same(what: string, actual: Outputs, expected: Outputs): void {
    if (JSON.stringify(actual) !== JSON.stringify(expected)) {
      throw notConforming(`${what} gives ${show(actual)}, not ${show(expected)}.`);
    }
  }

  holds(condition: boolean, what: string): void {
    if (!condition) throw notConforming(what);
  }

  /** Runs `body`, which must throw the given error, alone or as the first of several. */
  throws(where: string, error: unknown, body: () => void): void {
    try {
      body();
    } catch (caught) {
      this.isFirst(where, error, caught);
      return;
    }
    throw notConforming(`${where} swallowed an exception.`);
  }

  /** @throws unless `caught` is `error`, or carries it as the first of several. */
  isFirst(where: string, error: unknown, caught: unknown): void {
    if (!isOrCarries(caught, error)) {
      throw notConforming(`${where} threw another error than the first: ${String(caught)}.`, caught);
    }
  }
}

/** `SuppressedError`s carry the first error as `error`, errors of hooks as `cause`. */
function isOrCarries(caught: unknown, error: unknown): boolean {
  for (let next = caught, depth = 0; depth < 8; depth++) {
    if (next === error) return true;
    if (!(next instanceof Error)) return false;
    next = "error" in next ? next.error : next.cause;
  }
  return false;
}

function show(outputs: Outputs): string {
  if (outputs === undefined) return "nothing (the run was stopped)";
  const text = JSON.stringify(outputs);
  return text.length > 120 ? `${text.slice(0, 120)}...` : text;
}
