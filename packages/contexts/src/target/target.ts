import {
  type Binding,
  BRINGS,
  type Hookable,
  type HookTarget,
  mountPart,
  resolveTarget,
  type Site,
} from "@hookdict/core";
import { nearestNames } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { literal } from "../capture/relative.ts";
import { checkTarget, type TargetData } from "./data.ts";
import { targetAbsent, targetJson, targetNoSite } from "./errors.ts";
import { axisOf, indicesOf, leafOf, replaced, selected, withLeaf } from "./select.ts";

/**
 * A part of a value, of its gradient or of a weight; see {@link target}. As a function it picks its site, so that it stands wherever a
 * pattern does.
 */
export interface Target {
  (site: Site): boolean;
  readonly data: TargetData;
  /** Path of the site that the part is while a context uses it: `mlp.units[1,2]`. */
  readonly path: string;
  /**
   * Checks the target against a model: its path, and what can be known of axis and indices before a run.
   *
   * @throws MatchError `TARGET_ABSENT`; ShapeError `TARGET_AXIS`, `TARGET_INDEX`
   */
  validate(model: Hookable): void;
  /** The chosen entries of a weight. **Ownership:** returns owned. @throws like `validate`; UsageError `TARGET_NO_SITE` for other kinds */
  read(model: Hookable): Tensor;
  /**
   * The chosen entries of a value, or of a weight's tensor. **Ownership:** borrows; the result belongs to the scope.
   *
   * @param axes What its axes are called, for a target that names one. Default the site's own, unknown here.
   * @throws ShapeError `TARGET_OUTPUT`, `TARGET_AXIS`, `TARGET_INDEX`
   */
  select(value: unknown, axes?: readonly string[]): Tensor;
  /** The value with others in the place of the chosen entries; its structure stays. **Ownership:** as there. @throws as there */
  replace(value: unknown, part: Tensor, axes?: readonly string[]): unknown;
  toJSON(): TargetData;
}

/**
 * A target from plain data: some entries of one axis of what passes a site, or of a weight. Wherever a context takes a pattern, it takes a
 * target, and sees the chosen entries alone; what it puts in their place leaves the others as they are.
 *
 * @throws UsageError `TARGET_INVALID`
 * @example
 * const units = target({ path: "mlp.hook_post", kind: "activation", axis: -1, indices: [1, 2] });
 * units.path; // => "mlp.hook_post.units[1,2]"
 * parseTarget(JSON.stringify(units)).data; // => { path: "mlp.hook_post", kind: "activation", axis: -1, indices: [1, 2] }
 */
export function target(data: TargetData): Target {
  const own = checkTarget(data);
  const path = `${own.path}.${nameOf(own)}`;
  const pick = (site: Site): boolean => site.path === path;
  const made = Object.assign(pick, {
    data: own,
    path,
    validate: (model: Hookable) => void check(own, resolveTarget(model)),
    read: (model: Hookable) => {
      const weight = check(own, resolveTarget(model));
      if (weight === undefined) throw targetNoSite(own.path);
      return selected(own, undefined, weight);
    },
    select: (value: unknown, axes?: readonly string[]) =>
      selected(own, axes, leafOf(own.path, value, own.output)),
    replace: (value: unknown, part: Tensor, axes?: readonly string[]) =>
      withLeaf(value, own.output ?? [], replaced(own, axes, leafOf(own.path, value, own.output), part)),
    toJSON: () => own,
  });
  Object.defineProperty(made, "name", { value: path });
  Object.defineProperty(made, BRINGS, {
    value: {
      open: (owner: Binding) => open(owner, own, path),
      below: (root: string) => target({ ...own, path: `${root}.${own.path}` }),
    },
  });
  return made;
}

/** Whether a pattern is a target. */
export function isTarget(pattern: unknown): pattern is Target {
  return typeof pattern === "function" && BRINGS in pattern && "data" in pattern;
}

/** A target from JSON. @throws UsageError `TARGET_JSON`, `TARGET_INVALID` */
export function parseTarget(json: string): Target {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (error) {
    throw targetJson(error);
  }
  return target(data as TargetData); // checked there
}

function nameOf({ axis, indices, output = [], passes }: TargetData): string {
  const where = axis === -1 ? "units" : `axis${String(axis)}`;
  const rest = [...output.map(String), ...(passes === undefined ? [] : [`pass${passes.join(",")}`])];
  return `${[where, ...rest].join("_").replace(/[./#]/g, "_")}[${indices.join(",")}]`;
}

/** The weight that a target names; `undefined` where it names a site. */
function check(data: TargetData, model: HookTarget): Tensor | undefined {
  const isWeight = data.kind === "parameter";
  const known = isWeight ? model.weights() : model.sites();
  const found = known.find(({ path, aliases }) => path === data.path || aliases?.includes(data.path));
  if (found === undefined) {
    const paths = known.map(({ path }) => path);
    throw targetAbsent(data.path, isWeight ? "weight" : "site", nearestNames(data.path, paths));
  }
  if (!isWeight) {
    if (found.axes !== undefined || typeof data.axis === "string")
      axisOf(data, found.axes, found.axes?.length ?? 0);
    return undefined;
  }
  const { tensor } = model.weights().find(({ path }) => path === found.path) ?? {};
  if (tensor === undefined) return undefined;
  indicesOf(data, tensor.shape[axisOf(data, undefined, tensor.rank)] ?? 0);
  return tensor;
}

/** Makes the part a site of the owner's model. @throws like `validate`; UsageError `TARGET_NO_SITE` */
function open(owner: Binding, data: TargetData, path: string): void {
  if (data.kind === "parameter") throw targetNoSite(data.path);
  check(data, owner.target);
  const [whole] = owner.sites(literal(data.path));
  if (whole === undefined) return; // `check` has found it
  const { output, passes } = data;
  const segments = [...whole.segments, path.slice(data.path.length + 1)];
  const { kind, type, axes } = whole; // its other paths lead to the whole alone
  const site: Site = { path, segments, kind, type, ...(axes !== undefined && { axes }) };
  mountPart(owner, {
    site,
    of: whole.path,
    passes,
    refusal: (direction) =>
      data.kind === "gradient" && !direction.startsWith("bwd")
        ? "is a target of the kind gradient: bwd_pre sees that of the output, bwd that of the inputs"
        : undefined,
    take: (value) => selected(data, axes, leafOf(whole.path, value, output)),
    put: (value, part) =>
      withLeaf(value, output ?? [], replaced(data, axes, leafOf(whole.path, value, output), part as Tensor)), // of the part's shape, checked
  });
}
