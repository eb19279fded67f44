import { Binding, type Hookable, type HookTarget, resolveTarget } from "@hookdict/core";
import { counted, checkArgument, checkOptionNames, joinErrors, showAsText } from "@hookdict/tensordict";
import { type BatchAxes, checkAxes } from "./batch/axis.ts";
import { nextEpoch } from "./epoch.ts";
import type { TraceBody } from "./invoke.ts";
import { noteNeeds } from "./needs.ts";
import { cacheInEdit } from "./errors.ts";
import { Coroutine } from "./run/coroutine.ts";
import { Queue } from "./run/queue.ts";
import { Scheduler } from "./run/scheduler.ts";
import { SiteStates } from "./run/site-states.ts";
import { type HookHost, hookSites } from "./site-hooks.ts";
import { Tracer } from "./tracer.ts";
import { positionsUnknown } from "./batch/errors.ts";

/** Options of {@link edit} and {@link editInPlace}. */
export interface EditOptions {
  /** For messages. Default `"edit"`. */
  readonly name?: string;
  readonly batchAxes?: BatchAxes;
}

/**
 * A body that is part of a model from now on: it runs in each of the model's runs, before the bodies of traces, and sees the
 * whole batch. What it waits for and does not come changes nothing.
 */
export class Edit implements Disposable {
  static {
    showAsText(this, ({ name }) => `Edit ${JSON.stringify(name)}`);
  }

  readonly name: string;
  readonly #binding: Binding;
  readonly #states: SiteStates;
  readonly #body: TraceBody<unknown>;
  readonly #isAwake: () => boolean;
  readonly #host: HookHost;

  /** @internal */
  constructor(model: Hookable, body: TraceBody<unknown>, options: EditOptions, isAwake: () => boolean) {
    checkOptionNames("edit", options, ["name", "batchAxes"]);
    checkArgument("edit", "name", options.name, "text?");
    if (options.batchAxes !== undefined) checkAxes(options.batchAxes);
    checkArgument("edit", "body", body, "a function");
    const target = resolveTarget(model);
    this.name = options.name ?? "edit";
    this.#body = body;
    this.#isAwake = isAwake;
    this.#states = SiteStates.of(target, options.batchAxes);
    this.#binding = new Binding(target, this.name);
    this.#host = {
      binding: this.#binding,
      states: this.#states,
      scheduler: undefined,
      canStop: () => false,
    };
    hookSites(this.#host, "pre", this.#states.hookable);
    noteNeeds(this.#binding, () => this.#host.scheduler?.isIdle === false);
    this.#binding.onRunStart(() => this.#begin(target));
    this.#binding.onRunEnd(() => this.#end());
  }

  #begin(target: HookTarget): void {
    if (!this.#isAwake()) return;
    const queue = new Queue();
    const body = new Coroutine(0, this, undefined, target, queue);
    const sites = this.#states;
    const parts = { target, sites, batch: { total: 0 }, epoch: nextEpoch(), invokes: 1, isWhole: false };
    const scheduler = new Scheduler(parts, [body], queue);
    this.#host.scheduler = scheduler;
    scheduler.beginStep(0);
    scheduler.start(() => this.#body(new Tracer(this.#accessOf(body, target))));
  }

  #end(): void {
    const { scheduler } = this.#host;
    this.#host.scheduler = undefined;
    if (scheduler === undefined) return;
    const [first, ...more] = scheduler.cancel();
    for (const body of scheduler.bodies) body.free();
    if (first !== undefined) throw joinErrors([first, ...more]);
  }

  #accessOf(body: Coroutine, target: HookTarget): ConstructorParameters<typeof Tracer>[0] {
    return {
      name: this.name,
      rows: () => 0,
      step: () => 0,
      site: (path) => this.#states.require(path, this),
      steps: () => 1,
      save: (value) => value,
      cache: () => {
        throw cacheInEdit(body.name);
      },
      pos: () => {
        throw positionsUnknown(body.name);
      },
      hooked: (fn) => target.hooked(fn),
    };
  }

  /** Takes the edit off the model. Twice is nothing. */
  dispose(): void {
    this.#binding.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

const EDITED = Symbol.for("@hookdict/edited");

/**
 * A model with edits that are its own: they run when it is called, traced or prepared through this, and the model itself is
 * as before.
 */
export class EditedModel<A extends readonly unknown[] = readonly unknown[], O = unknown, M = unknown>
  implements Hookable<A, O, M>, Disposable
{
  static {
    showAsText(this, (edited) => `EditedModel with ${counted(edited.#edits.length, "edit")}`);
  }

  static {
    Object.defineProperty(EditedModel.prototype, EDITED, { value: true });
  }

  readonly #model: Hookable<A, O, M>;
  readonly #edits: Edit[] = [];
  #depth = 0;

  /** @internal */
  constructor(model: Hookable<A, O, M>) {
    this.#model = model;
  }

  /** Adds an edit, which runs after those that are there. */
  edit(body: TraceBody<unknown>, options: EditOptions = {}): this {
    const made = new Edit(this.#model, body, options, () => this.#depth > 0); // any arguments
    this.#edits.push(made);
    return this;
  }

  /** Runs `fn`, in which the model is edited. */
  during<T>(fn: () => T): T {
    checkArgument("during", "fn", fn, "a function");
    this.#depth++;
    let isPending = false;
    const leave = (): void => void this.#depth--;
    try {
      const result = fn();
      isPending = result instanceof Promise;
      return result instanceof Promise ? (result.finally(leave) as T) : result; // a promise of the same
    } finally {
      if (!isPending) leave();
    }
  }

  /** Runs the edited model. **Ownership:** borrows the arguments; returns owned. */
  call(...args: A): O {
    return this.during(() => this.#model.hookTarget().call(args));
  }

  /** Takes all edits off. */
  clear(): void {
    for (const made of this.#edits.splice(0).reverse()) made.dispose();
  }

  hookTarget(): HookTarget<A, O, M> {
    return this.#model.hookTarget();
  }

  dispose(): void {
    this.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** The edited model that something is; `undefined` for any other. */
export function editedModel(model: unknown): EditedModel | undefined {
  const isEdited = typeof model === "object" && model !== null && EDITED in model;
  return isEdited ? (model as unknown as EditedModel) : undefined; // the brand says so
}

/**
 * An edited model, which leaves the model itself as it is: openTrace, and `call`, take it.
 *
 * @example
 * const double = new HookPoint();
 * using edited = edit(double, function* (t) {});
 * edited.call(tf.scalar(1)).dataSync()[0]; // => 1
 */
export function edit<A extends readonly unknown[], O, M>(
  model: Hookable<A, O, M>,
  body: TraceBody<unknown>,
  options: EditOptions = {},
): EditedModel<A, O, M> {
  return new EditedModel(model).edit(body, options);
}

/** Edits that were made in place, by model. */
const inPlace = new WeakMap<HookTarget, Edit[]>();

/** Makes a body part of the model itself, in all its runs, whoever runs it: also as a part of another model. */
export function editInPlace(model: Hookable, body: TraceBody<unknown>, options: EditOptions = {}): Edit {
  const made = new Edit(model, body, options, () => true);
  const target = resolveTarget(model);
  inPlace.set(target, [...(inPlace.get(target) ?? []), made]);
  return made;
}

/** Takes off all edits that were made in place on the model. */
export function clearEdits(model: Hookable): void {
  const target = resolveTarget(model);
  for (const made of [...(inPlace.get(target) ?? [])].reverse()) made.dispose();
  inPlace.delete(target);
}
