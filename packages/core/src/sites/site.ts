/** What kind of place a site is. */
export type SiteKind = "module" | "point" | "layer" | "node" | "function" | "weight";

/**
 * A place of a model that a value passes. Plain data: it names the place and holds nothing.
 */
export interface Site {
  /** Dotted name, unique within the model. */
  readonly path: string;
  /** The path's segments. */
  readonly segments: readonly string[];
  readonly kind: SiteKind;
  /** Name of the class, layer type or operation found there. */
  readonly type: string;
  /** Names of the output's axes, outermost first, such as `["batch", "pos", "head", "dHead"]`, when declared. */
  readonly axes?: readonly string[];
  /** Other paths that lead to the same place (a module shared by two parents). */
  readonly aliases?: readonly string[];
}
