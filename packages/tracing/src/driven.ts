import { mapTensors } from "@hookdict/tensordict";
import { collectTensors, keptClone } from "@hookdict/tensordict/tensors";
import { dispose, type Tensor } from "@tensorflow/tfjs-core";

/**
 * What a function that runs the model returns.
 *
 * **Ownership:** returns owned and kept; what it makes besides is freed, and a tensor from elsewhere is returned as a clone.
 */
export function driven(drive: () => unknown): unknown {
  const made: Tensor[] = [];
  const own = new Set<Tensor>();
  try {
    const result = collectTensors(drive, made);
    for (const tensor of made) own.add(tensor);
    return mapTensors(result, (tensor) => (own.delete(tensor) ? tensor : keptClone(tensor)));
  } catch (error) {
    for (const tensor of made) own.add(tensor);
    throw error;
  } finally {
    dispose([...own].filter((tensor) => !tensor.isDisposed));
  }
}
