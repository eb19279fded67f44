import { visible } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { EventEmitter } from "eventemitter3";

/** What was loaded, and may not be what was meant. */
export interface ModelWarning {
  /** Names its kind: `UNEMBEDDING_UNTIED`. */
  readonly code: string;
  /** What happened, and what to do. */
  readonly message: string;
}

/** What each event of {@link modelEvents} carries. */
export interface ModelEventMap {
  warning: (warning: ModelWarning) => void;
}

/**
 * Events of loading models, for this process or page: `warning` tells what the loaded model's `warnings` list, too.
 * Listeners observe; what they throw rejects nothing.
 *
 * @example
 * modelEvents.on("warning", ({ message }) => console.warn(message));
 * modelEvents.listenerCount("warning"); // => 1
 * modelEvents.removeAllListeners();
 */
export const modelEvents: EventEmitter<ModelEventMap> = new EventEmitter<ModelEventMap>();

/** Tells whoever listens. An error of theirs is theirs: the model is loaded all the same. */
export function announce(warnings: readonly ModelWarning[]): void {
  for (const warning of warnings)
    try {
      modelEvents.emit("warning", warning);
    } catch (error) {
      void Promise.reject(error); // for whoever watches over rejections
    }
}

/** A file with an unembedding of its own, where config.json says that it is the embedding. */
export function unembeddingUntied(file: string, unembedding: string, embedding: string): ModelWarning {
  return {
    code: "UNEMBEDDING_UNTIED",
    message: visible(
      `${file}: "${unembedding}" is used as the unembedding: it differs from "${embedding}", to which ` +
        '"tie_word_embeddings" in config.json ties it. Set it to false there, or take the tensor out of the file.',
    ),
  };
}

/** Whether two tensors of one shape have the same values. **Ownership:** *borrows*. */
export function haveSameValues(a: Tensor, b: Tensor): boolean {
  const [ours, theirs] = [a.dataSync(), b.dataSync()];
  return ours.every((value, i) => Object.is(value, theirs[i]));
}
