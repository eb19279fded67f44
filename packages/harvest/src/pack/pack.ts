import { decodeUtf8, parseJson } from "@hookdict/tensordict/io";
import { canonicalJson } from "../checks/canonical.ts";
import { harvestOption } from "../checks/errors.ts";
import { checkKind, checkKnown, checkWhole, checkWord } from "../checks/options.ts";
import type { DatasetFile, PackPolicy, TokensFile } from "../data/dataset.ts";
import { TokenSet } from "../data/tokens.ts";
import { findBytes } from "../store/bytes.ts";
import { openStore, type StoreLocation } from "../store/open.ts";
import type { HarvestStore } from "../store/store.ts";
import { packNothing, packOther, packToken, packTokenizer } from "./errors.ts";
import {
  type PackCounts,
  type PackedRow,
  type PackPlace,
  type Packing,
  packRows,
  type TokenDocument,
} from "./rows.ts";
import { shuffled } from "./shuffle.ts";
import { documentFiles, documentsOf, type DocumentFile } from "./sources.ts";
import { openTokenizer, type PackTokenizer } from "./tokenizer.ts";
import { findTokens, writeTokens } from "./tokens-file.ts";

/** Options of {@link packTokens}. */
export interface PackOptions {
  /** Files (.jsonl, .txt, .parquet) or folders of such files. */
  readonly sources: string | readonly string[];
  /** Hugging Face directory with the tokenizer. Not needed where documents are lists of tokens. */
  readonly tokenizer?: string;
  /** Where the data set goes. */
  readonly out: StoreLocation;
  /** Tokens of a row, at most 65,536. */
  readonly context: number;
  /** `"concat"`: documents one after the other, cut into rows; `"document"`: one in each row. Default `"concat"`. */
  readonly policy?: PackPolicy;
  /** Column of JSONL and Parquet. Default `"text"`. */
  readonly column?: string;
  /** What a document of a text file is. Default `"file"`. */
  readonly textDocuments?: "file" | "line";
  /** Token that is first in every row; `null`: none. Default: the tokenizer's beginning of sequence. */
  readonly bos?: number | null;
  /** Token between documents; `null`: none. Default: the tokenizer's end of sequence. */
  readonly eos?: number | null;
  /** Token after short documents. Default: the tokenizer's padding, or its end of sequence. */
  readonly pad?: number | null;
  /** What happens with words that the vocabulary lacks. Default `"error"`. */
  readonly unknown?: "error" | "allow";
  /** Seed with which documents are shuffled before they are packed: all tokens are in memory then, four bytes each. */
  readonly shuffleDocuments?: number;
  /** Rows of a file. Default 65,536. */
  readonly rowsPerFile?: number;
  /** Called after each file. */
  readonly onProgress?: (progress: PackProgress) => void;
}

/** How far packing is. */
export interface PackProgress {
  readonly rows: number;
  readonly documents: number;
  readonly tokens: number;
}

const KNOWN = (
  "sources tokenizer out context policy column textDocuments bos eos pad unknown shuffleDocuments rowsPerFile " +
  "onProgress"
).split(" ");

/**
 * Tokenises documents once and writes rows of tokens, which is all that workers read. Killed and run again, it goes on
 * after the last whole file. The same sources, tokenizer and options give the same bytes.
 *
 * @throws UsageError `HARVEST_OPTION`, `PACK_SOURCE`, `PACK_TOKENIZER`, `PACK_TOKEN`, `PACK_NOTHING`, `PACK_OTHER`; FormatError
 * `PACK_DOCUMENT`, `PACK_TEXT`.
 * @example no-run
 * const { rows } = await packTokens({ sources: "corpus.jsonl", tokenizer: "./model", context: 128, out: "./tokens" });
 */
export async function packTokens(options: PackOptions): Promise<DatasetFile> {
  checkOptions(options);
  const store = openStore(options.out);
  const files = await documentFiles([options.sources].flat());
  const tokenizer =
    options.tokenizer === undefined
      ? undefined
      : await openTokenizer(options.tokenizer, options.unknown ?? "error");
  const settings = settingsOf(options, files, tokenizer);
  await claim(store, settings);
  const done = await findBytes(store, "dataset.json");
  if (done === undefined) {
    const packed = await packFiles(store, options, files, tokenizer, settings);
    await store.write("dataset.json", [canonicalJson(packed)]);
  }
  await using opened = await TokenSet.open(store);
  return opened.file;
}

/** What decides the rows. */
type Settings = Omit<DatasetFile, "rows" | "documents" | "tokens" | "dropped" | "files"> & {
  readonly column: string;
  readonly textDocuments: "file" | "line";
  readonly unknown: string;
  readonly rowsPerFile: number;
};

function settingsOf(
  options: PackOptions,
  files: readonly DocumentFile[],
  tokenizer: PackTokenizer | undefined,
): Settings {
  const { policy = "concat", context, column = "text", textDocuments = "file", unknown = "error" } = options;
  const orToken = (name: string, option: "bos" | "eos", needed: boolean): number | null => {
    const given = options[option];
    if (given !== undefined) return given;
    const found = tokenizer?.[option];
    if (found === undefined && tokenizer !== undefined && needed) throw packToken(name, option);
    return found ?? null;
  };
  const isConcat = policy === "concat";
  const eos = isConcat ? orToken("end-of-sequence", "eos", true) : null;
  return {
    format: "hookdict-tokens",
    version: 1,
    sources: files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })),
    tokenizer: tokenizer?.sha256 ?? null,
    policy,
    context,
    dtype: tokenizer?.isShort === true ? "U16" : "U32",
    bos: orToken("beginning-of-sequence", "bos", isConcat),
    eos,
    pad: isConcat ? null : (options.pad ?? tokenizer?.pad ?? tokenizer?.eos ?? 0),
    shuffle: options.shuffleDocuments ?? null,
    column,
    textDocuments,
    unknown,
    rowsPerFile: options.rowsPerFile ?? 65_536,
  };
}

/** The first who packs into a folder decides what. @throws UsageError `PACK_OTHER`. */
async function claim(store: HarvestStore, settings: Settings): Promise<void> {
  const bytes = canonicalJson(settings);
  if (await store.createNew("pack.json", bytes)) return;
  const there = await findBytes(store, "pack.json");
  if (there === undefined || String(there) === String(bytes)) return;
  const file = `${store.name}/pack.json`;
  const [before, now] = [there, bytes].map(
    (each) => Object(parseJson(decodeUtf8(each), file)) as Record<string, unknown>, // whatever it holds
  );
  const differing = Object.keys(settings).find(
    (key) => JSON.stringify(before?.[key]) !== JSON.stringify(now?.[key]),
  );
  throw packOther(store.name, differing ?? "settings");
}

async function packFiles(
  store: HarvestStore,
  options: PackOptions,
  files: readonly DocumentFile[],
  tokenizer: PackTokenizer | undefined,
  settings: Settings,
): Promise<DatasetFile> {
  const { column, textDocuments, unknown: _unknown, rowsPerFile, ...described } = settings;
  const packing: Packing = described;
  const { written, next, counts } = await resume(store);
  const documents = tokenDocuments(documentsOf(files, { column, textDocuments }), tokenizer);
  const ordered =
    options.shuffleDocuments === undefined ? documents : shuffled(documents, options.shuffleDocuments);
  let rows: PackedRow[] = [];
  const flush = async (): Promise<void> => {
    const last = rows.at(-1);
    if (last === undefined) return;
    const state = { next: last.next, counts: { ...counts } };
    written.push(
      await writeTokens(store, written.length, rows, described.dtype, state, described.policy === "document"),
    );
    rows = [];
    options.onProgress?.({ rows: rowsIn(written), documents: counts.documents, tokens: counts.tokens });
  };
  for await (const row of packRows(ordered, packing, counts, next)) {
    rows.push(row);
    if (rows.length === rowsPerFile) await flush();
  }
  await flush();
  if (written.length === 0) throw packNothing(counts.documents, counts.tokens, described.context);
  return { ...described, rows: rowsIn(written), ...counts, files: written };
}

function rowsIn(files: readonly TokensFile[]): number {
  return files.reduce((sum, file) => sum + file.rows, 0);
}

/** What was written before, and where it goes on. */
async function resume(
  store: HarvestStore,
): Promise<{ readonly written: TokensFile[]; readonly next: PackPlace; readonly counts: PackCounts }> {
  const written: TokensFile[] = [];
  let next: PackPlace = { document: 0, offset: 0 };
  let counts: PackCounts = { documents: 0, tokens: 0, dropped: 0 };
  for (;;) {
    const found = await findTokens(store, written.length);
    if (found === undefined) return { written, next, counts };
    written.push(found.file);
    next = found.state.next;
    counts = { ...found.state.counts };
  }
}

async function* tokenDocuments(
  documents: ReturnType<typeof documentsOf>,
  tokenizer: PackTokenizer | undefined,
): AsyncGenerator<TokenDocument> {
  let number = 0;
  for await (const { where, content } of documents) {
    yield { number: number++, tokens: () => idsOf(content, where, tokenizer) };
  }
}

function idsOf(
  content: string | readonly number[],
  where: string,
  tokenizer: PackTokenizer | undefined,
): readonly number[] {
  if (typeof content !== "string") return content;
  if (tokenizer === undefined) throw packTokenizer(where);
  return tokenizer.ids(content, where);
}

function checkOptions(options: PackOptions): void {
  const owner = "packTokens";
  checkKnown(owner, options, KNOWN);
  const { sources } = options;
  if (
    ![sources].flat().every((source: unknown) => typeof source === "string" && source !== "") ||
    sources.length === 0
  )
    throw harvestOption(owner, "sources", sources, "a path, or a list of paths");
  checkWhole(owner, "context", options.context ?? Number.NaN, 2, 1 << 16);
  checkWhole(owner, "rowsPerFile", options.rowsPerFile, 1, 1 << 24);
  checkWhole(owner, "shuffleDocuments", options.shuffleDocuments, 0, 2 ** 32 - 1);
  checkKind(owner, "tokenizer", options.tokenizer, "a text");
  checkKind(owner, "column", options.column, "a text");
  checkKind(owner, "onProgress", options.onProgress, "a function");
  checkWord(owner, "policy", options.policy, ["concat", "document"]);
  checkWord(owner, "textDocuments", options.textDocuments, ["file", "line"]);
  checkWord(owner, "unknown", options.unknown, ["error", "allow"]);
  for (const name of ["bos", "eos", "pad"] as const) {
    if (options[name] !== null) checkWhole(owner, name, options[name], 0, 0x7fffffff);
  }
}
