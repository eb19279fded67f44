/** One thing that other people's software computed, and that ours must give. */
export interface Item {
  readonly name: string;
  /** What does not hold, one line each; none where it holds. A throw does not hold, either. */
  check(): Promise<readonly string[]>;
}

/** Comparisons of one kind. */
export interface Area {
  readonly name: string;
  /** The file or folder without which there is nothing to compare, seen from the folder of values. */
  readonly at: string;
  /** @param folder Laid out as `tests/reference`; an area goes through whatever it finds there. */
  items(folder: string): Promise<readonly Item[]>;
}
