import { counted, argumentInvalid, checkArgument, checkOptionNames, showAsText } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { CacheOptions } from "./cache/options.ts";
import type { TraceCache } from "./cache/cache.ts";
import { momentInvalid, stepsOutside, stepsUnreached } from "./run/errors.ts";
import { otherRequest, Refusal, type Request, siteRequest, wait, type Wait } from "./run/request.ts";
import { StopSignal } from "./run/coroutine.ts";
import type { Phase } from "./run/site-state.ts";
import type { BodyAccess } from "./run/access.ts";
import type { View } from "./view.ts";

/** Which visit of a site is meant. */
export interface SiteOptions {
  /** The step: the n-th run of the model within the trace. Default: the one that the body's latest `step` gave, at first 0. */
  readonly step?: number;
  /** The visit of the site within the step. Default 0. */
  readonly call?: number;
}

/** {@link SiteOptions} of a single tensor. */
export interface ViewOptions extends SiteOptions {
  /** Another shape to see it in. */
  readonly view?: View;
}

/** One tensor for each of several sites. */
export type TensorsOf<P extends readonly string[]> = { -readonly [K in keyof P]: Tensor };

/** A range of steps, `end` left out. */
export interface StepRange {
  /** Default 0. */
  readonly start?: number;
  /** Default: as far as the run goes. */
  readonly end?: number;
}

/**
 * What a body is given: everything it can wait for, and do, while the model runs. Every wait is delegated to with
 * `yield*`, and asks in the model's order.
 *
 * **Ownership:** what a body is given, and what it makes, is the trace's: it is freed when the run ends, but for what the
 * body returns or has saved.
 */
export class Tracer {
  static {
    showAsText(this, ({ name, rows }) => `Tracer of ${name}: ${counted(rows, "row")}`);
  }

  readonly #access: BodyAccess;

  /** @internal */
  constructor(access: BodyAccess) {
    this.#access = access;
  }

  /** Name of the body, for messages. */
  get name(): string {
    return this.#access.name;
  }

  /** How many rows of the batch are the body's. */
  get rows(): number {
    return this.#access.rows();
  }

  /**
   * The output of a site, or of several in the model's order: `yield* t.output("blocks.0.hook_resid_pre")`.
   *
   * **Ownership:** *borrowed*, until the run ends.
   *
   * @throws in the body: MatchError `TRACE_SITE`, `TRACE_NEVER_REACHED`; UsageError `TRACE_OUT_OF_ORDER`, `TRACE_INSIDE_SKIPPED`,
   * `TRACE_MOMENT`, `HOOKS_REFUSED`; ShapeError `TRACE_BATCH`.
   */
  output<const P extends readonly string[]>(sites: P, options?: SiteOptions): Wait<TensorsOf<P>>;
  output<V = Tensor>(site: string, options?: ViewOptions): Wait<V>;
  output(where: string | readonly string[], options: ViewOptions = NONE): Wait<unknown> {
    return typeof where === "string"
      ? this.#one(where, "output", options)
      : this.#each(where, "output", options);
  }

  /** The input of a site; its first, when it has several. **Ownership, errors:** as `output`. */
  input<const P extends readonly string[]>(sites: P, options?: SiteOptions): Wait<TensorsOf<P>>;
  input<V = Tensor>(site: string, options?: ViewOptions): Wait<V>;
  input(where: string | readonly string[], options: ViewOptions = NONE): Wait<unknown> {
    return typeof where === "string"
      ? this.#one(where, "input", options)
      : this.#each(where, "input", options);
  }

  /** All positional inputs of a site, as a tuple. **Ownership, errors:** as `output`. */
  *inputs<V extends readonly unknown[] = Tensor[]>(site: string, options: SiteOptions = NONE): Wait<V> {
    const value: unknown = yield* wait(this.#get(site, "input", options));
    return (Array.isArray(value) ? value : [value]) as unknown as V; // as the type parameter says
  }

  /**
   * Puts a value in place of a site's output, for the rows of the body's invoke. A number fills the output's shape.
   *
   * **Ownership:** borrows the value until the run ends.
   *
   * @throws in the body, besides what `output` throws: ShapeError `TRACE_SET_SHAPE`; UsageError `TRACE_SET_UNDEFINED`;
   * LifetimeError `TRACE_SET_DISPOSED`.
   */
  *set(site: string, value: unknown, options: ViewOptions = NONE): Wait<void> {
    yield* wait(this.#set(site, "output", viewedBack(value, options), options));
  }

  /** Puts a value in place of a site's input; of the first, when it has several. **Ownership, errors:** as `set`. */
  *setInput(site: string, value: unknown, options: ViewOptions = NONE): Wait<void> {
    const present: unknown = yield* wait(this.#get(site, "input", options));
    const back = viewedBack(value, options);
    const all = Array.isArray(present) ? [back, ...(present.slice(1) as readonly unknown[])] : back;
    yield* wait(this.#set(site, "input", back === undefined ? undefined : all, options));
  }

  /** Puts a tuple in place of all positional inputs of a site. **Ownership, errors:** as `set`. */
  *setInputs(site: string, values: readonly unknown[], options: SiteOptions = NONE): Wait<void> {
    const present: unknown = yield* wait(this.#get(site, "input", options));
    yield* wait(this.#set(site, "input", Array.isArray(present) ? values : values[0], options));
  }

  /**
   * Puts a value in place of a site's output before the site runs. It does not run, nor does anything inside it, unless
   * bodies with other rows of the batch need it: then these rows alone are replaced.
   *
   * **Ownership:** borrows the value until the run ends.
   *
   * @throws in the body, as `set`; ShapeError `TRACE_SKIP_ROWS`.
   */
  *skip(site: string, value: unknown, options: SiteOptions = NONE): Wait<void> {
    yield* wait(siteRequest("skip", this.#access.site(site), "input", this.#moment(options), value));
  }

  /**
   * The gradient of the losses with respect to a site's output, after `backward`. Sites are asked in the reverse order.
   *
   * **Ownership, errors:** as `output`; UsageError `TRACE_GRADIENTS_OFF`, `TRACE_GRADIENT_SITE`.
   */
  gradOutput<V = Tensor>(site: string, options: ViewOptions = NONE): Wait<V> {
    return this.#one(site, "gradOutput", options) as Wait<V>; // as the type parameter says
  }

  /** The gradient with respect to a site's input. **Ownership, errors:** as `gradOutput`. */
  gradInput<V = Tensor>(site: string, options: ViewOptions = NONE): Wait<V> {
    return this.#one(site, "gradInput", options) as Wait<V>; // as the type parameter says
  }

  /** Puts a value in place of a gradient, before it flows on through the site. **Ownership, errors:** as `set`, `gradOutput`. */
  *setGradOutput(site: string, value: unknown, options: ViewOptions = NONE): Wait<void> {
    yield* wait(this.#set(site, "gradOutput", viewedBack(value, options), options));
  }

  /**
   * Gives the body's loss, made of the result or of what it has read. The losses of all bodies are added up and
   * differentiated in one pass, which begins when all bodies have come as far as they can.
   *
   * @throws in the body: ShapeError `TRACE_LOSS`; UsageError `TRACE_GRADIENTS_OFF`, `TRACE_BACKWARD_LATE`.
   */
  *backward(loss: Tensor): Wait<void> {
    yield* wait(otherRequest({ kind: "backward", loss }));
  }

  /**
   * Waits for a step, a run of the whole model: gives its number, or `null` when the run of the trace ends before. What
   * the body asks for from then on is of that step.
   *
   * @throws in the body: UsageError `TRACE_MOMENT`
   */
  *step(step: number): Wait<number | null> {
    this.#check("step", step);
    return yield* wait<number | null>(otherRequest({ kind: "step", step }));
  }

  /**
   * Runs a body for each step of a range, and gives what it returned.
   *
   * @throws in the body: UsageError `TRACE_STEPS_UNREACHED` when the run ends before `end`; `TRACE_STEPS_RANGE`.
   */
  *steps<R>(range: StepRange, body: (step: number) => Wait<R>): Wait<R[]> {
    checkOptionNames("steps", range, ["start", "end"]);
    const { start = 0, end } = range;
    checkArgument("steps", "start", start, "a whole number, 0 or more");
    checkArgument("steps", "end", end, "a whole number, 0 or more?");
    checkArgument("steps", "body", body, "a function");
    if (end !== undefined && end < start) throw stepsOutside(this.name);
    const results: R[] = [];
    for (let at = start; at < (end ?? Infinity); at++) {
      const step = yield* this.step(at);
      if (step === null && end !== undefined) throw stepsUnreached(this.name, end, this.#access.steps());
      if (step === null) break;
      const waits: unknown = body(step);
      if (typeof waits !== "object" || waits === null || !(Symbol.iterator in waits))
        throw argumentInvalid("steps", "what its body gives", waits, "a generator function");
      results.push(yield* waits as Wait<R>); // just checked
    }
    return results;
  }

  /** What the model, or the function that runs it, returns. **Ownership:** as `output`. */
  *result<V = Tensor>(options: { readonly view?: View } = {}): Wait<V> {
    return viewed(yield* wait<unknown>(otherRequest({ kind: "result" })), options) as V; // as the type parameter says
  }

  /** Puts a value in place of what the model returns. **Ownership, errors:** as `set`. */
  *setResult(value: unknown): Wait<void> {
    yield* wait(otherRequest({ kind: "setResult", value }));
  }

  /** Ends the body here. The run ends, too, once nobody needs the rest: no body, cache or hook of others. */
  stop(): never {
    // oxlint-disable-next-line typescript/only-throw-error -- not an error: the scheduler takes it
    throw new StopSignal();
  }

  /** Lets tensors outlive the run: they are the trace's until it ends. **Ownership:** *borrowed*; see `Trace.take`. */
  save<V>(value: V): V {
    return this.#access.save(value) as V; // the same structure
  }

  /** Records what passes sites from now on, for the body's rows. See {@link TraceCache}. */
  cache(options: CacheOptions = {}): TraceCache {
    return this.#access.cache(options);
  }

  /**
   * The column of a token of the body's own input in the padded batch. Negative positions count from the end.
   *
   * @throws UsageError `TRACE_NOT_PADDED`, `TRACE_POSITION`
   */
  pos(position: number, row: number = 0): number {
    return this.#access.pos(position, row);
  }

  /** Runs `fn` with hooks of other owners awake. Without this, parts of the model that a body calls are bare. */
  hooked<T>(fn: () => T): T {
    return this.#access.hooked(fn);
  }

  *#one(site: string, phase: Phase, options: ViewOptions): Wait<unknown> {
    const value: unknown = yield this.#get(site, phase, options); // `wait`, without another generator for each value
    if (value instanceof Refusal) throw value.make();
    const first: unknown = phase === "input" && Array.isArray(value) ? value[0] : value;
    return viewed(first, options);
  }

  *#each(sites: readonly string[], phase: Phase, options: SiteOptions): Wait<unknown[]> {
    checkArgument(this.name, "site", sites, "a list of texts");
    const values: unknown[] = [];
    for (const site of sites) values.push(yield* this.#one(site, phase, options));
    return values;
  }

  #get(site: string, phase: Phase, options: SiteOptions): Request {
    return siteRequest("get", this.#access.site(site), phase, this.#moment(options), undefined);
  }

  #set(site: string, phase: Phase, value: unknown, options: SiteOptions): Request {
    return siteRequest("set", this.#access.site(site), phase, this.#moment(options), value);
  }

  #moment(options: SiteOptions): { readonly step: number; readonly call: number } {
    if (options !== NONE) checkArgument(this.name, "options", options, "a record");
    const { step = this.#access.step(), call = 0 } = options;
    this.#check("step", step);
    this.#check("call", call);
    return { step, call };
  }

  #check(what: string, value: unknown): void {
    if (!Number.isInteger(value) || (value as number) < 0) throw momentInvalid(this.name, what, value);
  }
}

/** No options. */
const NONE: ViewOptions = Object.freeze({});

/** The view among options. @throws UsageError `ARGUMENT_INVALID` for what plain JavaScript may give */
function viewOf(options: ViewOptions): View | undefined {
  if (options === NONE) return undefined;
  checkArgument("a body", "options", options, "a record");
  const { view } = options;
  if (view === undefined) return undefined;
  checkArgument("a body", "view", view, "a record");
  for (const name of ["to", "from"])
    checkArgument("a body", `view.${name}`, Reflect.get(view, name), "a function");
  return view;
}

function viewed(value: unknown, options: ViewOptions): unknown {
  const view = viewOf(options);
  return view === undefined ? value : view.to(value as Tensor); // a view is of a tensor
}

function viewedBack(value: unknown, options: ViewOptions): unknown {
  const view = viewOf(options);
  return view === undefined || value === undefined ? value : view.from(value as Tensor); // a view is of a tensor
}
