import { openSafetensors, parseJson, type SafetensorsItem, writeSafetensors } from "@hookdict/tensordict/io";
import { sha256Of } from "#platform";
import { Fields } from "../checks/fields.ts";
import type { TokensFile } from "../data/dataset.ts";
import { dataNotFound } from "../data/errors.ts";
import type { HarvestStore } from "../store/store.ts";
import type { PackCounts, PackedRow, PackPlace } from "./rows.ts";

/** Where packing stands after a file: kept in the file, so that it can go on there. */
export interface PackState {
  readonly next: PackPlace;
  readonly counts: PackCounts;
}

/** The name of a file of rows. */
export function tokensFile(number: number): string {
  return `tokens-${String(number).padStart(5, "0")}.safetensors`;
}

/** Writes rows to a file, with what follows. */
export async function writeTokens(
  store: HarvestStore,
  number: number,
  rows: readonly PackedRow[],
  dtype: "U16" | "U32",
  state: PackState,
  hasMask: boolean,
): Promise<TokensFile> {
  const name = tokensFile(number);
  const context = rows[0]?.tokens.length ?? 0;
  const shape = [rows.length, context];
  const joined = <A extends Uint8Array | Uint16Array | Uint32Array>(
    target: A,
    of: (row: PackedRow) => ArrayLike<number>,
  ): A => {
    rows.forEach((row, i) => target.set(of(row), i * context));
    return target;
  };
  const size = rows.length * context;
  const tokens = joined(dtype === "U16" ? new Uint16Array(size) : new Uint32Array(size), (row) => row.tokens);
  const items: SafetensorsItem[] = [
    { name: "tokens", dtype, shape, data: tokens },
    { name: "document", dtype: "U32", shape, data: joined(new Uint32Array(size), (row) => row.document) },
    { name: "start", dtype: "U32", shape: [rows.length], data: Uint32Array.from(rows, ({ start }) => start) },
  ];
  if (hasMask)
    items.push({ name: "mask", dtype: "U8", shape, data: joined(new Uint8Array(size), (row) => row.mask) });
  const parts: Uint8Array[] = [];
  await writeSafetensors(partsSink(name, parts), items, { metadata: { state: JSON.stringify(state) } });
  await store.write(name, parts);
  return describeTokens(store, number, rows.length);
}

/** A file of rows as `dataset.json` lists it. */
async function describeTokens(store: HarvestStore, number: number, rows: number): Promise<TokensFile> {
  const name = tokensFile(number);
  const source = await store.find(name);
  if (source === undefined) throw dataNotFound(`${store.name}/${name}`); // somebody else removes files here
  try {
    return { name, rows, bytes: source.size, sha256: await sha256Of(source) };
  } finally {
    await source.close();
  }
}

/** A file that was written before, with what follows it; `undefined` where there is none. */
export async function findTokens(
  store: HarvestStore,
  number: number,
): Promise<{ readonly file: TokensFile; readonly state: PackState } | undefined> {
  const source = await store.find(tokensFile(number));
  if (source === undefined) return undefined;
  await using opened = await openSafetensors(source);
  const state = opened.metadata.get("state");
  const rows = opened.entries.get("tokens")?.shape[0];
  if (state === undefined || rows === undefined) return undefined;
  const parsed = parseState(source.name, state);
  return { file: await describeTokens(store, number, rows), state: parsed };
}

/** @throws FormatError `HARVEST_FILE_INVALID`, `JSON_*` */
function parseState(file: string, text: string): PackState {
  const fields = new Fields(file, parseJson(text, file));
  const [next, counts] = [fields.record("next"), fields.record("counts")];
  return {
    next: { document: next.whole("document"), offset: next.whole("offset") },
    counts: {
      documents: counts.whole("documents"),
      tokens: counts.whole("tokens"),
      dropped: counts.whole("dropped"),
    },
  };
}

function partsSink(name: string, parts: Uint8Array[]): Parameters<typeof writeSafetensors>[0] {
  return {
    name,
    write: async (bytes) => void parts.push(bytes.slice()),
    commit: async () => undefined,
    abort: async () => undefined,
  };
}
