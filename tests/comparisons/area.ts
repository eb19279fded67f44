/** One thing that is compared with values computed by other software. */
export interface Item {
  readonly name: string;
  /** The lines that it returns say what does not hold; none: it holds. A throw does not hold, with the error's text. */
  check(): Promise<readonly string[]>;
}

/** A group of items, by what they are about. */
export interface Area {
  readonly name: string;
  /** @param folder where the reference values are, laid out like `tests/reference` */
  items(folder: string): Promise<readonly Item[]>;
}
