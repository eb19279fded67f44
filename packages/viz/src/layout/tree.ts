/** A node of a picture, as plain data: what `make` gives. */
export interface DrawnNode {
  readonly tag: string;
  /** Attributes; in elements also handlers, by names that begin with `on`. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly children: readonly Drawn[];
}

/** Anything that can stand in a tree of SVG or HTML. */
export type Drawn = DrawnNode | string | number | null;

/** A node by its tag. */
export function make(tag: string, given: DrawnNode["given"], ...children: readonly Drawn[]): DrawnNode {
  return { tag, given, children };
}
