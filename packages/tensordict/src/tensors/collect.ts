import { engine, keep, type Tensor } from "@tensorflow/tfjs-core";
import { engineInternals } from "./engine.ts";

/**
 * Runs `fn` and keeps every tensor that it makes and nobody else keeps: no scope frees them, whatever `fn` is called
 * inside of. They are added to `made`, also when `fn` throws.
 *
 * **Ownership:** what is added to `made` is the caller's.
 *
 * @example
 * const made: Tensor[] = [];
 * tf.tidy(() => collectTensors(() => void tf.add(tf.scalar(1), 2), made));
 * made.map((tensor) => tensor.isDisposed); // => [false, false]
 * for (const tensor of made) tensor.dispose();
 */
export function collectTensors<T>(fn: () => T, made: Tensor[]): T {
  engine().startScope("collect");
  const scope = engineInternals().state.activeScope;
  try {
    return fn();
  } finally {
    for (const tensor of scope?.track ?? []) if (!tensor.kept && !tensor.isDisposed) made.push(keep(tensor));
    engine().endScope();
  }
}
