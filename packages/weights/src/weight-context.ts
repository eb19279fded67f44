import {
  type Binding,
  compilePattern,
  editWeight,
  matchWeights,
  type Pattern,
  type Unmatched,
  type Weight,
} from "@hookdict/core";
import { argumentInvalid, checkArgument } from "@hookdict/tensordict";
import { HookingContext } from "@hookdict/contexts";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { WeightEdit } from "./weight-edit.ts";

/** The context of a factory that edits weights, besides hooks; all is undone when it ends, last to first. */
export class WeightContext extends HookingContext {
  readonly #unmatched: Unmatched;

  constructor(binding: Binding, unmatched: Unmatched = "error") {
    super(binding, unmatched);
    this.#unmatched = unmatched;
  }

  /**
   * The model's weights that a pattern matches. **Ownership:** *borrows* them to you.
   *
   * @throws MatchError `WEIGHT_UNMATCHED`, unless the factory was prepared with another `unmatched`.
   */
  weights(pattern: Pattern): readonly Weight[] {
    if (this.#unmatched === "error") return matchWeights(this.target, pattern);
    const matched = matchWeights(this.target, pattern, "ignore");
    if (this.#unmatched === "warn" && matched.length === 0)
      this.binding.emitter?.emit("unmatched", {
        context: this.name,
        patterns: compilePattern(pattern).sources,
      });
    return matched;
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
    const { binding } = this;
    for (const { tensor, path } of weights) {
      const handle = editWeight(tensor, (value) => edit.change(value, path), {
        path,
        isAwake: () => binding.isEnabled,
      });
      this.defer(() => handle.dispose());
      this.defer(binding.onSleep(() => handle.renew()));
    }
    return weights;
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

  /** {@link WeightContext.edit} of some weights, each with a change of its own. */
  editEach(name: string, changes: ReadonlyMap<Weight, (value: Tensor) => Tensor>): void {
    if (!(changes instanceof Map))
      throw argumentInvalid("WeightContext.editEach", "changes", changes, "a Map");
    const paths = new Map([...changes].map(([{ path }, change]) => [path, change]));
    if (paths.size === 0) return;
    this.edit({
      name,
      of: ({ path }) => paths.has(path),
      change: (value, path) => paths.get(path)?.(value) ?? value,
    });
  }

  /** Disposes a tensor when the context ends. **Ownership:** *takes* it. */
  own<T extends Tensor>(tensor: T): T {
    checkArgument("WeightContext.own", "tensor", tensor, "a tensor");
    this.defer(() => tensor.dispose());
    return tensor;
  }
}
