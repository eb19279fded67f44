import type { Tensor } from "@tensorflow/tfjs-core";
import type { SiteKind } from "../sites/site.ts";
import { checkArgument, checkOptionNames } from "@hookdict/tensordict";
import { noteMade } from "@hookdict/tensordict/tensors";
import { Module } from "./module.ts";

/**
 * Another form of a point's value, which hooks see and replace: heads apart, another layout. Only made while there are
 * hooks; a value that no hook has touched passes as it came. `axes` name the axes of the converted form.
 *
 * **Ownership:** both borrow, and what they make belongs to the run.
 */
export interface HookConversion<V = Tensor, C = Tensor> {
  to(value: V): C;
  /** @param original What the point was given. */
  from(converted: C, original: V): V;
}

/** Options of a {@link HookPoint}. */
export interface HookPointOptions {
  /** The form of the value that hooks see. Default the value itself. */
  readonly conversion?: HookConversion;
  /** Why nobody may put a hook here. Default everybody may. */
  readonly refuses?: string;
  /** Names of the value's axes, outermost first, such as `["batch", "pos", "head", "dHead"]`. */
  readonly axes?: readonly string[];
}

// A point gives back the very type that it is given, which `Module.call`, typed by `this`, cannot express.
const Base: abstract new () => Omit<Module, "call" | "forward"> = Module;

/**
 * The identity, as a place for hooks on an inner activation.
 *
 * @example
 * new HookPoint().call(5); // => 5
 */
export class HookPoint extends Base {
  readonly #axes: readonly string[] | undefined;
  readonly #conversion: HookConversion<unknown, unknown> | undefined;
  readonly #refuses: string | undefined;

  constructor(options: HookPointOptions = {}) {
    super();
    checkPoint(options);
    this.#conversion = options.conversion;
    this.#refuses = options.refuses;
    this.#axes = options.axes === undefined ? undefined : Object.freeze([...options.axes]);
  }

  override get axes(): readonly string[] | undefined {
    return this.#axes;
  }

  override get refusesHooks(): string | undefined {
    return this.#refuses;
  }

  override get siteKind(): SiteKind {
    return "point";
  }

  forward<T>(value: T): T {
    return value;
  }

  call<T>(value: T): T {
    const slot = this.hookSlot;
    noteMade(value); // also where a hook ends the run here, or puts something else in its place
    if (slot === null) return value;
    const conversion = this.#conversion;
    if (conversion === undefined) return slot.run([value], identity) as T; // hooks may not change the structure
    const given = conversion.to(value);
    noteMade(given);
    const passed = slot.run([given], identity);
    return passed === given ? value : (conversion.from(passed, value) as T); // its user says so
  }
}

/** @throws UsageError `ARGUMENT_INVALID` for what plain JavaScript may give */
function checkPoint(options: HookPointOptions): void {
  checkOptionNames("HookPoint", options, ["axes", "conversion", "refuses"]);
  checkArgument("HookPoint", "axes", options.axes, "a list of texts?");
  checkArgument("HookPoint", "refuses", options.refuses, "text?");
  const { conversion } = options;
  checkArgument("HookPoint", "conversion", conversion, "a record?");
  if (conversion === undefined) return;
  for (const name of ["to", "from"])
    checkArgument("HookPoint", `conversion.${name}`, Reflect.get(conversion, name), "a function");
}

function identity(value: unknown): unknown {
  return value;
}
