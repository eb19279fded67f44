import {
  captureKey,
  type Direction,
  type HookFunction,
  type HookInfo,
  type HookTarget,
  type Pattern,
  type Site,
} from "@hookdict/core";
import { describeValue, isTensorDict, tensorsOf, type TensorDict } from "@hookdict/tensordict";
import { share } from "@hookdict/tensordict/tensors";
import {
  type FactoryDescription,
  type HookingContext,
  HookingContextFactory,
  refillerOf,
} from "@hookdict/contexts";
import { broadcastTo, type Tensor, tidy, where } from "@tensorflow/tfjs-core";
import { checkKnown } from "./options.ts";
import { type AxisIndices, checkAxes, checkIndices, maskAt } from "./axes.ts";
import { notOneTensor, optionInvalid, sourceMissing, sourceRefilled, sourceShape } from "./errors.ts";

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
  /** Patch only these positions (axis `pos`). Negative ones count from the end. */
  readonly positions?: AxisIndices;
  /** Patch only these heads (axis `head`). */
  readonly heads?: AxisIndices;
  /** Patch only these entries of any declared axes, such as `{ batch: 0, dest: -1 }`. */
  readonly at?: Readonly<Record<string, AxisIndices>>;
  /** Replaces the default, which takes the source at the chosen places and the target elsewhere. */
  readonly patch?: Patch;
  /** Which value is patched, and read from the source. Default `"fwd"`. */
  readonly direction?: Direction;
}

const OPTIONS: readonly (keyof ActivationPatchingOptions)[] = [
  "source",
  "positions",
  "heads",
  "at",
  "patch",
  "direction",
];

/**
 * Puts values captured in one run in the place of another run's: activation patching, or causal tracing
 * (Vig et al. 2020, Meng et al. 2022; "interchange intervention", Geiger et al. 2021).
 *
 * A site with several passes in a run is patched in each from the capture of the same number.
 *
 * @example
 * using source = clean.takeCache(); // a cache that `clean` still fills would hold what this run computes
 * using patched = new ActivationPatching("blocks.2.hook_resid_pre", { source, positions: -1 }).prepare(model);
 * const logits = patched.call(corruptTokens);
 */
export class ActivationPatching extends HookingContextFactory {
  readonly patterns: Pattern;
  readonly #options: ActivationPatchingOptions;
  readonly #at: Readonly<Record<string, AxisIndices>>;

  /** @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID` */
  constructor(patterns: Pattern, options: ActivationPatchingOptions) {
    super();
    checkKnown("ActivationPatching", options, OPTIONS);
    const source: unknown = (options as Partial<ActivationPatchingOptions> | undefined)?.source; // plain JavaScript may leave it out
    if (!isTensorDict(source))
      throw optionInvalid(
        "ActivationPatching",
        "source",
        source,
        "a TensorDict, such as hooked.takeCache() returns",
      );
    this.patterns = patterns;
    this.#options = Object.freeze({ ...options });
    const { positions, heads, at = {} } = options;
    checkIndices({ positions, heads, at });
    this.#at = Object.freeze({
      ...at,
      ...(positions === undefined ? {} : { pos: positions }),
      ...(heads === undefined ? {} : { head: heads }),
    });
  }

  override describe(): FactoryDescription {
    return { name: "ActivationPatching", options: { patterns: this.patterns, ...this.#options } };
  }

  protected override setUp(context: HookingContext): void {
    const { direction = "fwd" } = this.#options;
    const sites = context.sites(this.patterns);
    for (const site of sites) checkAxes(site, Object.keys(this.#at));
    const { target } = context;
    const run: HookFunction<unknown> = (value, info) => this.#patch(value, info, target);
    context.hook({ sites }, direction, { run: run }); // `#patch` checks what it is given
  }

  #patch(value: unknown, info: HookInfo, model: HookTarget): Tensor {
    const { site } = info;
    const [target, ...others] = tensorsOf(value);
    if (target === undefined || target !== value || others.length > 0) {
      throw notOneTensor(site, describeValue(value));
    }
    const source = this.#sourceOf(info, model);
    if (this.#options.patch !== undefined) return this.#options.patch(site, source, target);
    return tidy(() => {
      const full = fit(site, source, target);
      const mask = maskAt(site, target.shape, this.#at);
      return mask === undefined ? share(full) : where(mask, full, target);
    });
  }

  #sourceOf({ site, direction, pass }: HookInfo, model: HookTarget): Tensor {
    const { source } = this.#options;
    const key = captureKey(direction, site.path, pass);
    const refiller = refillerOf(source, model, key);
    if (refiller !== undefined) throw sourceRefilled(site, refiller.name);
    const found: unknown = source.has(key) ? source.get(key) : undefined;
    const [tensor, ...others] = tensorsOf(found);
    if (tensor !== undefined && tensor === found && others.length === 0) return tensor;
    throw sourceMissing(site, key, present(source));
  }
}

function present(source: TensorDict): readonly string[] {
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
