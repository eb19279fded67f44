import { counted, showAsText } from "@hookdict/tensordict";
import { openSafetensors, type TensorStore } from "@hookdict/tensordict/io";
import { sha256 } from "#platform";
import { harvestFileInvalid } from "../checks/errors.ts";
import { findBytes } from "../store/bytes.ts";
import { openStore, type StoreLocation } from "../store/open.ts";
import type { HarvestStore } from "../store/store.ts";
import { type DatasetFile, parseDataset, type TokensFile } from "./dataset.ts";
import { rowRange } from "../reader/errors.ts";
import { dataNotFound } from "./errors.ts";

/** Rows of a data set in memory, row after row. */
export interface TokenRows {
  /** `[rows, context]`. */
  readonly tokens: Int32Array;
  /** Number of the document that each token is of, `[rows, context]`. */
  readonly document: Int32Array;
  /** 1 at tokens and 0 at padding, `[rows, context]`; only where each row is a document. */
  readonly mask: Int32Array | undefined;
}

/**
 * A packed data set, read by rows.
 *
 * @example no-run
 * await using tokens = await TokenSet.open("./tokens");
 * const { tokens: ids } = await tokens.read(0, 8);
 */
export class TokenSet implements AsyncDisposable {
  static {
    showAsText(
      this,
      ({ file }) => `TokenSet: ${counted(file.rows, "row")} of ${counted(file.context, "token")}`,
    );
  }

  readonly file: DatasetFile;
  /** SHA-256 of `dataset.json`. */
  readonly sha256: string;
  readonly #store: HarvestStore;
  readonly #open = new Map<string, Promise<TensorStore>>();

  private constructor(store: HarvestStore, file: DatasetFile, hash: string) {
    this.#store = store;
    this.file = file;
    this.sha256 = hash;
  }

  /** @throws FormatError `HARVEST_DATA_NOT_FOUND`, `HARVEST_FILE_INVALID`. */
  static async open(location: StoreLocation): Promise<TokenSet> {
    const store = openStore(location);
    const bytes = await findBytes(store, "dataset.json");
    if (bytes === undefined) throw dataNotFound(store.name);
    return new TokenSet(store, parseDataset(`${store.name}/dataset.json`, bytes), await sha256([bytes]));
  }

  /** Rows `[from, to)`. **Ownership:** *returns owned*. @throws UsageError `HARVEST_ROW_RANGE` */
  async read(from: number, to: number): Promise<TokenRows> {
    const { context, policy, rows: count } = this.file;
    for (const [row, least, most] of [
      [from, 0, count],
      [to, from, count],
    ] as const)
      if (!Number.isSafeInteger(row) || row < least || row > most) throw rowRange(row, count);
    const size = (to - from) * context;
    const rows = {
      tokens: new Int32Array(size),
      document: new Int32Array(size),
      mask: policy === "document" ? new Int32Array(size) : undefined,
    };
    let first = 0;
    for (const file of this.file.files) {
      const [start, end] = [Math.max(from, first), Math.min(to, first + file.rows)];
      if (start < end) {
        const store = await this.#storeOf(file);
        for (const [name, target] of Object.entries(rows)) {
          if (target === undefined) continue;
          const { data } = await store.readRows(name, start - first, end - start);
          target.set(data, (start - from) * context);
        }
      }
      first += file.rows;
    }
    return rows;
  }

  #storeOf(file: TokensFile): Promise<TensorStore> {
    const open = this.#open.get(file.name) ?? this.#openFile(file);
    this.#open.set(file.name, open);
    return open;
  }

  async #openFile(file: TokensFile): Promise<TensorStore> {
    const source = await this.#store.find(file.name);
    if (source === undefined)
      throw harvestFileInvalid(
        `${this.#store.name}/${file.name}`,
        "is missing, though dataset.json lists it",
      );
    const { context, dtype, policy } = this.file;
    const store = await openSafetensors(source);
    const wanted: [string, string][] = [
      ["tokens", dtype],
      ["document", "U32"],
    ];
    if (policy === "document") wanted.push(["mask", "U8"]);
    for (const [name, type] of wanted) {
      const entry = store.entries.get(name);
      if (entry?.dtype !== type || String(entry.shape) !== String([file.rows, context])) {
        await store.close();
        throw harvestFileInvalid(source.name, `has no ${type} tensor "${name}" [${file.rows}, ${context}]`);
      }
    }
    return store;
  }

  /** Closes its files. */
  async close(): Promise<void> {
    for (const store of this.#open.values()) await (await store.catch(() => undefined))?.close();
    this.#open.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
