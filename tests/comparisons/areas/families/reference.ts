import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tensor, tensor2d, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import type { TransformerInput } from "@hookdict/models";
import type { TensorStore } from "@hookdict/tensordict/io";
import type { Tolerance } from "../../tensors.ts";

/** One set of inputs of a reference.json. */
export interface InputSet {
  readonly input_ids?: number[][];
  readonly attention_mask?: number[][];
  readonly position_ids?: number[][];
  readonly token_type_ids?: number[][];
  readonly decoder_input_ids?: number[][];
  readonly pixel_values?: unknown;
  readonly greedy?: number[][];
}

/** Where a metric's gradients start: `logits[0, position, plus] - logits[0, position, minus]`. */
export interface LogitDifference {
  readonly position: number;
  readonly plus: number;
  readonly minus: number;
}

/** What one generation of TransformerLens gives. */
export interface LensValues {
  readonly agrees: boolean;
  readonly hooks?: readonly (readonly [string, readonly number[], string | null])[];
  readonly grads?: readonly (readonly [string, string | null])[];
  readonly metric?: Readonly<Record<string, LogitDifference>>;
  readonly differs_from_tl3_at?: readonly string[];
  readonly scores_are_really_patterns?: readonly string[];
}

/** A reference.json. */
export interface Reference {
  readonly kind: string;
  readonly sets: Readonly<Record<string, InputSet>>;
  readonly tolerance: Readonly<Record<"logits" | "hidden_states" | "attentions" | "hooks" | "grads", Tolerance>>;
  readonly last_hidden_state_is_head_input: boolean;
  readonly transformer_lens?: Readonly<Record<string, LensValues>>;
}

export function readReference(folder: string): Reference {
  return JSON.parse(readFileSync(join(folder, "reference.json"), "utf8")) as Reference; // its README says so
}

/** Inputs of a call, which its `dispose` frees. */
export interface CallInputs {
  readonly input: Tensor;
  readonly options: TransformerInput;
  dispose(): void;
}

/** A set's inputs; of `rows` rows, or all. */
export async function inputsOf(
  reference: Reference,
  set: string,
  values: TensorStore,
  rows?: number,
): Promise<CallInputs> {
  const given = reference.sets[set] ?? {};
  const int = (ids: number[][]): Tensor2D => tensor2d(ids.slice(0, rows), undefined, "int32");
  if (given.input_ids === undefined) {
    const pixels = await values.read(`${set}/pixel_values`);
    const count = rows ?? pixels.shape[0] ?? 1;
    const size = pixels.shape.slice(1).reduce((a, b) => a * b, 1);
    const data = (pixels.data as Float32Array).slice(0, count * size);
    const input = tensor(data, [count, ...pixels.shape.slice(1)]);
    return { input, options: {}, dispose: () => input.dispose() };
  }
  const input = int(given.input_ids);
  const tokenTypes = given.token_type_ids === undefined ? undefined : int(given.token_type_ids);
  const decoderTokens = given.decoder_input_ids === undefined ? undefined : int(given.decoder_input_ids);
  return {
    input,
    options: {
      ...(given.attention_mask === undefined ? {} : { attentionMask: given.attention_mask.slice(0, rows) }),
      ...(tokenTypes === undefined ? {} : { tokenTypes }),
      ...(decoderTokens === undefined ? {} : { decoderTokens }),
    },
    dispose() {
      for (const each of [input, tokenTypes, decoderTokens]) each?.dispose();
    },
  };
}
