/** One comparison with other people's values: a variant, a case, a file. */
export interface Item {
  readonly name: string;
  /** Lines that say what does not hold; none: it holds. What it throws does not hold either. */
  check(): Promise<readonly string[]>;
}

/** Comparisons of one kind. */
export interface Area {
  readonly name: string;
  /** What is found in a folder that is laid out like tests/reference. */
  items(folder: string): Promise<readonly Item[]>;
}
