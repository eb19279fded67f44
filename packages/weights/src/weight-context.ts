import { type Binding, editWeight, type Pattern, type Unmatched, type Weight } from "@hookdict/core";
import { argumentInvalid, checkArgument, conforms } from "@hookdict/tensordict";
import { HookingContext, type Target } from "@hookdict/contexts";
import type { Tensor } from "@tensorflow/tfjs-core";
import { chosenWeights } from "./chosen-weights.ts";
import { partChanged } from "./errors.ts";
import type { WeightEdit } from "./weight-edit.ts";

/** The context of a factory that edits weights, besides hooks; all is undone when it ends, last to first. */
export class WeightContext extends HookingContext {
  readonly #unmatched: Unmatched;
  readonly #parts = new WeakMap<Weight, { readonly whole: Tensor; readonly target: Target }>();

  constructor(binding: Binding, unmatched: Unmatched = "error") {
    super(binding, unmatched);
    this.#unmatched = unmatched;
  }

  /**
   * The model's weights that a pattern matches; a target of the kind `parameter` is some entries of one, as a weight of its own.
   * **Ownership:** *borrows* them to you.
   *
   * @throws MatchError `WEIGHT_UNMATCHED`, unless the factory was prepared with another `unmatched`; `TARGET_ABSENT`, ShapeError `TARGET_AXIS`,
   * `TARGET_INDEX` for a target.
   */
  weights(pattern: Pattern): readonly Weight[] {
    const unmatched = this.#unmatched === "error" ? "error" : "ignore";
    const { chosen, sources } = chosenWeights(this.target, pattern, unmatched, (tensor) => this.own(tensor));
    if (this.#unmatched === "warn" && chosen.length === 0)
      this.binding.emitter?.emit("unmatched", { context: this.name, patterns: sources });
    for (const { weight, part } of chosen) if (part !== undefined) this.#parts.set(weight, part);
    return chosen.map(({ weight }) => weight);
  }

  /**
   * Makes an edit until the context ends. While it sleeps, the weights are without it.
   *
   * @returns the weights that are edited, *borrowed* to you.
   * @throws MatchError `WEIGHT_UNMATCHED`; ShapeError `WEIGHT_CHANGED`; what the edit throws.
   */
  edit(edit: WeightEdit): readonly Weight[] {
    checkArgument("WeightContext.edit", "edit", edit, "a record");
    checkArgument("WeightContext.edit", "edit.change", Reflect.get(edit, "change"), "a function");
    const weights = this.weights(edit.of);
    for (const weight of weights) this.#change(weight, (value) => edit.change(value, weight.path));
    return weights;
  }

  #change(weight: Weight, change: (value: Tensor) => Tensor): void {
    const { binding } = this;
    const { path, tensor } = weight;
    const part = this.#parts.get(weight);
    const whole = part === undefined ? change : within(path, part.target, change);
    const handle = editWeight(part?.whole ?? tensor, whole, { path, isAwake: () => binding.isEnabled });
    this.defer(() => handle.dispose());
    this.defer(binding.onSleep(() => handle.renew()));
  }

  /**
   * The weights with some names, one for each, aliases counting. **Ownership:** *borrows* them to you.
   *
   * @throws MatchError `WEIGHT_UNMATCHED`
   */
  named(names: readonly string[]): ReadonlyMap<string, Weight> {
    checkArgument("WeightContext.named", "names", names, "a list of texts");
    if (names.length === 0) return new Map();
    const found = this.weights(names.map((name) => name.replaceAll(/[*?[\]{}()!+@\\]/g, String.raw`\$&`)));
    const byName = new Map(
      found.flatMap((weight) =>
        [weight.path, ...(weight.aliases ?? [])].map((name) => [name, weight] as const),
      ),
    );
    return new Map([...byName].filter(([name]) => names.includes(name)));
  }

  /** {@link WeightContext.edit} of some of the context's weights, each with a change of its own. */
  editEach(changes: ReadonlyMap<Weight, (value: Tensor) => Tensor>): void {
    if (!(changes instanceof Map))
      throw argumentInvalid("WeightContext.editEach", "changes", changes, "a Map");
    for (const [weight, change] of changes) this.#change(weight, change);
  }

  /** Disposes a tensor when the context ends. **Ownership:** *takes* it. */
  own<T extends Tensor>(tensor: T): T {
    checkArgument("WeightContext.own", "tensor", tensor, "a tensor");
    this.defer(() => tensor.dispose());
    return tensor;
  }
}

/** The change of a whole weight that changes some entries alone. @throws ShapeError `WEIGHT_CHANGED` */
function within(path: string, target: Target, change: (value: Tensor) => Tensor): (value: Tensor) => Tensor {
  return (value) => {
    const before = target.select(value);
    const after = change(before);
    if (!conforms(before, after, false)) throw partChanged(path, before, after);
    return target.replace(value, after) as Tensor; // of a tensor, a tensor
  };
}
