import { engine, type NamedTensorMap, type Tensor } from "@tensorflow/tfjs-core";

/** An operation with a gradient of its own; of several outputs, the first one has it. */
export interface CustomOp<I extends NamedTensorMap, O extends Tensor | Tensor[] = Tensor> {
  readonly inputs: I;
  /** Computes the output. What the gradients need beyond it is given to `save`, which keeps it for them. */
  forward(save: (tensors: Tensor[]) => void): O;
  /** One function per input; only those are called whose gradient is asked for. */
  gradients(dy: Tensor, saved: readonly Tensor[]): { readonly [K in keyof I]: () => Tensor };
}

/** What `tf.customGrad` calls. */
interface Engine {
  runKernelFunc<O extends Tensor | Tensor[]>(params: {
    forwardFunc: (backend: unknown, save: (tensors: Tensor[]) => void) => O;
    backwardsFunc: (dy: Tensor | [Tensor], saved: Tensor[]) => NamedGradients;
    inputs: NamedTensorMap;
  }): O;
}

type NamedGradients = Readonly<Record<string, () => Tensor>>;

/**
 * Runs an operation with a gradient of its own.
 *
 * Unlike `tf.customGrad` it computes the gradients of those inputs only that are asked for; a linear layer's weights
 * would otherwise cost as much again as the rest of a backward pass.
 *
 * **Ownership:** *borrows* the inputs; *returns owned*.
 */
export function runCustomOp<I extends NamedTensorMap, O extends Tensor | Tensor[]>(op: CustomOp<I, O>): O {
  // Declared private; `tf.customGrad` is a thin layer over it in every 2.x to 4.x release of tfjs-core.
  const internals = engine() as unknown as Engine;
  return internals.runKernelFunc({
    inputs: op.inputs,
    forwardFunc: (_, save) => op.forward(save),
    backwardsFunc: (dy, saved) => op.gradients(Array.isArray(dy) ? dy[0] : dy, saved),
  });
}
