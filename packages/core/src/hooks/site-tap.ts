import { tidy } from "@tensorflow/tfjs-core";
import { share } from "@hookdict/tensordict/tensors";
import type { HookEntry } from "./entry.ts";
import { accept, fire, type HookChain } from "./entry.ts";
import { packInputs } from "./inputs.ts";
import { gradientShape, isDifferentiable } from "./gradient-shape.ts";
import { currentPass, type GradientPass } from "./gradient-pass.ts";
import { leaveToScope, tensorMark } from "@hookdict/tensordict/tensors";
import { describeValue, mapTensors, tensorsOf } from "@hookdict/tensordict";
import { tapGradients } from "./tap.ts";

interface BackwardChains {
  readonly bwd: HookChain;
  readonly bwdPre: HookChain;
}

/**
 * The taps of one run of a site. As in PyTorch, the inputs are tapped after the forward pre hooks and the output after
 * the forward hooks, so that what a forward hook computes is differentiated like the rest.
 */
export class SiteTap {
  readonly #bwd: HookChain;
  readonly #bwdPre: HookChain;
  readonly #passes: ReadonlyMap<HookEntry, number>;
  readonly #pass: GradientPass | undefined = currentPass();
  #gradOutput: unknown;

  /** @param passOf how often a hook's site had run before in this run */
  constructor(chains: BackwardChains, passOf: (entry: HookEntry) => number) {
    const isMeant = (entry: HookEntry): boolean => entry.isLive() && passOf(entry) >= 0;
    this.#bwd = chains.bwd.filter(isMeant);
    this.#bwdPre = chains.bwdPre.filter(isMeant);
    this.#passes = new Map([...this.#bwd, ...this.#bwdPre].map((entry) => [entry, passOf(entry)]));
  }

  /** The inputs, tapped for the `bwd` hooks. */
  tapInputs(inputs: readonly unknown[]): readonly unknown[] {
    if (this.#bwd.length === 0) return inputs;
    const tapped = this.#tap(
      inputs,
      this.#bwd,
      "input",
      (gradients) => this.#chain(this.#bwd, packInputs(gradients as readonly unknown[]), true), // same tuple as `inputs`
    );
    return tapped as readonly unknown[]; // mapping a tuple gives a tuple
  }

  /** The output, tapped for the `bwd_pre` hooks and, for the `bwd` hooks, to remember its gradient. */
  tapOutput(output: unknown): unknown {
    if (this.#bwdPre.length === 0 && this.#bwd.length === 0) return output;
    return this.#tap(output, this.#bwdPre, "output", (gradients) => {
      const passedOn = this.#chain(this.#bwdPre, gradients, false);
      // A clone of its own: the engine frees a gradient as soon as it has added it up.
      this.#gradOutput = scoped(mapTensors(passedOn, share));
      return passedOn;
    });
  }

  #tap(
    value: unknown,
    entries: HookChain,
    what: "input" | "output",
    onGradients: (gradients: unknown) => unknown,
  ): unknown {
    const differentiable = tensorsOf(value).filter(isDifferentiable);
    for (const entry of entries) {
      if (differentiable.length > 0) this.#pass?.tapped.add(entry);
      else
        this.#pass?.without.set(
          entry,
          `its ${what} is ${describeValue(what === "input" ? packInputs(value as readonly unknown[]) : value)}, which has no gradient`,
        );
    }
    if (differentiable.length === 0) return value;
    const shape = gradientShape(value);
    const tapped = tapGradients(differentiable, this.#pass?.anchor, (gradients) => {
      const structured = scoped(shape(gradients));
      return tensorsOf(onGradients(structured)).filter(isDifferentiable);
    });
    let next = 0;
    return scoped(mapTensors(value, (tensor) => (isDifferentiable(tensor) ? tapped[next++] : tensor)));
  }

  #chain(entries: HookChain, given: unknown, isInput: boolean): unknown {
    if (entries.length === 0) return given;
    let value = given;
    tidy(() => {
      const mark = tensorMark();
      for (const entry of entries) value = this.#fire(entry, value, isInput, mark);
      return tensorsOf(value); // what the scope must leave alive
    });
    return value;
  }

  #fire(entry: HookEntry, value: unknown, isInput: boolean, mark: number): unknown {
    if (entry.removed || !entry.owner.isEnabled) return value;
    this.#pass?.fired.add(entry);
    const gradOutput = isInput ? this.#gradOutput : undefined;
    const info = entry.info(undefined, undefined, gradOutput, this.#passes.get(entry) ?? 0);
    const result = fire(entry, value, info);
    return entry.kind === "replace" && result !== undefined ? accept(entry, value, result, mark) : value;
  }
}

/** TensorDicts made here belong to the pass. */
function scoped(value: unknown): unknown {
  leaveToScope(value);
  return value;
}
