import { type ContextClass, defineContext, type DefinedFactory, option } from "@hookdict/contexts";
import type { Binding, Unmatched, Weight } from "@hookdict/core";
import { isTensor, isTensorDict, TensorDict } from "@hookdict/tensordict";
import { cast, tensor, type Tensor, tidy, where, zerosLike } from "@tensorflow/tfjs-core";
import { amountInvalid, scoresUnfit } from "../errors.ts";
import {
  type Among,
  type Group,
  groupMasks,
  type Masks,
  type Scores,
  scoresOf,
  unitMasks,
  type Units,
  valueMasks,
} from "../selection/masks.ts";
import { WeightContext } from "../weight-context.ts";

/** Scores of a weight's values, of its shape. **Ownership:** *borrows* the weight; the result belongs to the scope. */
export type ImportanceFunction = (weight: Tensor, name: string) => Tensor;

/** Options of {@link Pruning}; one of `amount`, `count` and `group` says how much goes. */
export interface PruningOptions {
  /** Which share goes, from 0 to 1. 0 prunes nothing. */
  readonly amount?: number;
  /** How many go. */
  readonly count?: number;
  /** So many of each group of neighbours stay: `{ keep: 2, of: 4 }`. */
  readonly group?: Group;
  /**
   * Scores of all values, of which the smallest go: those that `scoreWeights` returns, by the weights' paths (*borrowed*), or
   * a function of a weight. Default the values' magnitudes.
   */
  readonly importance?: TensorDict | ImportanceFunction;
  /**
   * Where the smallest are looked for: in all weights together (the default), in each alone, or in each unit of the last axis,
   * where a share is rounded down.
   */
  readonly among?: Among;
  /** Whole slices go instead of single values; the smallest by a norm of their scores. */
  readonly units?: Units;
}

/** What {@link Pruning} prepares: the masks, besides the edits. */
export class PruningContext extends WeightContext {
  /** What stays, by the weights' paths: 1, where it goes, 0; float32, of the weights' shapes. *Borrowed* to you. */
  readonly masks: TensorDict = new TensorDict();

  constructor(binding: Binding, unmatched?: Unmatched) {
    super(binding, unmatched);
    this.defer(() => this.masks.dispose());
  }
}

/**
 * Sets the least important values of the weights that the pattern matches to 0. What goes is chosen once, by the weights as
 * they are when the model is prepared.
 *
 * @throws UsageError `PRUNING_AMOUNT`; ShapeError `SCORES_UNFIT`; MatchError `WEIGHT_UNMATCHED`
 * @see Magnitudes: Han et al., https://arxiv.org/abs/1506.02626; 2:4: Mishra et al., https://arxiv.org/abs/2104.08378
 * @example
 * const model = new (class extends Module {
 *   readonly gain = tensor1d([0.1, -3, 2, -0.2]);
 *   override forward(x: Tensor): Tensor { return mul(x, this.gain); }
 * })();
 * using pruned = new Pruning("gain", { amount: 0.5 }).prepare(model);
 * pruned.call(tensor1d([1, 1, 1, 1])).arraySync(); // => [0, -3, 2, 0]
 */
export const Pruning: ContextClass<PruningOptions, PruningContext> = defineContext({
  name: "Pruning",
  context: PruningContext,
  options: {
    amount: option.number({ min: 0, max: 1 }),
    count: option.number({ min: 0, integer: true }),
    group: option.of<Group>("{ keep, of }, whole numbers, perhaps with an axis", isGroup),
    importance: option.of<TensorDict | ImportanceFunction>(
      "a TensorDict of scores, or a function of a weight",
      isImportance,
    ),
    among: option.oneOf("all", "each", "unit").default("all"),
    units: option.of<Units>("{ axis }, perhaps with a norm", isUnits),
  },
  setUp(context, options, pattern) {
    const { amount, count, group, importance, among, units } = options;
    const given = [amount, count, group].filter((each) => each !== undefined);
    if (given.length !== 1)
      throw amountInvalid(
        `${given.length} of amount, count and group`,
        "exactly one of them: it says how much goes",
      );
    if (group !== undefined && units !== undefined)
      throw amountInvalid("group and units", "one of them: a group is of single values");
    const weights = context.weights(pattern);
    const scores = weights.map((weight) => scored(weight, importance));
    const masks = masksOf(scores, { amount, count, group, among, units });
    weights.forEach(({ path, shape }, i) =>
      context.masks.set([path], tensor(Float32Array.from(masks[i] ?? []), [...shape])),
    );
    const changes = weights.map(
      (weight) => [weight, pruned(context.masks.get<Tensor>([weight.path]))] as const,
    );
    context.editEach(new Map(changes));
  },
});

/** A description of what is pruned; see the class of the same name. */
export type Pruning = DefinedFactory<PruningOptions, PruningContext>;

/** The weight, with 0 where the mask is: also in the place of what is not finite. **Ownership:** *borrows* the mask. */
function pruned(mask: Tensor): (weight: Tensor) => Tensor {
  return (weight) => where(cast(mask, "bool"), weight, zerosLike(weight));
}

interface Chosen {
  readonly amount: number | undefined;
  readonly count: number | undefined;
  readonly group: Group | undefined;
  readonly among: Among;
  readonly units: Units | undefined;
}

function masksOf(scores: readonly Scores[], { amount, count, group, among, units }: Chosen): Masks {
  if (group !== undefined) return groupMasks(scores, group);
  if (units !== undefined) return unitMasks(scores, { amount, count }, among, units);
  return valueMasks(scores, { amount, count }, among);
}

/** @throws ShapeError `SCORES_UNFIT` */
function scored({ path, tensor: weight }: Weight, importance: PruningOptions["importance"]): Scores {
  let found: Scores | undefined;
  tidy(() => {
    const scores = importance === undefined ? weight : scoresFor(weight, path, importance);
    found = scoresOf(path, checked(path, weight, scores));
  });
  const { shape, values } = found as Scores; // `tidy` runs its function at once
  if (importance !== undefined) return { path, shape, values };
  return { path, shape, values: Float32Array.from(values, Math.abs) };
}

function scoresFor(weight: Tensor, path: string, importance: TensorDict | ImportanceFunction): unknown {
  if (typeof importance === "function") return importance(weight, path);
  return importance.has([path]) ? importance.get([path]) : undefined;
}

function checked(path: string, weight: Tensor, scores: unknown): Tensor {
  if (!isTensor(scores) || scores.shape.join() !== weight.shape.join() || scores.dtype === "string")
    throw scoresUnfit(path, weight, scores);
  if (scores.dataSync().some((value) => Number.isNaN(value)))
    throw scoresUnfit(path, weight, scores, "NaN among them");
  return scores;
}

function isImportance(value: unknown): boolean {
  return typeof value === "function" || (isTensorDict(value) && !value.isDisposed);
}

function isGroup(value: unknown): boolean {
  const { keep, of, axis = 0 } = { ...(value as Partial<Group>) }; // whatever it is
  return isCount(keep, 0) && isCount(of, 1) && Number(keep) <= Number(of) && Number.isInteger(axis);
}

function isUnits(value: unknown): boolean {
  const { axis, norm = 1 } = { ...(value as Partial<Units>) }; // whatever it is
  return Number.isInteger(axis) && typeof norm === "number" && norm > 0;
}

function isCount(value: unknown, least: number): boolean {
  return Number.isInteger(value) && Number(value) >= least;
}
