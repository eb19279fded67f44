/** Files by name. */
export type Files = Readonly<Record<string, Uint8Array>>;

/** Something that reads files of others. */
export interface Reader {
  readonly name: string;
  /** Good ones, of which one is changed. */
  readonly files: () => Promise<Files> | Files;
  /** Reads all that can be read, and frees it. */
  readonly read: (files: Files) => Promise<void> | void;
  /** Which files are changed. Default all. */
  readonly only?: RegExp;
  /** How many of those that are asked for, where several readers are of one kind. Default all, 1. */
  readonly share?: number;
}

/** Frees what has a `dispose`. */
export async function freed(made: PromiseLike<{ dispose(): void }>): Promise<void> {
  (await made).dispose();
}
