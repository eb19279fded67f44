import { argumentInvalid, checkArgument, checkOptionNames, isTensor, showAsText } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { tidy, type Tensor } from "@tensorflow/tfjs-core";
import { weightChanged, weightDisposed } from "./errors.ts";

/** What becomes of a weight: a function of its argument alone. **Ownership:** *borrows* it; the result belongs to the scope. */
export type WeightChange = (value: Tensor) => Tensor;

/** Options of {@link editWeight}. */
export interface WeightEditOptions {
  /** Name of the weight, for messages. */
  readonly path?: string;
  /** Whether the edit counts; asked whenever the weight is computed. Default always. */
  readonly isAwake?: () => boolean;
}

interface Change extends Required<WeightEditOptions> {
  readonly change: WeightChange;
}

/** The edits that stand on one tensor, and the data that it had before the first. */
class Edits {
  readonly changes: Change[] = [];
  /** A handle on the data of before. */
  readonly original: Tensor;

  constructor(original: Tensor) {
    this.original = original;
  }

  /** What the changes make of the original, first to last. **Ownership:** *returns owned*. */
  compute(): Tensor {
    let made: Tensor | undefined;
    tidy(() => {
      let value = this.original;
      for (const { path, change, isAwake } of this.changes)
        if (isAwake()) value = checked(path, value, change(value));
      made = keptClone(value);
    });
    return made as Tensor; // `tidy` runs its function at once
  }
}

const standing = new WeakMap<Tensor, Edits>();

/** One edit of one weight. Dispose it to take the edit back; twice is nothing. */
export class WeightEditHandle {
  static {
    showAsText(
      this,
      (edit) => `WeightEditHandle on a weight ${edit.#weight.dtype} [${edit.#weight.shape.join(", ")}]`,
    );
  }

  readonly #weight: Tensor;
  readonly #edits: Edits;
  readonly #entry: Change;

  /** @internal */
  constructor(weight: Tensor, edits: Edits, entry: Change) {
    this.#weight = weight;
    this.#edits = edits;
    this.#entry = entry;
  }

  /** Computes the weight anew, after whether the edit counts has changed. */
  renew(): void {
    if (this.#edits.changes.includes(this.#entry)) renew(this.#weight, this.#edits);
  }

  dispose(): void {
    end(this.#weight, this.#edits, this.#entry);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Changes a weight in place until the handle is disposed: the tensor object stays, so that whatever computes with it, in
 * whatever field, closure or graph it is kept, computes with the new values. Edits of one weight stack in the order in
 * which they came; when one ends, those that remain are computed anew from the values of before, and when the last one
 * ends, the tensor has the very data that it had, to the last bit. What is assigned to a variable meanwhile goes with it.
 *
 * @param change Called now, and again whenever an edit made before it ends or sleeps; of the same shape and dtype.
 * @throws UsageError `ARGUMENT_INVALID`; ShapeError `WEIGHT_CHANGED`; LifetimeError `WEIGHT_DISPOSED`; what `change` throws. Nothing has changed then.
 * @example
 * const weight = tensor1d([1, 2]);
 * const edit = editWeight(weight, (value) => mul(value, 2));
 * Array.from(weight.dataSync()); // => [2, 4]
 * edit.dispose();
 * Array.from(weight.dataSync()); // => [1, 2]
 */
export function editWeight(
  weight: Tensor,
  change: WeightChange,
  options: WeightEditOptions = {},
): WeightEditHandle {
  checkOptionNames("editWeight", options, ["path", "isAwake"]);
  const { path = "the weight", isAwake = () => true } = options;
  if (!isTensor(weight)) throw argumentInvalid("editWeight", "weight", weight, "a tensor");
  checkArgument("editWeight", "change", change, "a function");
  checkArgument("editWeight", "path", path, "text");
  checkArgument("editWeight", "isAwake", isAwake, "a function");
  if (weight.isDisposed) throw weightDisposed(path);
  const known = standing.get(weight);
  const edits = known ?? new Edits(keptClone(weight));
  const entry = { path, isAwake, change };
  edits.changes.push(entry);
  try {
    renew(weight, edits);
  } catch (error) {
    edits.changes.pop();
    if (known === undefined) edits.original.dispose();
    throw error;
  }
  standing.set(weight, edits);
  return new WeightEditHandle(weight, edits, entry);
}

/** Whether edits stand on a tensor. */
export function isEdited(weight: Tensor): boolean {
  return standing.has(weight);
}

function end(weight: Tensor, edits: Edits, entry: Change): void {
  const at = edits.changes.indexOf(entry);
  if (at < 0) return;
  edits.changes.splice(at, 1);
  if (edits.changes.length > 0) return renew(weight, edits);
  standing.delete(weight);
  if (!weight.isDisposed) exchangeData(weight, edits.original);
  edits.original.dispose();
}

function renew(weight: Tensor, edits: Edits): void {
  if (weight.isDisposed) return;
  const made = edits.compute();
  exchangeData(weight, made);
  made.dispose();
}

/** Two tensors of one shape and dtype take over each other's data; how often each data is referred to stays the same. */
function exchangeData(a: Tensor, b: Tensor): void {
  [a.dataId, b.dataId] = [b.dataId, a.dataId];
}

/** @param after Plain JavaScript may give anything. */
function checked(path: string, before: Tensor, after: Tensor): Tensor {
  const isFit =
    isTensor(after) &&
    !after.isDisposed &&
    after.dtype === before.dtype &&
    after.rank === before.rank &&
    after.shape.every((size, axis) => size === before.shape[axis]);
  if (!isFit) throw weightChanged(path, before, after);
  return after;
}
