/**
 * A glob over dotted paths as a regular expression: `*` is anything in one segment, `**` any segments, `{a,b}` one of a
 * list, `{0..3}` one of a range. A page that filters as one types takes this in place of core's patterns, which can more
 * and are larger than all else in it.
 *
 * @example
 * globToRegExp("blocks.{0..1}.**").test("blocks.1.attn.hook_z"); // => true
 */
export function globToRegExp(glob: string): RegExp {
  const parts = glob.slice(0, 500).split(/(\*\*\.?|\*|\?|\{[^{}]*\})/);
  const source = parts.map((part) => {
    if (part === "**.") return "(?:[^.]+\\.)*";
    if (part === "**") return ".*";
    if (part === "*") return "[^.]*";
    if (part === "?") return "[^.]";
    if (part.startsWith("{") && part.endsWith("}"))
      return `(?:${choices(part.slice(1, -1)).map(escape).join("|")})`;
    return escape(part);
  });
  return new RegExp(`^${source.join("")}$`);
}

const escape = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");

function choices(list: string): readonly string[] {
  const ends = /^(\d{1,4})\.\.(\d{1,4})$/.exec(list);
  if (ends === null) return list.split(",");
  const [low, high] = [Number(ends[1]), Number(ends[2])];
  return Array.from({ length: Math.max(0, high - low + 1) }, (_, i) => String(low + i));
}
