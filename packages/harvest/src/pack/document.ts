import type { ByteSource } from "@hookdict/tensordict/io";

/** A document of a source. */
export interface Document {
  /** File and line or row, for messages. */
  readonly where: string;
  /** Its text, or its tokens. */
  readonly content: string | readonly number[];
}

/** How documents are read. */
export interface ReadOptions {
  /** Column of JSONL and Parquet: `"text"`, or one of lists of tokens. */
  readonly column: string;
  /** What a document of a text file is. */
  readonly textDocuments: "file" | "line";
}

/** A kind of file that documents are read of. One file for each; `formats.ts` lists those of the folder `formats`. */
export interface DocumentFormat {
  readonly ending: string;
  /** Documents in the order of the file. **Ownership:** *borrows* the source. */
  read(source: ByteSource, options: ReadOptions): AsyncIterable<Document>;
}
