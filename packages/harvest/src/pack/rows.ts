/** A document with its number; it is made tokens when its turn has come, and not where it is passed over. */
export interface TokenDocument {
  readonly number: number;
  readonly tokens: () => ArrayLike<number>;
}

/** Where the next row begins: a document, and a token of it. */
export interface PackPlace {
  readonly document: number;
  readonly offset: number;
}

/** A row of a data set. */
export interface PackedRow {
  /** `[context]`. */
  readonly tokens: Uint32Array;
  /** Number of the document that each token is of, `[context]`. */
  readonly document: Uint32Array;
  /** Where the first token of a document lies in that document. */
  readonly start: number;
  /** 1 at tokens, 0 at padding, `[context]`; all 1 where rows hold several documents. */
  readonly mask: Uint8Array;
  /** What follows. */
  readonly next: PackPlace;
}

/** How documents become rows. */
export interface Packing {
  readonly policy: "concat" | "document";
  readonly context: number;
  /** First in every row; `null`: none. */
  readonly bos: number | null;
  /** Between documents; `null`: none. */
  readonly eos: number | null;
  /** After the last token of a short document. */
  readonly pad: number | null;
}

/** What packing counts. */
export interface PackCounts {
  documents: number;
  tokens: number;
  /** Tokens in no row. */
  dropped: number;
}

/** Turns documents into rows, as they come, from a place on; counts go on in `counts`. */
export async function* packRows(
  documents: AsyncIterable<TokenDocument>,
  packing: Packing,
  counts: PackCounts,
  from: PackPlace = { document: 0, offset: 0 },
): AsyncGenerator<PackedRow> {
  const rows = packing.policy === "concat" ? concatRows : documentRows;
  yield* rows(documents, packing, counts, from);
}

/**
 * Documents one after the other with the end of sequence between them, cut into rows, the beginning of sequence first in
 * each; the tail that fills no row is dropped.
 */
async function* concatRows(
  documents: AsyncIterable<TokenDocument>,
  { context, bos, eos }: Packing,
  counts: PackCounts,
  from: PackPlace,
): AsyncGenerator<PackedRow> {
  const first = bos === null ? 0 : 1;
  let row = emptyRow(context, bos);
  let at = first;
  let held = 0; // tokens of documents in the row that is filled
  for await (const { number, tokens: read } of documents) {
    if (number < from.document) continue;
    const tokens = read();
    const isResumed = number === from.document && number < counts.documents;
    if (!isResumed) {
      counts.documents++;
      counts.tokens += tokens.length;
    }
    for (let i = isResumed ? from.offset : number > 0 && eos !== null ? -1 : 0; i < tokens.length; i++) {
      if (at === first) {
        row = emptyRow(context, bos);
        row.document.fill(number, 0, first);
        row.start = Math.max(0, i);
      }
      row.tokens[at] = i < 0 ? (eos as number) : (tokens[i] as number); // in range by the bound
      row.document[at] = i < 0 ? number - 1 : number;
      if (i >= 0) held++;
      at++;
      if (at < context) continue;
      row.next = { document: number, offset: i + 1 };
      yield row;
      at = first;
      held = 0;
    }
  }
  counts.dropped += held;
}

/** One document in each row, cut or padded. */
async function* documentRows(
  documents: AsyncIterable<TokenDocument>,
  { context, bos, pad }: Packing,
  counts: PackCounts,
  from: PackPlace,
): AsyncGenerator<PackedRow> {
  for await (const { number, tokens: read } of documents) {
    if (number < from.document) continue;
    const tokens = read();
    const row = emptyRow(context, bos);
    const first = bos === null ? 0 : 1;
    const kept = Math.min(tokens.length, context - first);
    for (let i = 0; i < kept; i++) row.tokens[first + i] = tokens[i] as number; // in range by the bound
    row.document.fill(number);
    row.tokens.fill(pad ?? 0, first + kept);
    row.mask.fill(0, first + kept);
    row.next = { document: number + 1, offset: 0 };
    counts.documents++;
    counts.tokens += tokens.length;
    counts.dropped += tokens.length - kept;
    yield row;
  }
}

function emptyRow(context: number, bos: number | null): { -readonly [K in keyof PackedRow]: PackedRow[K] } {
  const tokens = new Uint32Array(context);
  if (bos !== null) tokens[0] = bos;
  const next = { document: 0, offset: 0 };
  return {
    tokens,
    document: new Uint32Array(context),
    start: 0,
    mask: new Uint8Array(context).fill(1),
    next,
  };
}
