import type { Drawn } from "../layout/tree.ts";

/** A tree as text: well-formed XML, whatever the texts in it are. Empty attributes are left out, handlers too. */
export function markup(drawn: Drawn): string {
  if (drawn === null) return "";
  if (typeof drawn !== "object") return escaped(String(drawn));
  const { tag, given, children } = drawn;
  const attributes = Object.entries(given).map(([name, value]) =>
    typeof value === "number" || (typeof value === "string" && value !== "")
      ? ` ${name}="${escaped(String(value))}"`
      : "",
  );
  return `<${tag}${attributes.join("")}>${children.map(markup).join("")}</${tag}>`;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
