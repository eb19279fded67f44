import type { HostValues } from "../host/host.ts";
import type { HostDtype } from "../io/safetensors/dtypes.ts";
import { startsWith } from "../tree/node.ts";
import { savedTree } from "./errors.ts";

/** A leaf of a file whose header has been read: everything but the numbers. */
export type SavedLeaf = SavedNumbers | SavedStrings | HostValues | SavedNode;

export interface SavedNumbers {
  readonly kind: "numbers";
  readonly dtype: HostDtype;
  readonly shape: readonly number[];
  readonly name: string;
}

export interface SavedStrings {
  readonly kind: "strings";
  readonly shape: readonly number[];
  readonly bytes: string;
  readonly lengths: string;
}

export interface SavedNode {
  readonly kind: "dict";
  readonly batchSize: readonly number[];
  readonly leaves: ReadonlyMap<string, SavedLeaf>;
}

/** The leaf, if it begins with the batch size of its level. @throws FormatError `SAVED_TREE`. */
export function fitting(
  leaf: SavedLeaf,
  batchSize: readonly number[],
  file: string,
  path: readonly string[],
): SavedLeaf {
  const shape = leaf.kind === "dict" ? leaf.batchSize : leaf.shape;
  if (shape !== null && !startsWith(shape, batchSize)) {
    throw savedTree(
      file,
      path,
      `the shape [${shape.join(", ")}] does not begin with [${batchSize.join(", ")}]`,
    );
  }
  return leaf;
}
