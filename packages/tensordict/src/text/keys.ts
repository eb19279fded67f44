/** A key as its user would write it: `"a"`, or `["a","b"]`. */
export function formatKey(path: readonly string[]): string {
  return JSON.stringify(path.length === 1 ? path[0] : path);
}

/** Sizes as a list. */
export function formatSizes(shape: readonly (number | string)[]): string {
  return `[${shape.join(", ")}]`;
}
