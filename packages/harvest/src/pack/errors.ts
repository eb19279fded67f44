import { FormatError, UsageError } from "@hookdict/tensordict";

/** A source of a kind that is not read. */
export function packSource(file: string): UsageError {
  return new UsageError({
    code: "PACK_SOURCE",
    what: `${file}: is no source of documents.`,
    hint: "Give files that end in .jsonl, .txt or .parquet, or folders with such files.",
    fields: { file },
  });
}

/** A document that cannot be read. */
export function packDocument(where: string, problem: string, cause?: unknown): FormatError {
  return new FormatError({
    code: "PACK_DOCUMENT",
    what: `${where}: ${problem}.`,
    hint: "Mend or remove it; `column` (--column) names what is read.",
    fields: { where, problem },
    ...(cause !== undefined && { cause }),
  });
}

/** A text that the tokenizer cannot tell. */
export function packText(where: string, cause: Error): FormatError {
  return new FormatError({
    code: "PACK_TEXT",
    what: `${where}: ${cause.message}`,
    fields: { where },
    cause,
  });
}

/** A token that the policy needs and the tokenizer has not. */
export function packToken(name: string, option: string): UsageError {
  return new UsageError({
    code: "PACK_TOKEN",
    what: `The tokenizer has no ${name} token.`,
    hint: `Give its id as the option ${option} (--${option}), or null (--no-${option}) for none.`,
    fields: { name, option },
  });
}

/** Text without a tokenizer. */
export function packTokenizer(where: string): UsageError {
  return new UsageError({
    code: "PACK_TOKENIZER",
    what: `${where}: there is no tokenizer.json.`,
    hint: 'Give the folder of a tokenizer, or column: "tokens" for documents that are lists of tokens.',
    fields: { where },
  });
}

/** Nothing to write. */
export function packNothing(documents: number, tokens: number, context: number): UsageError {
  return new UsageError({
    code: "PACK_NOTHING",
    what: `${documents} documents of ${tokens} tokens make no row of ${context}.`,
    hint: "Give more text, a smaller context, or the policy document.",
    fields: { documents, tokens, context },
  });
}

/** A folder with another data set. */
export function packOther(where: string, what: string): UsageError {
  return new UsageError({
    code: "PACK_OTHER",
    what: `${where}: holds a data set of other ${what}.`,
    hint: "Give an empty folder.",
    fields: { where, what },
  });
}
