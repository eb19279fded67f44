/** What a value is, for messages: its class, `record` for an object without one, or its type. */
export function typeName(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  const { constructor } = value as { readonly constructor?: unknown }; // a record may have anything under that name
  return typeof constructor === "function" && constructor !== Object ? constructor.name : "record";
}
