import { check } from "../checks/checked.ts";
import { byName, either, fields, listOf, maybe, numbers, string, type Fit } from "../checks/fit.ts";
import { TITLES, ITEM } from "../checks/shapes.ts";
import { type Hookable, listHooks, resolveTarget, type Site } from "@hookdict/core";
import type { Tree, TreeItem } from "../blocks/tree.ts";
import { describe } from "../description/describe.ts";
import type { Description } from "../description/types.ts";
import { type Titles, titlesOf } from "./view.ts";

/** Sites, and what stands on them. */
export interface TreeData extends Titles {
  readonly items: readonly TreeItem[];
}

/**
 * The sites of a model as a tree, with their hooks.
 *
 * @throws ViewError `VIEW_DATA`
 * @example
 * tree({ items: [{ path: "blocks.0.hook_z", type: "HookPoint", hooks: [] }] }).blocks[0].block; // => "tree"
 */
function draw(data: TreeData): Description {
  check("tree", data, fields({ ...TITLES, items: listOf(ITEM) }));
  const block: Tree = { block: "tree", id: "sites", items: data.items };
  return describe({ view: "tree", ...titlesOf(data, "Sites"), axes: [], blocks: [block] });
}

const OPTIONS: Fit = fields({
  ...TITLES,
  shapes: maybe(byName(numbers)),
  unfired: maybe(listOf(either(fields({ path: string }), string))),
});

/** What is known of the sites besides their names. */
export interface TreeOptions extends Titles {
  /** Shape of the last value, by path: what `scan` of `@hookdict/contexts` tells. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Sites whose hooks never fired in the last run: `hooked.unfired`. */
  readonly unfired?: readonly (Site | string)[];
}

/**
 * Data of a model under hooks, its own or those of contexts.
 *
 * @throws UsageError `MODEL_NOT_HOOKABLE`
 */
function read(model: Hookable, options: TreeOptions = {}): TreeData {
  check("tree.read", options, OPTIONS);
  const { shapes = {}, unfired, ...titles } = options;
  const silent =
    unfired === undefined
      ? undefined
      : new Set(unfired.map((each) => (typeof each === "string" ? each : each.path)));
  const hooks = new Map<string, string[]>();
  for (const { site, direction, owner, function: name } of listHooks(model)) {
    const told = `${direction} ${owner}${name === "" ? "" : ` ${name}`}`;
    hooks.set(site.path, [...(hooks.get(site.path) ?? []), told]);
  }
  const items = resolveTarget(model)
    .sites()
    .map(({ path, type }): TreeItem => {
      const shape = Object.hasOwn(shapes, path) ? shapes[path] : undefined;
      return {
        path,
        type,
        hooks: hooks.get(path) ?? [],
        ...(shape !== undefined && { shape }),
        ...(silent !== undefined && { fired: !silent.has(path) }),
      };
    });
  return { ...titles, items };
}

/** The sites of a model as a tree. */
export const tree: typeof draw & { readonly read: typeof read } = Object.assign(draw, { read });
