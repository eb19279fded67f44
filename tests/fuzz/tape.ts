import { grad, mul, type Tensor } from "@tensorflow/tfjs-core";
import type { ModelledHook } from "./model.ts";
import type { Value } from "./reference.ts";

type Step =
  | { readonly pull: (gradient: Tensor) => Tensor }
  /** The gradient goes on elsewhere: the value was a copy of an earlier one. */
  | { readonly jumpTo: number }
  /** The value depends on nothing. */
  | "cut";

export function isFloat(value: Value): value is Tensor {
  return !isTuple(value) && value.dtype === "float32";
}

export function isTuple(value: Value): value is readonly Tensor[] {
  return Array.isArray(value);
}

/** What a run did to a value that passes through one site after another, to be undone for its gradient. */
export class Tape {
  readonly #steps: Step[] = [];
  /** Whether a site with a backward hook has run. */
  tapped = false;
  readonly fired: Set<ModelledHook> = new Set();

  get length(): number {
    return this.#steps.length;
  }

  /** A body may be the identity, of which TensorFlow.js has no gradient. */
  body(x: Tensor, body: (x: Tensor) => Tensor): void {
    if (x.dtype !== "float32") this.#steps.push("cut");
    else this.#steps.push({ pull: (gradient) => grad((given) => mul(body(given), 1))(x, gradient) });
  }

  scale(by: number): void {
    this.#steps.push({ pull: (gradient) => mul(gradient, by) });
  }

  pull(pull: (gradient: Tensor) => Tensor): void {
    this.#steps.push({ pull });
  }

  cut(): void {
    this.#steps.push("cut");
  }

  /** @param to length of the tape when the value was seen; -1 for a value of another run, which is not followed */
  jump(to: number): void {
    this.#steps.push(to < 0 ? "cut" : { jumpTo: to });
  }

  /** Back from the mean of the squares of `output`. */
  play(output: Tensor): void {
    let gradient = mul(output, 2 / output.size);
    for (let i = this.#steps.length - 1; i >= 0; i--) {
      const step = this.#steps[i];
      if (step === undefined || step === "cut") return;
      if ("jumpTo" in step) i = step.jumpTo;
      else gradient = step.pull(gradient);
    }
  }
}
