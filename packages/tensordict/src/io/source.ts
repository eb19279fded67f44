/**
 * Bytes that can be read by range: an open file, a URL, a `Blob`, an array.
 *
 * Whoever opened a source closes it; sources that hold nothing do nothing on close.
 */
export interface ByteSource {
  /** Name for messages: a path, a URL, a file name. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /** Whether every read takes a while, so that few large ones are better than many small ones. Default `false`. */
  readonly isRemote?: boolean;
  /**
   * Fills the whole of `target` with the bytes that start at `offset`.
   *
   * **Ownership:** *borrows* `target`.
   *
   * @throws FormatError `FILE_TRUNCATED` when the source ends before `target` is full.
   */
  readInto(target: Uint8Array, offset: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Bytes on their way to a place where they appear all at once: nothing is there until `commit`, and after `abort`
 * what was there before is still there. After either, a sink is finished.
 */
export interface ByteSink {
  /** Name for messages. */
  readonly name: string;
  /** Appends; **borrows** `bytes` until the promise settles. */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes what was written visible under its name, replacing what was there. */
  commit(): Promise<void>;
  /** Drops what was written. Does nothing after `commit`. */
  abort(): Promise<void>;
}

/** A place with named files to read: a folder, a base URL, files picked in a page, arrays by name. */
export interface SourceDirectory {
  /** Name for messages. */
  readonly name: string;
  /** Opens a file, or gives `undefined` where there is none of that name. The caller closes it. */
  find(file: string): Promise<ByteSource | undefined>;
}

/** A {@link SourceDirectory} that can be written too. */
export interface Directory extends SourceDirectory {
  /** Begins a file; see {@link ByteSink} for when it appears. */
  create(file: string): Promise<ByteSink>;
  /** Removes a file; nothing happens where there is none. */
  remove(file: string): Promise<void>;
  /** Names of the files, sorted. */
  list(): Promise<string[]>;
  /**
   * Takes a lock by a file's name, for as long as whoever holds it lives; gives what releases it, or words for who
   * holds it. A directory without this is not shared with others.
   */
  lock?(file: string): Promise<DirectoryLock | string>;
}

/** A lock that is held. */
export interface DirectoryLock {
  release(): Promise<void>;
}
