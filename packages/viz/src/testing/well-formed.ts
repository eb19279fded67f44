/** Characters that XML allows. */
const FORBIDDEN =
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** What keeps a text from being well-formed XML of elements and text; `undefined` where it is. */
export function wellFormed(xml: string): string | undefined {
  const odd = FORBIDDEN.exec(xml);
  if (odd !== null) return `the character ${odd[0].charCodeAt(0).toString(16)} at ${odd.index}`;
  const open: string[] = [];
  let at = 0;
  for (const tag of xml.matchAll(/<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g)) {
    const between = xml.slice(at, tag.index);
    if (between.includes("<")) return `a stray < in ${JSON.stringify(between.slice(0, 40))}`;
    if (/&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)/i.test(between + (tag[3] ?? "")))
      return `a stray & before ${tag.index}`;
    at = tag.index + tag[0].length;
    const [, slash, name = "", , empty] = tag;
    if (slash === "") {
      if (empty === "") open.push(name);
    } else if (open.pop() !== name) return `</${name}> ends something else`;
  }
  if (xml.slice(at).includes("<")) return "something after the last tag";
  return open.length === 0 ? undefined : `<${open.at(-1)}> does not end`;
}
