import {
  dispose,
  keep,
  type Scalar,
  type Tensor,
  tidy,
  train,
  variable,
  variableGrads,
  type Variable,
} from "@tensorflow/tfjs-core";
import { notConverged } from "./errors.ts";

/** How gradient steps are taken. */
export interface DescentOptions {
  /** Times that all rows are seen. Default 100. */
  readonly epochs?: number;
  /** Of Adam. Default 0.01. */
  readonly learningRate?: number;
  /** Called after each epoch with the mean loss of its batches. */
  readonly onEpoch?: (epoch: number, loss: number) => void;
}

/**
 * Steps of Adam on some tensors. **Ownership:** takes `start`, returns owned tensors. `loss` borrows what it gets.
 *
 * @throws UsageError `NOT_CONVERGED` where they end as no numbers
 */
export async function descend(
  owner: string,
  start: readonly Tensor[],
  loss: (parameters: readonly Tensor[]) => Scalar,
  { epochs = 100, learningRate = 0.01, onEpoch }: DescentOptions,
): Promise<readonly Tensor[]> {
  const optimizer = train.adam(learningRate, 0.9, 0.999, 1e-8);
  const variables: Variable[] = start.map((one) => variable(one));
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const value = tidy(() => {
        const { value: found, grads } = variableGrads(() => loss(variables), variables);
        optimizer.applyGradients(grads as unknown as Parameters<typeof optimizer.applyGradients>[0]); // only names and values are read
        return found;
      });
      if (onEpoch === undefined) value.dispose();
      else onEpoch(epoch, await takeNumber(value));
    }
    for (const one of variables)
      if (!(await one.data()).every(Number.isFinite)) throw notConverged(owner, epochs, Number.NaN);
    return variables.map((one) => tidy(() => keep(one.clone())));
  } finally {
    dispose([...variables, ...start]);
    optimizer.dispose();
  }
}

async function takeNumber(value: Tensor): Promise<number> {
  try {
    return (await value.data())[0] ?? Number.NaN;
  } finally {
    value.dispose();
  }
}

/** Values to start from, evenly between `-1 / sqrt(width)` and that, the same for the same seed. */
export function seededStart(count: number, width: number, seed: number): Float32Array {
  let state = (seed * 2654435761 + 1) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state ^ (state >>> 15), state | 1) + 0x6d2b79f5) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 14), 0x5bd1e995) >>> 0;
    return (mixed / 2 ** 31 - 1) / Math.sqrt(width);
  });
}
