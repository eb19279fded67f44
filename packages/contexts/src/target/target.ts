import {
  type Hookable,
  HookPoint,
  Module,
  mountModule,
  Binding,
  type HookTarget,
  type Pattern,
  resolveTarget,
  type Site,
} from "@hookdict/core";
import { nearestNames } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { checkTarget, type TargetData } from "./data.ts";
import { targetAbsent, targetJson, targetNoSite } from "./errors.ts";
import { axisOf, indicesOf, leafOf, replaced, selected, withLeaf } from "./select.ts";

const TARGET = Symbol.for("@hookdict/target");

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
    toJSON: () => own,
  });
  Object.defineProperty(made, "name", { value: path });
  Object.defineProperty(made, TARGET, { value: true });
  return made;
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

/** The module whose point is the part. */
class Part extends Module {
  override forward(value: Tensor): Tensor {
    return value;
  }
}

/** Parts that contexts use on a model, by path: the first makes them, the last takes them off. */
const used = new WeakMap<HookTarget, Map<string, { readonly binding: Binding; count: number }>>();

/** Makes the parts that a pattern's targets are, as sites of the owner's model, until the owner ends. */
export function mountTargets(owner: Binding, pattern: Pattern): void {
  for (const each of targetsIn(pattern)) {
    const parts = used.get(owner.target) ?? new Map<string, { readonly binding: Binding; count: number }>();
    used.set(owner.target, parts);
    const part = parts.get(each.path) ?? { binding: mountPart(owner.target, each), count: 0 };
    parts.set(each.path, part);
    part.count++;
    owner.defer(() => {
      if (--part.count > 0) return;
      parts.delete(each.path);
      part.binding.dispose();
    });
  }
}

function targetsIn(pattern: Pattern): readonly Target[] {
  if (Array.isArray(pattern)) return (pattern as readonly Pattern[]).flatMap(targetsIn); // Array.isArray loses the type
  return typeof pattern === "function" && TARGET in pattern ? [pattern as unknown as Target] : [];
}

function mountPart(model: HookTarget, { data, path }: Target): Binding {
  if (data.kind === "parameter") throw targetNoSite(data.path);
  check(data, model);
  const binding = new Binding(model, path);
  try {
    const { output = [], passes } = data;
    const [site] = binding.sites(data.path);
    const point = new HookPoint(site?.axes === undefined ? {} : { axes: site.axes });
    const module = new Part();
    // A field of this name is what gives the part its path.
    Object.defineProperty(module, path.slice(data.path.length + 1), { value: point, enumerable: true });
    mountModule(binding, data.path, module);
    binding.hook<unknown>(data.path, "fwd", (value, info) => {
      if (passes !== undefined && !passes.includes(info.pass)) return undefined;
      if (point.hookSlot === null) return undefined;
      const leaf = leafOf(info.site, value, output);
      const given = selected(data, info.site.axes, leaf);
      const left = point.call(given);
      if (left === given) return undefined;
      return withLeaf(value, output, replaced(data, info.site.axes, leaf, left));
    });
    return binding;
  } catch (error) {
    binding.dispose();
    throw error;
  }
}
