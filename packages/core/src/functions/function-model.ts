import { badDeclaration, badSiteName, functionReturnedPromise, type SiteNameFault } from "./errors.ts";
import type { HookSlot } from "../hooks/slot.ts";
import { describeValue, showAsText, tensorsOf } from "@hookdict/tensordict";
import { noteMade } from "@hookdict/tensordict/tensors";
import { formatPath, parsePath } from "../sites/path.ts";
import type { Site } from "../sites/site.ts";
import { formatModel } from "../targets/format.ts";
import type { Hookable, HookTarget } from "../targets/target.ts";
import { FUNCTION_MODEL, isFunctionModel } from "./brand.ts";
import { FunctionTarget } from "./function-target.ts";
import type { FunctionNode, FunctionPlace } from "./place.ts";
import { runningModel, whileRunning } from "./running.ts";

/** What a function model says of the places inside it. */
export type SiteDeclarations = Readonly<Record<string, readonly string[] | FunctionModel<never> | null>>;

/**
 * A function under hooks: what {@link hookFunction} makes. Its sites are the values that the function names with
 * {@link site}, and the function models that it calls, with theirs below them.
 */
export class FunctionModel<A extends readonly unknown[] = readonly unknown[], O = unknown>
  implements Hookable<A, O, FunctionModel<A, O>>, FunctionNode
{
  static {
    Object.defineProperty(FunctionModel.prototype, FUNCTION_MODEL, { value: true });
    showAsText(this);
  }

  readonly name: string;
  /** @internal Hooks on the function as a whole; `null` while there are none. */
  hookSlot: HookSlot | null = null;
  readonly #fn: (...inputs: A) => O;
  readonly #places = new Map<string, FunctionPlace | FunctionNode>();
  readonly #names = new Map<FunctionNode, string>();
  readonly #target: FunctionTarget<A, O, FunctionModel<A, O>>;
  #hasRun = false;

  /** @internal */
  constructor(
    fn: (...inputs: A) => O,
    name: string,
    sites: SiteDeclarations,
    refuses?: Readonly<Record<string, string>>,
  ) {
    this.#fn = fn;
    this.name = name;
    this.#target = new FunctionTarget(this, refuses);
    for (const [declared, what] of Object.entries(sites)) this.#declare(declared, what);
  }

  /**
   * Runs the function with its hooks.
   *
   * **Ownership:** borrows the inputs; the result belongs to the caller's scope.
   *
   * @throws UsageError `FUNCTION_ASYNC`, `FUNCTION_SITE_NAME`; HookError, ShapeError, LifetimeError `RUN_STOPPED`.
   */
  call(...inputs: A): O {
    runningModel()?.adopt(this);
    const slot = this.hookSlot;
    const run = (...given: readonly unknown[]): unknown => this.#run(given as A); // likewise
    let output: unknown;
    if (slot === null) noteMade((output = run(...inputs)));
    else output = whileRunning(undefined, () => slot.run(inputs, run));
    return output as O; // hooks keep the structure
  }

  /** The function's sites, and who has which hooks there, in at most one screen. */
  toString(): string {
    if (!this.isKnown) return `${this.name}: its sites are known after a run`;
    return formatModel(this.#target);
  }

  /**
   * Runs the function once to learn its sites, and returns all that are known.
   *
   * **Ownership:** borrows the inputs; the outputs are freed.
   */
  discover(...inputs: A): readonly Site[] {
    for (const tensor of tensorsOf(this.#target.call(inputs))) tensor.dispose();
    return this.#target.sites();
  }

  hookTarget(): HookTarget<A, O, FunctionModel<A, O>> {
    return this.#target;
  }

  /** @internal Whether the sites can be told: the function has run, or some are declared. */
  get isKnown(): boolean {
    return this.#hasRun || this.#places.size > 0;
  }

  /** @internal Values and function models inside, by name, in the order in which they were declared or first met. */
  get places(): ReadonlyMap<string, FunctionPlace | FunctionNode> {
    return this.#places;
  }

  /** @internal The place of a named value. @throws UsageError `FUNCTION_SITE_NAME`, `PATH_EMPTY` */
  place(name: string, axes?: readonly string[]): FunctionPlace {
    const known = this.#places.get(name) ?? this.#places.get(this.#canonical(name));
    if (known === undefined) {
      const made: FunctionPlace = { hookSlot: null, axes };
      this.#places.set(this.#canonical(name), made);
      return made;
    }
    if (isFunctionModel(known)) throw badSiteName(this.name, name, { kind: "taken", by: "function" });
    known.axes ??= axes;
    return known;
  }

  /** @internal Takes note of a function model that is called inside. @throws UsageError `FUNCTION_SITE_NAME` */
  adopt(inner: FunctionNode, as: string = inner.name): void {
    if (inner === this || this.#names.has(inner)) return;
    const name = this.#canonical(as);
    const known = this.#places.get(name);
    if (known !== undefined) {
      const by: SiteNameFault = { kind: "taken", by: isFunctionModel(known) ? "function" : "site" };
      throw badSiteName(this.name, as, by);
    }
    this.#names.set(inner, name);
    this.#places.set(name, inner);
  }

  #declare(name: string, what: unknown): void {
    if (isFunctionModel(what)) this.adopt(what, name);
    else if (what === null) this.place(name);
    else if (isAxes(what)) this.place(name, what);
    else throw badDeclaration(this.name, name, describeValue(what));
  }

  #canonical(name: string): string {
    if (/#\d+$/.test(name)) throw badSiteName(this.name, name, { kind: "repeat" });
    return formatPath(parsePath(name));
  }

  #run(inputs: A): O {
    const output = whileRunning(this, () => this.#fn(...inputs));
    if (output instanceof Promise) {
      output.catch(() => undefined); // reported below; a rejection must not end the process
      throw functionReturnedPromise(this.name);
    }
    this.#hasRun = true;
    return output;
  }
}

function isAxes(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((axis) => typeof axis === "string");
}
