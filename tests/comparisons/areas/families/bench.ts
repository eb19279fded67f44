import { EncoderDecoder, type LoadedModel } from "@hookdict/models";
import { forEachTensor, type TensorDict } from "@hookdict/tensordict";
import { clone, slice, tensor2d, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import type { Tolerance } from "../../close.ts";
import type { GreedySet } from "../greedy.ts";

type Rows = readonly (readonly number[])[];

/** Inputs of a set; pixels stand among the values. */
export interface Inputs extends GreedySet {
  readonly token_type_ids?: Rows;
  readonly decoder_input_ids?: Rows;
}

/** Kinds of values. */
export type Compared = "logits" | "hidden_states" | "attentions" | "hooks" | "grads";

/** How far values of a kind may be apart; a ten-thousandth where nothing is said. */
export function toleranceOf({ tolerance }: Reference, kind: Compared): Tolerance {
  return tolerance?.[kind] ?? { atol: 1e-4, rtol: 1e-4 };
}

/** What the data's README says of reference.json. */
export interface Reference {
  readonly sets: Readonly<Record<string, Inputs>>;
  readonly tolerance?: Readonly<Partial<Record<Compared, Tolerance>>>;
  readonly transformer_lens?: Readonly<Record<string, Lens>>;
}

/** What one generation of TransformerLens gave. */
export interface Lens {
  readonly agrees: boolean;
  readonly hooks?: readonly (readonly [string, readonly number[], string | null])[];
  readonly grads?: readonly (readonly [string, string | null])[];
  readonly metric?: Readonly<Record<string, { position: number; plus: number; minus: number }>>;
  readonly differs_from_tl3_at?: readonly string[];
}

/** A model under comparison, and what it is compared with. */
export interface Bench {
  readonly model: LoadedModel;
  readonly reference: Reference;
  readonly values: TensorDict;
  readonly report: (line: string) => void;
}

/** What a run is called with: the rows of a set, or the first of them alone. */
export function inputsOf(
  { model, reference, values }: Bench,
  set: string,
  first: boolean,
): readonly unknown[] {
  const given = reference.sets[set];
  if (given === undefined) throw new Error(`there is no set ${set}`);
  const some = <T>(all: readonly T[]): readonly T[] => (first ? all.slice(0, 1) : all);
  if (given.input_ids === undefined) {
    const pixels = values.get<Tensor>(`${set}/pixel_values`);
    return [first ? slice(pixels, [0, 0, 0, 0], [1, -1, -1, -1]) : clone(pixels)];
  }
  const tokens = rows(some(given.input_ids));
  const optional = (of: Rows | undefined): Tensor2D | undefined =>
    of === undefined ? undefined : rows(some(of));
  const attentionMask = first ? undefined : optional(given.attention_mask);
  if (model instanceof EncoderDecoder)
    return [tokens, { attentionMask, decoderTokens: optional(given.decoder_input_ids) }];
  return [tokens, { attentionMask, tokenTypes: optional(given.token_type_ids) }];
}

export function disposeInputs(inputs: readonly unknown[]): void {
  forEachTensor(inputs, (tensor) => tensor.dispose());
}

function rows(of: Rows): Tensor2D {
  return tensor2d(of.flat(), [of.length, of[0]?.length ?? 0], "int32");
}
