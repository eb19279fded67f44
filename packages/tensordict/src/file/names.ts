/** Names that JSON readers must never make a property of; none of them is a name in a file. */
const RESERVED: ReadonlySet<string> = new Set(["__metadata__", "__proto__", "constructor", "prototype"]);

/**
 * The name of a key's tensor in a file: the names on the way, joined by `/`. In a name, `~` becomes `~0` and `/` becomes
 * `~1`, as in JSON Pointer; a reserved name gets `~2` in front.
 *
 * @example
 * fileName(["fwd", "blocks.0.hook_q"]); // => "fwd/blocks.0.hook_q"
 */
export function fileName(path: readonly string[]): string {
  const name = path.map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1")).join("/");
  return RESERVED.has(name) ? `~2${name}` : name;
}

/** The name of the tensor with the lengths of a string tensor's elements; no key has it. */
export function lengthsName(path: readonly string[]): string {
  return `${fileName(path)}~lengths`;
}
