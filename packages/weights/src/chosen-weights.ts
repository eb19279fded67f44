import { isTarget, type Target } from "@hookdict/contexts";
import {
  compilePattern,
  type HookTarget,
  matchWeights,
  type Pattern,
  patternMembers,
  type Weight,
} from "@hookdict/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** A weight that a pattern matches, or some entries of one, which a target names. */
export interface ChosenWeight {
  readonly weight: Weight;
  /** Whose entries they are, and which; absent for a whole weight. */
  readonly part?: { readonly whole: Tensor; readonly target: Target };
}

/**
 * The weights that a pattern matches, in the model's order, and behind them the entries that its targets of the kind `parameter` name, as weights of the
 * targets' paths.
 *
 * **Ownership:** *borrows* whole weights to you; tensors of entries are *owned* by `own`.
 *
 * @throws MatchError `WEIGHT_UNMATCHED`, `TARGET_ABSENT`; ShapeError `TARGET_AXIS`, `TARGET_INDEX`
 */
export function chosenWeights(
  model: HookTarget,
  pattern: Pattern,
  unmatched: "error" | "ignore",
  own: (tensor: Tensor) => void,
): { readonly chosen: readonly ChosenWeight[]; readonly sources: readonly string[] } {
  const members = patternMembers(pattern);
  const targets = members.filter((each) => isTarget(each)).filter(({ data }) => data.kind === "parameter");
  const rest = members.filter((each) => !targets.includes(each as Target));
  const isWhole =
    targets.length === 0 || rest.some((each) => typeof each !== "string" || !/^!(?!\()/.test(each)); // not exclusions alone
  const wholes = isWhole ? matchWeights(model, targets.length === 0 ? pattern : rest, unmatched) : [];
  const parts = targets.map((target): ChosenWeight => {
    const hookable = { hookTarget: () => model };
    const tensor = target.read(hookable);
    own(tensor);
    const {
      kind,
      type,
      segments,
      tensor: whole,
    } = model
      .weights()
      .find((each) => [each.path, ...(each.aliases ?? [])].includes(target.data.path)) as Weight; // it was read
    const below = [...segments, target.path.slice(target.data.path.length + 1)];
    return {
      weight: { kind, type, path: target.path, segments: below, shape: tensor.shape, tensor },
      part: { whole, target },
    };
  });
  return {
    chosen: [...wholes.map((weight) => ({ weight })), ...parts],
    sources: compilePattern(pattern).sources,
  };
}
