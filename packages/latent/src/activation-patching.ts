import {
  captureKey,
  type Direction,
  type HookFunction,
  type HookInfo,
  type HookTarget,
  type Site,
} from "@hookdict/core";
import { describeValue, isTensor, type TensorDict } from "@hookdict/tensordict";
import { share } from "@hookdict/tensordict/tensors";
import {
  axisSlice,
  type AxisSlice,
  axisSlices,
  type AxisSlices,
  type ContextClass,
  defineContext,
  type DefinedFactory,
  type HookingContext,
  option,
  refillerOf,
} from "@hookdict/contexts";
import { broadcastTo, concat, slice, type Tensor, tidy, where } from "@tensorflow/tfjs-core";
import { checkAxes, maskAt, type Place, presentAt } from "./axes.ts";
import { notOneTensor, sourceMissing, sourceRefilled, sourceShape } from "./errors.ts";

/**
 * Combines a site's value in the source with the value passing now. **Ownership:** borrows both; the result belongs
 * to the run.
 */
export type Patch = (site: Site, source: Tensor, target: Tensor) => Tensor;

/** Options of {@link ActivationPatching}. */
export interface ActivationPatchingOptions {
  /**
   * Captures of another run, by `[direction, path]`. *Borrowed*, and read when the site runs: not the cache of a context
   * that is awake on the same model, which each run empties and fills again. Take it first: `hooked.takeCache()`.
   */
  readonly source: TensorDict;
  /**
   * Patch only these positions (axis `pos`). Negative ones count from the end. In a generation they are positions of the
   * whole row: each is patched whenever it is computed, as far as the source goes.
   */
  readonly positions?: AxisSlice;
  /** Patch only these heads (axis `head`). */
  readonly heads?: AxisSlice;
  /** Patch only this part along any declared axes, such as `{ batch: 0, dest: { start: 2 } }`, as captures are sliced. */
  readonly slice?: AxisSlices;
  /** Replaces the default, which takes the source at the chosen places and the target elsewhere. */
  readonly patch?: Patch;
  /** Which value is patched, and read from the source. Default `"fwd"`. */
  readonly direction?: Direction;
}

/**
 * Puts values captured in one run in the place of another run's: activation patching, or causal tracing
 * (Vig et al. 2020, Meng et al. 2022; "interchange intervention", Geiger et al. 2021).
 *
 * A site that runs several passes in a run is patched each time from the capture of the same number.
 *
 * @example
 * using source = clean.takeCache(); // a cache that `clean` still fills would hold what this run computes
 * using patched = new ActivationPatching("blocks.2.hook_resid_pre", { source, positions: -1 }).prepare(model);
 * const logits = patched.call(corruptTokens);
 */
export const ActivationPatching: ContextClass<ActivationPatchingOptions, HookingContext> = defineContext({
  name: "ActivationPatching",
  options: {
    source: option.tensorDict().wants("a TensorDict, such as hooked.takeCache() returns").required(),
    positions: axisSlice,
    heads: axisSlice,
    slice: axisSlices.default({}),
    patch: option.fn<Patch>(),
    direction: option.direction().default("fwd"),
  },
  setUp(context, options, pattern) {
    const { source, positions, heads, patch, direction } = options;
    const at = {
      ...options.slice,
      ...(positions === undefined ? {} : { pos: positions }),
      ...(heads === undefined ? {} : { head: heads }),
    };
    const sites = context.sites(pattern);
    for (const site of sites) checkAxes(site, Object.keys(at));
    const { target } = context;
    const run: HookFunction<unknown> = (value, info) => {
      const present = tensorAt(value, info.site);
      const other = sourceOf(source, info, target);
      return patch === undefined ? mixed(info, other, present, at) : patch(info.site, other, present);
    };
    context.hook({ sites }, direction, { run });
  },
});

/** A description of what is patched; see the class of the same name. */
export type ActivationPatching = DefinedFactory<ActivationPatchingOptions, HookingContext>;

/** The source at the chosen places, the target elsewhere; nothing in a run that has none of the places. */
function mixed(place: Place, source: Tensor, target: Tensor, at: AxisSlices): Tensor | undefined {
  const { site } = place;
  const present = presentAt(place, target.shape, at);
  if (present === undefined) return undefined;
  return tidy(() => {
    const full = fit(site, "pos" in at ? sameRows(place, source, target) : source, target);
    const mask = maskAt(site, target.shape, present);
    return mask === undefined ? share(full) : where(mask, full, target);
  });
}

/** In a run of a series: the source's rows at the positions that the target has, and the target's where it ends before. */
function sameRows({ site, step, firstPosition }: Place, source: Tensor, target: Tensor): Tensor {
  const axis = site.axes?.indexOf("pos") ?? -1; // `checkAxes` has seen it
  const [length = 0, size = 0] = [source.shape[axis], target.shape[axis]];
  const isSeries = step !== undefined || firstPosition > 0;
  if (!isSeries || length === 1 || source.rank !== target.rank) return source;
  const cut = (of: Tensor, begin: number, rows: number): Tensor =>
    slice(
      of,
      of.shape.map((_, i) => (i === axis ? begin : 0)),
      of.shape.map((whole, i) => (i === axis ? rows : whole)),
    );
  const rows = Math.max(0, Math.min(size, length - firstPosition));
  if (rows === size) return cut(source, firstPosition, size);
  if (rows === 0) return target;
  const known = fit(site, cut(source, firstPosition, rows), cut(target, 0, rows));
  return concat([known, cut(target, rows, size - rows)], axis);
}

/** The value, which must be one tensor. */
function tensorAt(value: unknown, site: Site): Tensor {
  if (!isTensor(value)) throw notOneTensor(site, describeValue(value));
  return value;
}

function sourceOf(source: TensorDict, { site, direction, pass }: HookInfo, model: HookTarget): Tensor {
  const key = captureKey(direction, site.path, pass);
  const refiller = refillerOf(source, model, key);
  if (refiller !== undefined) throw sourceRefilled(site, refiller.name);
  const found: unknown = source.has(key) ? source.get(key) : undefined;
  if (isTensor(found)) return found;
  throw sourceMissing(site, key, keysIn(source));
}

function keysIn(source: TensorDict): readonly string[] {
  return [...source.keys({ nested: true, leavesOnly: true })].map((key) => JSON.stringify(key));
}

/** The source in the target's shape: the same, or with axes of length 1 repeated. */
function fit(site: Site, source: Tensor, target: Tensor): Tensor {
  const fits =
    source.dtype === target.dtype &&
    source.rank === target.rank &&
    source.shape.every((size, axis) => size === target.shape[axis] || size === 1);
  if (!fits) throw sourceShape(site, describeValue(source), describeValue(target));
  const same = source.shape.every((size, axis) => size === target.shape[axis]);
  return same ? source : broadcastTo(source, target.shape);
}
