import { Tensor } from "@tensorflow/tfjs-core";

/** What a step gives. */
type Result = Tensor | object;

/** Results of steps that may be asked for again with the same tensors. Holds no ownership: scopes free what it names. */
export class Memo {
  readonly #steps: { readonly step: string; readonly inputs: readonly Tensor[]; readonly result: Result }[] =
    [];

  /** What `make` gave for this step and these inputs before, or gives now. **Ownership:** as `make` says. */
  get<T extends Result>(step: string, inputs: readonly Tensor[], make: () => T): T {
    const known = this.#steps.find(
      (each) =>
        each.step === step &&
        each.inputs.every((input, i) => input === inputs[i]) &&
        // A hook's scope may have freed it since.
        tensorsOf(each.result).every((tensor) => !tensor.isDisposed),
    );
    if (known !== undefined) return known.result as T; // a step's results are of one type
    const result = make();
    this.#steps.push({ step, inputs, result });
    return result;
  }
}

function tensorsOf(result: Result): Tensor[] {
  return (result instanceof Tensor ? [result] : Object.values(result)).filter(
    (each) => each instanceof Tensor,
  );
}
