/**
 * Turns every `// => text` of an example into a check. What stands before it decides what is checked:
 * the value of an expression, the constant that is declared, what `console.log` prints, or, for
 * `// => throws text`, the error. The text may go on in comment lines below, indented by two or more.
 *
 * The result has the same number of lines, and calls `$check(text, line)`, which the runner provides.
 *
 * @example
 * instrument("1 + 1; // => 2"); // => '$check("2", 1).value(1 + 1);'
 */
export function instrument(code: string): string {
  const lines = code.split("\n");
  for (let index = 0; index < lines.length; index += 1) {
    const [statement, text] = split(lines[index] ?? "");
    if (text === undefined) continue;
    const whole = [text, ...continuation(lines, index + 1)].join("\n").trim();
    const end = statement.trim() === "" ? previousCode(lines, index) : index;
    if (end !== index) lines[index] = "";
    else lines[index] = statement.trimEnd();
    check(lines, startOf(lines, end), end, whole);
  }
  return lines.join("\n");
}

const mark = "// =>";

function split(line: string): [string, string | undefined] {
  const at = line.indexOf(mark);
  return at < 0 ? [line, undefined] : [line.slice(0, at), line.slice(at + mark.length).trim()];
}

/** Comment lines below an expectation that go on with it; they are emptied. */
function continuation(lines: string[], start: number): string[] {
  const found: string[] = [];
  for (let index = start; index < lines.length; index += 1) {
    const text = /^\s*\/\/ {2,}(\S.*)$/.exec(lines[index] ?? "")?.[1];
    if (text === undefined) break;
    found.push(text);
    lines[index] = "";
  }
  return found;
}

function previousCode(lines: readonly string[], index: number): number {
  for (let at = index - 1; at >= 0; at -= 1) if (lines[at]?.trim() !== "") return at;
  throw new Error(`line ${index + 1}: "${mark}" stands before any statement`);
}

/** The line a statement that ends on line `end` begins on: the nearest above that is not indented more and does not close or chain. */
function startOf(lines: readonly string[], end: number): number {
  if (!/^\s*[)\]}.]/.test(lines[end] ?? "")) return end;
  const indent = /^\s*/.exec(lines[end] ?? "")?.[0].length ?? 0;
  for (let at = end - 1; at >= 0; at -= 1) {
    const line = lines[at] ?? "";
    if (line.trim() === "" || /^\s*[)\]}.]/.test(line)) continue;
    const isOutside = (/^\s*/.exec(line)?.[0].length ?? 0) <= indent;
    if (isOutside) return at;
  }
  return 0;
}

/** Puts the check around or behind the statement. */
function check(lines: string[], start: number, end: number, text: string): void {
  const last = lines[end] ?? "";
  if (!last.endsWith(";"))
    throw new Error(`line ${end + 1}: "${mark}" must follow a statement that ends in ";"`);
  const throws = /^throws\b ?/.exec(text);
  const call = `$check(${JSON.stringify(text.slice(throws?.[0].length ?? 0))}, ${end + 1})`;
  const first = lines[start] ?? "";
  const declared = /^\s*(?:const|let|using|await using) (\w+)\b/.exec(first)?.[1];
  if (throws !== null) wrap(lines, start, end, `await ${call}.thrown(async () => `, ")");
  else if (declared !== undefined) lines[end] = `${last} ${call}.value(${declared});`;
  else if (/^\s*console\.log\(/.test(first)) lines[start] = first.replace("console.log(", `${call}.printed(`);
  else wrap(lines, start, end, `${call}.value(`, ")");
}

function wrap(lines: string[], start: number, end: number, before: string, after: string): void {
  lines[start] = (lines[start] ?? "").replace(/^\s*/, (indent) => indent + before);
  lines[end] = (lines[end] ?? "").replace(/;$/, `${after};`);
}
