import { Binding } from "./binding.ts";
import type { Direction } from "../hooks/direction.ts";
import { isDirection, DIRECTIONS } from "../hooks/direction.ts";
import type { HookEntry } from "../hooks/entry.ts";
import { unknownDirection } from "../hooks/errors.ts";
import { removeEntry } from "../hooks/handle.ts";
import type { HookKind } from "../hooks/hook.ts";
import { checkArgument, checkOptionNames, undoAll } from "@hookdict/tensordict";
import { compilePattern, type Pattern } from "../sites/pattern.ts";
import type { Site } from "../sites/site.ts";
import { resolveTarget } from "../targets/resolve.ts";
import type { Hookable } from "../targets/target.ts";

/** A hook that stands on a model. */
export interface RegisteredHook {
  readonly site: Site;
  readonly direction: Direction;
  readonly kind: HookKind;
  /** Name of the context or manager that registered it. */
  readonly owner: string;
  /** Name of its function; empty for one without. */
  readonly function: string;
  /** Whether it belongs to the model and no context: a `MultiHookManager` has registered it. */
  readonly isPermanent: boolean;
}

/** Which hooks: those that all the given options fit. */
export interface HookFilter {
  /** Name of the owner. */
  readonly owner?: string;
  /** Sites; a pattern that matches none gives none. */
  readonly sites?: Pattern;
  readonly direction?: Direction;
}

/**
 * The hooks on a model, of all owners, in the order of registration.
 *
 * @throws UsageError `MODEL_NOT_HOOKABLE`, `DIRECTION_UNKNOWN`, `PATTERN_INVALID`
 * @example
 * class Model extends Module {
 *   readonly hook_a = new HookPoint();
 *   override forward(x: number): number { return this.hook_a.call(x); }
 * }
 * const model = new Model();
 * new MultiHookManager(model, { name: "mine" }).register("hook_a", "fwd", function look() {});
 * listHooks(model).map((hook) => [hook.site.path, hook.direction, hook.owner, hook.function]); // => [["hook_a", "fwd", "mine", "look"]]
 */
export function listHooks(model: Hookable, filter: HookFilter = {}): readonly RegisteredHook[] {
  return entriesOf("listHooks", model, filter).map(({ site, direction, kind, owner, terms }) => ({
    site,
    direction,
    kind,
    owner: owner.name,
    function: terms.name,
    isPermanent: owner.isPermanent,
  }));
}

/** Whether a hook that the filter fits stands on the model. @throws as `listHooks` */
export function hasHooks(model: Hookable, filter: HookFilter = {}): boolean {
  return entriesOf("hasHooks", model, filter).length > 0;
}

/**
 * Removes hooks whose handles were lost: those of contexts and, on request, permanent ones. The contexts themselves go
 * on. Gives how many were removed.
 *
 * @throws as `listHooks`; the first error of a listener, once all are removed.
 */
export function removeHooks(
  model: Hookable,
  options: HookFilter & { readonly permanent?: boolean } = {},
): number {
  checkOptionNames("removeHooks", options, [...FILTERS, "permanent"]);
  const { permanent = false, ...filter } = options;
  checkArgument("removeHooks", "permanent", permanent, "true or false");
  const gone = entriesOf("removeHooks", model, filter).filter(({ owner }) => permanent || !owner.isPermanent);
  try {
    undoAll(gone, removeEntry);
  } finally {
    // A model without hooks is bare: nobody else ends the owners of permanent ones.
    for (const owner of new Set(gone.map((entry) => entry.owner)))
      if (owner.isPermanent && owner instanceof Binding && owner.entries.length === 0) owner.dispose();
  }
  return gone.length;
}

const FILTERS = ["owner", "sites", "direction"];

function entriesOf(action: string, model: Hookable, filter: HookFilter): readonly HookEntry[] {
  checkOptionNames(action, filter, FILTERS);
  const { owner, sites, direction } = filter;
  checkArgument(action, "owner", owner, "text?");
  if (direction !== undefined && !isDirection(direction)) throw unknownDirection(direction, DIRECTIONS);
  const matcher = sites === undefined ? undefined : compilePattern(sites);
  return [...resolveTarget(model).entries].filter(
    (entry) =>
      (owner === undefined || entry.owner.name === owner) &&
      (direction === undefined || entry.direction === direction) &&
      (matcher === undefined || matcher.matches(entry.site)),
  );
}
