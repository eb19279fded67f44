import { FormatError, LifetimeError, ShapeError, jsonText, UsageError } from "@hookdict/tensordict";

/** config.json lacks a field, or has one of the wrong kind. */
export function configField(
  file: string,
  field: string,
  want: string,
  got: unknown,
  model = "a GPT-2 model",
): FormatError {
  return new FormatError({
    code: "CONFIG_FIELD",
    what: `${file}: "${field}" is ${jsonText(got)}; it must be ${want}.`,
    hint: `Check that it is the config.json of ${model}.`,
    fields: { file, field, got },
  });
}

/** config.json asks for what is not implemented. */
export function configUnsupported(
  file: string,
  field: string,
  got: unknown,
  known: readonly unknown[],
  kind?: string,
): FormatError {
  const what = kind === undefined ? "" : `${kind}, `;
  return new FormatError({
    code: "CONFIG_UNSUPPORTED",
    what: `${file}: "${field}" is ${jsonText(got)}, ${what}which is not supported.`,
    hint: `Supported: ${known.map((value) => JSON.stringify(value)).join(", ")}.`,
    fields: { file, field, got, known },
  });
}

/** A name of a model in place of a directory: nothing is downloaded. */
export function modelNotFound(name: string, file: string, cause: unknown): FormatError {
  return new FormatError({
    code: "MODEL_NOT_FOUND",
    what: `${name}/${file}: there is no such file, and models are not downloaded by their names.`,
    hint:
      `Get ${file}, tokenizer.json and the safetensors files first, as with "hf download ${name} --local-dir ` +
      `models/${name}", and give that folder; or give the URL of the folder that they are in.`,
    fields: { name, file },
    cause,
  });
}

/** The checkpoint lacks tensors that the config calls for: `count` of them, of which `names` are the first. */
export function tensorsMissing(file: string, names: readonly string[], count: number): FormatError {
  return new FormatError({
    code: "CHECKPOINT_TENSORS_MISSING",
    what: `${file}: lacks ${listed(names, count)}, which config.json calls for.`,
    hint: "Check that config and weights belong together.",
    fields: { file, names, count },
  });
}

/** The checkpoint has tensors that the model has no place for. */
export function tensorsExtra(file: string, names: readonly string[]): FormatError {
  return new FormatError({
    code: "CHECKPOINT_TENSORS_EXTRA",
    what: `${file}: has ${listed(names)}, for which the model of config.json has no place.`,
    hint: "Check that config and weights belong together.",
    fields: { file, names },
  });
}

/** A tensor of another shape than the config says. */
export function tensorShape(
  file: string,
  tensor: string,
  want: readonly number[],
  got: readonly number[],
): FormatError {
  return new FormatError({
    code: "CHECKPOINT_TENSOR_SHAPE",
    what: `${file}: tensor "${tensor}" has shape [${got.join(", ")}]; config.json calls for [${want.join(", ")}].`,
    hint: "Check that config and weights belong together.",
    fields: { file, tensor, want, got },
  });
}

/** A weight that is not made of floats. */
export function tensorDtype(file: string, tensor: string, dtype: string): FormatError {
  return new FormatError({
    code: "CHECKPOINT_TENSOR_DTYPE",
    what: `${file}: tensor "${tensor}" is of dtype ${dtype}; weights are F32, F16, BF16 or F64.`,
    hint: "Quantised checkpoints must be converted to floats first.",
    fields: { file, tensor, dtype },
  });
}

/** tokenizer.json cannot be used. */
export function tokenizerInvalid(file: string, cause: unknown): FormatError {
  return new FormatError({
    code: "TOKENIZER_INVALID",
    what: `${file}: is no tokenizer that can be used (${cause instanceof Error ? cause.message : String(cause)}).`,
    hint: "It must be a tokenizer.json as Hugging Face's tokenizers write it.",
    fields: { file },
    cause,
  });
}

/** A token id that the tokenizer does not know. */
export function tokenUnknown(id: number): UsageError {
  return new UsageError({
    code: "TOKEN_UNKNOWN",
    what: `The tokenizer has no token with the id ${id}.`,
    hint: "Decode ids that came from this tokenizer.",
    fields: { id },
  });
}

/** The model was made without a tokenizer. */
export function noTokenizer(): UsageError {
  return new UsageError({
    code: "NO_TOKENIZER",
    what: "The model has no tokenizer, so it cannot turn text into tokens or back.",
    hint: "Load it from a directory with a tokenizer.json, or call it with int32 token ids.",
  });
}

/** Texts of different lengths, and no token to fill up with. */
export function noPad(lengths: readonly number[]): UsageError {
  return new UsageError({
    code: "NO_PAD",
    what: `The texts have different numbers of tokens: ${lengths.join(", ")}; the tokenizer names no token to fill up with.`,
    hint: "Give { padTokenId }: the mask hides it, so any will do.",
    fields: { lengths },
  });
}

/** The tokenizer has no template of that name. */
export function noChatTemplate(name: string): UsageError {
  return new UsageError({
    code: "NO_CHAT_TEMPLATE",
    what: `The tokenizer has no chat template "${name}".`,
    hint: 'It comes as "chat_template" in tokenizer_config.json, or in chat_template.jinja.',
    fields: { name },
  });
}

/** The chat template threw. */
export function chatTemplate(cause: unknown): UsageError {
  return new UsageError({
    code: "CHAT_TEMPLATE",
    what: `The chat template refused the messages: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: "Give the roles, in the order, that the model was trained with.",
    cause,
  });
}

/** There is no token to put first. */
export function noBos(): UsageError {
  return new UsageError({
    code: "NO_BOS",
    what: "The model names no beginning-of-sequence token.",
    hint: "Give { prependBos: false }.",
  });
}

/** Texts of different lengths in one batch. */
export function textsLengths(lengths: readonly number[]): UsageError {
  return new UsageError({
    code: "TEXTS_LENGTHS",
    what: `The texts have different numbers of tokens: ${lengths.join(", ")}.`,
    hint: "Give texts of equal length, or run them one by one.",
    fields: { lengths },
  });
}

/** A text with words that the vocabulary does not have. */
export function textUnknown(text: string, words: readonly string[]): UsageError {
  return new UsageError({
    code: "TEXT_UNKNOWN",
    what: `The vocabulary has no ${listed(words)}, which "${text}" contains.`,
    hint: 'Use other words; where the tokenizer has an unknown token, { unknown: "allow" } puts it in their place.',
    fields: { text, words },
  });
}

/** A text that should be one token, and is not. */
export function notSingleToken(text: string, labels: readonly string[]): UsageError {
  return new UsageError({
    code: "NOT_SINGLE_TOKEN",
    what: `"${text}" is ${labels.length} tokens${labels.length > 0 ? `: ${quoted(labels)}` : ""}.`,
    hint: "Give a text that is one token; a leading space often matters.",
    fields: { text, labels },
  });
}

/** Token ids that the vocabulary does not have. */
export function tokenRange(id: number, position: readonly number[], dVocab: number): UsageError {
  return new UsageError({
    code: "TOKEN_RANGE",
    what: `Token ${id} at [${position.join(", ")}] is not in the vocabulary of ${dVocab}.`,
    hint: `Token ids are integers from 0 to ${dVocab - 1}.`,
    fields: { id, position, dVocab },
  });
}

/** A tokenizer with more tokens than the model. */
export function tokenizerForeign(id: number, label: string, dVocab: number): UsageError {
  return new UsageError({
    code: "TOKENIZER_FOREIGN",
    what: `The tokenizer gives token ${id}, "${label}"; the model has ${dVocab} tokens: they do not belong together.`,
    hint: "Load the model with the tokenizer.json of its own checkpoint.",
    fields: { id, label, dVocab },
  });
}

/** Tokens that are not an int32 tensor [batch, pos]. */
export function tokensShape(dtype: string, shape: readonly number[]): ShapeError {
  return new ShapeError({
    code: "TOKENS_SHAPE",
    what: `Tokens must be int32 [batch, pos], each at least 1; got ${dtype} [${shape.join(", ")}].`,
    hint: "Make them with model.tokens(text), or with tensor2d([ids], undefined, 'int32').",
    fields: { dtype, shape },
  });
}

/** More tokens than the model has positions. */
export function tokensTooLong(length: number, nPositions: number): ShapeError {
  return new ShapeError({
    code: "TOKENS_TOO_LONG",
    what: `The tokens are ${length} long; the model has ${nPositions} positions.`,
    hint: "Shorten the text.",
    fields: { length, nPositions },
  });
}

/** A model that was used after its end. */
export function modelDisposed(name: string): LifetimeError {
  return new LifetimeError({
    code: "MODEL_DISPOSED",
    what: `This ${name} was disposed, and its weights with it.`,
    hint: "Call it inside the scope of its `using`.",
    fields: { name },
  });
}

/** At most five of the names, quoted. */
function listed(names: readonly string[], count: number = names.length): string {
  const shown = names.slice(0, 5);
  const more = count - shown.length;
  return quoted(shown) + (more > 0 ? ` and ${more} more` : "");
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

/** A model_type that no family reads. */
export function modelTypeUnknown(file: string, got: unknown, known: readonly string[]): FormatError {
  return new FormatError({
    code: "MODEL_TYPE_UNKNOWN",
    what: `${file}: "model_type" is ${jsonText(got)}, which no family reads.`,
    hint: `Known: ${known.join(", ")}.`,
    fields: { file, got, known },
  });
}
