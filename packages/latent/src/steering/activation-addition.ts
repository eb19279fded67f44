import {
  axisSlice,
  type AxisSlice,
  type ContextClass,
  defineContext,
  HookingContext,
  option,
} from "@hookdict/contexts";
import { type Binding, type HookInfo, type Site, type Unmatched } from "@hookdict/core";
import { isTensor, TensorDict } from "@hookdict/tensordict";
import { add, keep, mean, mul, sub, type Tensor, tidy, where } from "@tensorflow/tfjs-core";
import { checkAxes, maskAt, presentAt } from "../axes.ts";
import { directionMissing, directionShape, steeringValue } from "./errors.ts";

/** Options of {@link ActivationAddition}. */
export interface ActivationAdditionOptions {
  /** How many leading axes the difference is averaged over. Default 1: the batch. */
  readonly batchDims?: number;
  /** How many times the difference is added. Default 1. */
  readonly factor?: number;
  /** Steer only these positions (axis `pos`). */
  readonly positions?: AxisSlice;
}

/** The context of {@link ActivationAddition}: it holds the directions that it steers by. */
export class ActivationAdditionContext extends HookingContext {
  readonly #directions = new TensorDict();
  #recorded: Map<string, Tensor> | undefined;
  /** @internal How many leading axes are averaged over. */
  batchDims = 1;

  constructor(binding: Binding, unmatched?: Unmatched) {
    super(binding, unmatched);
    binding.defer(() => this.#directions.dispose());
  }

  /** `["steer", path]`: what is added at each site; empty before `extract`. **Ownership:** *borrowed*, it ends with the context. */
  get directions(): TensorDict {
    return this.#directions;
  }

  /** @internal Whether the model runs to be looked at. */
  get isRecording(): boolean {
    return this.#recorded !== undefined;
  }

  /**
   * Runs the model on two contrasting inputs, and steers by the difference of what passes from now on: two passes.
   * **Ownership:** borrows the arguments.
   *
   * @param positive The model's arguments, as a list.
   * @throws ShapeError `DIRECTION_SHAPE` where the two differ in more than the axes that are averaged over
   */
  extract(positive: readonly unknown[], negative: readonly unknown[]): TensorDict {
    const runs = [positive, negative].map((args) => this.#look(args));
    try {
      const [towards = new Map<string, Tensor>(), from = new Map<string, Tensor>()] = runs;
      const found = new Map<string, Tensor>();
      for (const [path, value] of towards) {
        const other = from.get(path);
        if (other === undefined || other.shape.join() !== value.shape.join()) {
          for (const one of found.values()) one.dispose();
          throw directionShape(path, value.shape, other?.shape ?? []);
        }
        found.set(
          path,
          tidy(() => sub(value, other)),
        );
      }
      for (const [path, direction] of found) this.#directions.set(["steer", path], direction);
      return this.#directions;
    } finally {
      for (const run of runs) for (const value of run.values()) value.dispose();
    }
  }

  /** @internal Takes note of what passes a site. */
  record(path: string, value: Tensor): void {
    const axes = Array.from({ length: Math.min(this.batchDims, value.rank) }, (_, at) => at);
    this.#recorded?.get(path)?.dispose(); // the last pass counts
    this.#recorded?.set(path, keep(tidy(() => mean(value, axes))));
  }

  #look(args: readonly unknown[]): Map<string, Tensor> {
    const recorded = new Map<string, Tensor>();
    this.#recorded = recorded;
    try {
      const output = this.target.call(args);
      if (isTensor(output)) output.dispose();
      return recorded;
    } catch (error) {
      for (const value of recorded.values()) value.dispose();
      throw error;
    } finally {
      this.#recorded = undefined;
    }
  }
}

/**
 * Steers by the difference of two contrasting runs: `hooked.context.extract([positive], [negative])` finds it, and every call from then on
 * has it added. Turner et al., arXiv 2308.10248.
 *
 * @throws UsageError `OPTION_INVALID`; `PATCH_AXIS` from `prepare`; `DIRECTION_MISSING`, ShapeError `DIRECTION_SHAPE` from a run
 * @example no-run
 * using hooked = new ActivationAddition("blocks.6.hook_resid_pre", { factor: 5 }).prepare(model);
 * hooked.context.extract([model.tokens("Love")], [model.tokens("Hate")]);
 * const logits = hooked.call(model.tokens("I think that you"));
 */
export const ActivationAddition: ContextClass<ActivationAdditionOptions, ActivationAdditionContext> =
  defineContext({
    name: "ActivationAddition",
    context: ActivationAdditionContext,
    options: {
      batchDims: option.number({ min: 0, integer: true }).default(1),
      factor: option.number().default(1),
      positions: axisSlice,
    },
    setUp(context, { batchDims, factor, positions }, pattern) {
      const sites = context.sites(pattern);
      const at = positions === undefined ? {} : { pos: positions };
      for (const site of sites) checkAxes(site, Object.keys(at), "ActivationAddition");
      context.batchDims = batchDims;
      context.hook<unknown>({ sites }, "fwd", (value, info) => {
        if (!isTensor(value) || value.dtype !== "float32")
          throw steeringValue("ActivationAddition", info.site, value);
        if (context.isRecording) return context.record(info.site.path, value);
        const present = presentAt(info, value.shape, at);
        return present === undefined ? undefined : moved(context, value, info, factor, present);
      });
    },
  });

function moved(
  context: ActivationAdditionContext,
  value: Tensor,
  { site }: HookInfo,
  factor: number,
  present: Parameters<typeof maskAt>[2],
): Tensor {
  const direction = context.directions.get<Tensor, undefined>(["steer", site.path], undefined);
  if (direction === undefined) throw directionMissing(site);
  checkShape(site, direction, value);
  return tidy(() => {
    const steered = add(value, mul(direction, factor));
    const mask = maskAt(site, value.shape, present);
    return mask === undefined ? steered : where(mask, steered, value);
  });
}

function checkShape(site: Site, direction: Tensor, value: Tensor): void {
  const own = value.shape.slice(value.rank - direction.rank);
  if (direction.rank > value.rank || own.join() !== direction.shape.join())
    throw directionShape(site.path, value.shape, direction.shape);
}
