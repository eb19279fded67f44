/** What a value is, for messages: its class, or its type. */
export function typeName(value: unknown): string {
  if (typeof value === "object" && value !== null) return value.constructor?.name ?? "record";
  return value === null ? "null" : typeof value;
}
