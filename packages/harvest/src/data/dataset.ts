import { type Fields, parseFields } from "../checks/fields.ts";
import { harvestFileInvalid } from "../checks/errors.ts";
import type { FileHash } from "../plan/plan.ts";

/** How documents become rows. */
export type PackPolicy = "concat" | "document";

/** A file of rows. */
export interface TokensFile extends FileHash {
  readonly rows: number;
}

/** `dataset.json`: what a packed data set was made of, and its files. */
export interface DatasetFile {
  readonly format: "hookdict-tokens";
  readonly version: 1;
  readonly sources: readonly FileHash[];
  /** SHA-256 of tokenizer.json and tokenizer_config.json; `null` where the sources held tokens. */
  readonly tokenizer: string | null;
  readonly policy: PackPolicy;
  readonly context: number;
  readonly rows: number;
  readonly dtype: "U16" | "U32";
  readonly bos: number | null;
  readonly eos: number | null;
  readonly pad: number | null;
  /** Seed with which documents were shuffled. */
  readonly shuffle: number | null;
  readonly documents: number;
  /** Tokens of all documents, without those that packing adds. */
  readonly tokens: number;
  /** Tokens that are in no row: the tail of the last row, or what was cut from long documents. */
  readonly dropped: number;
  readonly files: readonly TokensFile[];
}

/** A data set's description from elsewhere. @throws FormatError `HARVEST_FILE_INVALID`, `JSON_*`. */
export function parseDataset(file: string, bytes: Uint8Array): DatasetFile {
  const fields = parseFields(file, bytes);
  fields.word("format", ["hookdict-tokens"]);
  fields.whole("version", 1, 1);
  const files = fields.records("files").map((each) => ({
    ...parseHash(each, /^tokens-\d{5}\.safetensors$/),
    rows: each.whole("rows", 1),
  }));
  const rows = fields.whole("rows", 1, 2 ** 40);
  if (files.reduce((sum, each) => sum + each.rows, 0) !== rows)
    throw harvestFileInvalid(file, `its files do not hold ${rows} rows`);
  return {
    format: "hookdict-tokens",
    version: 1,
    sources: fields.records("sources").map((each) => parseHash(each)),
    tokenizer: fields.has("tokenizer") ? fields.sha256("tokenizer") : null,
    policy: fields.word("policy", ["concat", "document"]),
    context: fields.whole("context", 1, 1 << 16),
    rows,
    dtype: fields.word("dtype", ["U16", "U32"]),
    bos: fields.wholeOrNull("bos"),
    eos: fields.wholeOrNull("eos"),
    pad: fields.wholeOrNull("pad"),
    shuffle: fields.wholeOrNull("shuffle"),
    documents: fields.whole("documents"),
    tokens: fields.whole("tokens"),
    dropped: fields.whole("dropped"),
    files,
  };
}

function parseHash(fields: Fields, name?: RegExp): FileHash {
  return { name: fields.text("name", name), bytes: fields.whole("bytes"), sha256: fields.sha256("sha256") };
}
