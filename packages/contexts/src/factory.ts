import { checkArgument, checkOptionNames, isEndless, jsonText, typeName } from "@hookdict/tensordict";
import {
  Binding,
  type Hookable,
  HookedModule,
  type HookEvents,
  resolveTarget,
  type Unmatched,
} from "@hookdict/core";
import { headline, showAsText } from "@hookdict/tensordict";
import { HookingContext } from "./context.ts";
import { type Plan, planOf } from "./plan/plan.ts";
import type { Shapes } from "./plan/scan.ts";

/** Options of {@link HookingContextFactory.prepare}. */
export interface PrepareOptions {
  /** What to do about a pattern that matches nothing: default `"error"`; `"warn"` emits the event `unmatched`. */
  readonly unmatched?: Unmatched;
  /** Owner of which the context becomes a part, ending and sleeping with it: for factories made of factories. */
  readonly parent?: Binding;
  /** Called with the context's events before the first hook is registered. */
  readonly listen?: (events: HookEvents) => void;
}

/** What a factory is, as plain data: equal descriptions, equal factories. */
export interface FactoryDescription {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * A description of hooks. It touches no model, and can be prepared on any number of models and times.
 *
 * A subclass fills in {@link HookingContextFactory.describe} and {@link HookingContextFactory.setUp}, and
 * {@link HookingContextFactory.createContext} when its context holds something of its own.
 *
 * @example
 * class CountCalls extends HookingContextFactory {
 *   count = 0;
 *   override describe() { return { name: "CountCalls", options: {} }; }
 *   protected override setUp(context: HookingContext) {
 *     context.hook("*", "fwd", { kind: "observe", run: () => this.count++ });
 *   }
 * }
 */
export abstract class HookingContextFactory<C extends HookingContext = HookingContext> {
  static {
    showAsText(this);
  }

  /** The factory's name and options, for printing and comparing. */
  abstract describe(): FactoryDescription;

  /**
   * Registers the hooks. Called once in each `prepare`, with a fresh context; it must not run the model. If it throws,
   * everything that it registered is undone.
   */
  protected abstract setUp(context: C): void;

  /** Makes the context that `setUp` receives. The default suits factories without state per model. */
  protected createContext(binding: Binding, options: PrepareOptions): C {
    return new HookingContext(binding, options.unmatched) as C; // the default of the type parameter
  }

  /**
   * Binds the factory to a model: resolves the patterns, registers the hooks, and returns the model ready to be called.
   * A hooked module may be prepared again: the new context sits on top of the old one.
   *
   * @throws MatchError for a pattern that matches nothing; UsageError `MODEL_NOT_HOOKABLE`; whatever `setUp` throws,
   * after everything is undone, with errors of the undoing attached (`SuppressedError`).
   */
  prepare<A extends readonly unknown[], O, M>(
    model: Hookable<A, O, M>,
    options: PrepareOptions = {},
  ): HookedModule<A, O, C, M> {
    checkPrepare("prepare", options);
    const target = resolveTarget(model);
    const binding = new Binding(target, this.describe().name, {
      describe: () => this.toString(),
      parent: options.parent,
    });
    try {
      options.listen?.(binding.events);
      const context = this.createContext(binding, options);
      this.setUp(context);
      return new HookedModule(target, context);
    } catch (error) {
      binding.dispose(error);
      throw error;
    }
  }

  /**
   * What `prepare` would do to a model: sites, directions, passes and, when the shapes are known, bytes. The model is not
   * run, and is afterwards as before.
   *
   * @param options.shapes What passes the sites, from `scan(model, ...inputs)`.
   * @throws like `prepare`.
   */
  plan(model: Hookable, options: PrepareOptions & { readonly shapes?: Shapes } = {}): Plan {
    checkPrepare("plan", options, ["shapes"]);
    checkArgument("plan", "shapes", options.shapes, "a record?");
    const target = resolveTarget(model);
    const { entries, name } = target;
    const before = new Set(entries);
    const { shapes, ...prepare } = options;
    using hooked = this.prepare(model, prepare);
    const added = [...entries].filter((entry) => !before.has(entry));
    const stopsEarly = target.stopsFor(hooked.context.binding);
    return planOf({ factory: this.toString(), model: name, stopsEarly }, added, hooked.sites, shapes);
  }

  /**
   * Why this factory and another cannot stand on one model at the same time; `undefined` when they can, which is so
   * unless a factory says otherwise. Asked by `compose`, both ways.
   */
  conflict(_other: HookingContextFactory<HookingContext>): string | undefined {
    return undefined;
  }

  /** Whether the other factory describes the same hooks. Functions, tensors and caches are equal to themselves only. */
  equals(other: HookingContextFactory<HookingContext>): boolean {
    checkFactory("equals", other);
    return isSame(this.meaning, other.meaning);
  }

  /** What two factories are compared by. Default their descriptions. */
  protected get meaning(): FactoryDescription {
    return this.describe();
  }

  /** One line, cut where it is long: `ActivationCaching(pattern: "blocks.*", passes: "all")`. */
  toString(): string {
    const { name, options } = this.describe();
    const parts = Object.entries(options)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}: ${show(value)}`);
    return headline(`${name}(${parts.join(", ")})`);
  }
}

/** @throws UsageError `ARGUMENT_INVALID` for what plain JavaScript may give as options */
function checkPrepare(owner: string, options: PrepareOptions, more: readonly string[] = []): void {
  checkOptionNames(owner, options, ["unmatched", "parent", "listen", ...more]);
  checkArgument(owner, "parent", options.parent, "a record?");
  checkArgument(owner, "listen", options.listen, "a function?");
}

/** @throws UsageError `ARGUMENT_INVALID` for what is no factory */
export function checkFactory(owner: string, other: unknown): void {
  checkArgument(owner, "other", other, "a record");
  for (const method of ["describe", "conflict"])
    checkArgument(owner, `other.${method}`, Reflect.get(other as object, method), "a function"); // just checked
}

/** Whether two descriptions are the same, to the bottom of lists and plain records. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => isSame(item, b[i]));
  if (!isRecord(a) || !isRecord(b)) return Object.is(a, b);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => isSame(a[key], b[key]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function show(value: unknown): string {
  if (typeof value === "function") return value.name === "" ? "(function)" : `(function ${value.name})`;
  if (isEndless(value)) return "(endless)";
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (isRecord(value))
    return `{${Object.entries(value)
      .map(([key, part]) => `${JSON.stringify(key)}:${show(part)}`)
      .join(",")}}`;
  if (typeof value === "object" && value !== null) return `(${typeName(value)})`;
  return jsonText(value);
}
