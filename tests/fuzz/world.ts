import { countHooks, type HookedModule } from "@hookdict/core";
import { type TensorDict, tensorsOf } from "@hookdict/tensordict";
import { memory, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { Part } from "./contexts.ts";
import type { ModelledContext } from "./model.ts";
import { Oracle, type Outcome, type RunOptions } from "./oracle.ts";
import { type Ending, endingOf, expectNumbers, expectSame, isClose, take, thrownBy } from "./outcome.ts";
import type { TensorSession } from "./sessions.ts";
import { snapshot } from "./snapshot.ts";
import type { FuzzSubject } from "./subjects.ts";

/** A model under hooks. */
export type Hooked = HookedModule<readonly [Tensor], Tensor>;

/** Something that was prepared: one context, several that were composed, or hooks of the model itself. */
export interface Live {
  /** Absent for hooks of the model itself. */
  readonly hooked: Hooked | undefined;
  readonly session: TensorSession | undefined;
  readonly parts: readonly Part[];
  readonly end: () => void;
}

/** More than a run has moments at which a context can end. */
const MOMENTS = 60;

/** A model under random contexts, and what is known of it: hooks, tensors, outputs, captures. */
export class World {
  readonly subject: FuzzSubject;
  readonly oracle: Oracle;
  live: Live[] = [];
  readonly #bare: readonly number[];
  readonly #weights: string;
  readonly #properties: string;
  readonly #tensors: number;

  static async make(subject: FuzzSubject): Promise<World> {
    return new World(subject, take(await subject.directAsync()));
  }

  private constructor(subject: FuzzSubject, bare: readonly number[]) {
    this.subject = subject;
    this.oracle = new Oracle(subject.reference);
    this.#bare = bare;
    this.#weights = this.#readWeights();
    this.#properties = this.#readProperties();
    this.#tensors = memory().numTensors;
  }

  /** Parts that have not ended. */
  get parts(): readonly Part[] {
    return this.live.flatMap(({ parts }) => parts).filter(({ modelled }) => !modelled.hasEnded);
  }

  get contexts(): readonly ModelledContext[] {
    return this.parts.map(({ modelled }) => modelled);
  }

  /** A run must do what the oracle says: output or error, and, in {@link World.check}, captures and all the rest. */
  async expectRun(run: () => Tensor | Promise<Tensor>, options: RunOptions = {}): Promise<Ending> {
    const running = this.parts;
    const expected = this.oracle.run(this.contexts, options);
    const ending = await endingOf(run);
    this.expectEnding(ending, expected, running);
    return ending;
  }

  expectEnding(ending: Ending, expected: Outcome, running: readonly Part[]): void {
    expectSame("error", "error" in ending ? ending.error : undefined, expected.error);
    if ("output" in ending && expected.output !== undefined)
      expectNumbers("output", ending.output, expected.output);
    for (const part of running) expectUnfired(part, expected);
  }

  /** A run during which contexts end from outside: it goes on without them, from where it is. */
  async expectEnded(run: () => Promise<Ending>, contexts: readonly ModelledContext[]): Promise<void> {
    const before = this.parts;
    const moments = Array.from({ length: MOMENTS }, (_, i) => i);
    const ending = await run();
    const isLikely = (at: number): boolean => {
      for (const context of contexts) context.hasEnded = false;
      const restore = snapshot(before.map(({ modelled }) => modelled));
      const expected = this.oracle.run(
        before.map(({ modelled }) => modelled),
        { ending: { contexts, before: at } },
      );
      for (const context of contexts) context.hasEnded = true;
      const isSame =
        "error" in ending
          ? ending.error === expected.error
          : expected.output !== undefined && isClose(ending.output, expected.output);
      if (isSame && before.every((part) => captureFault(part) === undefined)) return true;
      restore();
      return false;
    };
    if (!moments.some(isLikely)) throw new Error(`no moment of the end explains ${JSON.stringify(ending)}`);
  }

  /** Hooks, tensors, captures and what has ended, after a step. */
  check(): void {
    const { parts } = this;
    for (const { parts: all } of this.live)
      for (const { isEnded, modelled } of all)
        expectSame("whether the context has ended", isEnded(), modelled.hasEnded);
    const hooks = parts.flatMap(({ modelled }) => modelled.groups).flatMap((group) => group.hooks);
    expectSame("hooks", countHooks(this.subject.model), hooks.filter(({ isRemoved }) => !isRemoved).length);
    for (const part of parts) {
      const fault = captureFault(part);
      if (fault !== undefined) throw new Error(fault);
    }
    const owned = parts.reduce((sum, part) => sum + tensorsOwned(part), 0);
    expectSame("tensors", memory().numTensors, this.#tensors + owned + this.subject.held.length);
  }

  /** Ends what is left; the model must be as it was, and compute what it did, to the last bit. */
  async end(): Promise<void> {
    while (this.live.length > 0) this.dispose(this.live.at(-1) as Live); // there is one
    for (const tensor of this.subject.held.splice(0)) tensor.dispose();
    this.check();
    expectSame("properties", this.#readProperties(), this.#properties);
    expectSame("weights", this.#readWeights(), this.#weights);
    expectSame("output", take(await this.subject.directAsync()), this.#bare);
    this.check();
  }

  /** Ends one, twice: the second time does nothing. */
  dispose(live: Live): void {
    const mayThrow = live.parts.some(({ modelled }) => modelled.throwsAtEnd && !modelled.hasEnded);
    expectSame("error of the end", thrownBy(live.end), mayThrow ? "cleanup" : undefined);
    for (const { modelled } of live.parts) modelled.hasEnded = true;
    this.check();
    expectSame("error of the second end", thrownBy(live.end), undefined);
    this.live = this.live.filter((other) => other !== live);
  }

  /** **Ownership:** returns owned. */
  direct(): Tensor {
    return tidy(() => this.subject.direct());
  }

  #readWeights(): string {
    return this.subject.weights.map((weight) => weight.dataSync().join()).join(";");
  }

  /** Own properties; of those that hooks change, the values. */
  #readProperties(): string {
    return this.subject.objects
      .map((object) => {
        const { hookSlot, op, category } = object as { hookSlot?: unknown; op?: unknown; category?: unknown };
        return [...Object.getOwnPropertyNames(object).sort(), hookSlot === null, op, category].join();
      })
      .join(";");
  }
}

function tensorsOwned({ modelled, cache, proxies, kept }: Part): number {
  if (modelled.hasEnded) return 0;
  const seen = proxies.reduce((sum, { real }) => sum + tensorsOf(real.all).length, 0);
  return tensorsOf(cache()).length + seen + kept;
}

/** How the captures of a context differ from what they should be. */
function captureFault({ modelled, cache, proxies }: Part): string | undefined {
  if (modelled.hasEnded) return undefined;
  const captures = cache();
  const fault = captures === undefined ? undefined : difference("captures", captures, modelled.captures);
  if (fault !== undefined) return fault;
  for (const { real, modelled: known } of proxies) {
    const seen = difference("a proxy", real.all, known.all);
    if (seen !== undefined) return seen;
  }
  return undefined;
}

function difference(
  what: string,
  found: TensorDict,
  expected: ReadonlyMap<string, readonly number[]>,
): string | undefined {
  const leaves = [...found.entries({ nested: true, leavesOnly: true })].map(
    ([key, value]) => [[key].flat().join(" "), value as Tensor] as const, // nothing else is captured
  );
  const keys = leaves.map(([key]) => key).sort();
  const wanted = [...expected.keys()].sort();
  if (keys.join() !== wanted.join()) return `${what}: keys [${keys.join()}] instead of [${wanted.join()}]`;
  for (const [key, tensor] of leaves) {
    const values = [...tensor.dataSync()];
    const known = expected.get(key) ?? [];
    if (!isClose(values, known))
      return `${what} ${key}: [${values.join(", ")}] instead of [${known.join(", ")}]`;
  }
  return undefined;
}

/** A hook's site that did not run is told; hooks added meanwhile are left out. */
function expectUnfired({ modelled, unfired, isEnded }: Part, { visited, tick }: Outcome): void {
  if (isEnded() || modelled.hasEnded) return;
  const hooks = modelled.groups.flatMap((group) => group.hooks);
  const sites = hooks.filter((hook) => hook.tick < tick && !hook.isRemoved).map(({ site }) => site);
  const found = unfired();
  if (found === undefined) return;
  for (const site of new Set(sites))
    expectSame(`whether ${site} has fired`, !found.includes(site), visited.has(site));
}
