/** A piece of documented code that is run. */
export interface Example {
  /** File it stands in, relative to the repository's root. */
  readonly file: string;
  /** Line of the file that the first line of `code` stands on, from 1. */
  readonly line: number;
  readonly code: string;
}

/**
 * The blocks of a Markdown file that are marked `ts`. One marked `ts continued` goes on where the block
 * before it ended; one marked `ts no-run` is left alone.
 */
export function markdownExamples(file: string, text: string): Example[] {
  const examples: Example[] = [];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index += 1) {
    const info = /^```ts(?: (.*))?$/.exec(lines[index]?.trimEnd() ?? "");
    if (info === null) continue;
    const end = lines.indexOf("```", index + 1);
    if (end < 0) throw new Error(`${file}:${index + 1}: the block is not closed`);
    const code = lines.slice(index + 1, end).join("\n");
    if (info[1] === "continued") examples.push(joined(examples.pop(), { file, line: index + 2, code }));
    else if (info[1] === undefined) examples.push({ file, line: index + 2, code });
    else if (info[1] !== "no-run") throw new Error(`${file}:${index + 1}: unknown mark "${info[1]}"`);
    index = end;
  }
  return examples;
}

/** Both pieces, with as many empty lines between as keep the second one's line numbers. */
function joined(first: Example | undefined, second: Example): Example {
  if (first === undefined)
    throw new Error(`${second.file}:${second.line - 1}: there is no block to continue`);
  const gap = second.line - first.line - first.code.split("\n").length;
  return { ...first, code: first.code + "\n".repeat(gap + 1) + second.code };
}

/**
 * The `@example`s in a TypeScript file's doc comments that show a value with `// =>`. One that begins
 * `@example no-run` is left alone.
 */
export function sourceExamples(file: string, text: string): Example[] {
  const examples: Example[] = [];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index += 1) {
    if (lines[index]?.trim() !== "* @example") continue;
    const line = index + 2;
    const code = commentLines(lines, index + 1);
    if (code.some((codeLine) => codeLine.includes("// =>")))
      examples.push({ file, line, code: code.join("\n") });
  }
  return examples;
}

/** The text of a doc comment from one line to its end or to the next tag, without the stars. */
function commentLines(lines: readonly string[], start: number): string[] {
  const found: string[] = [];
  for (const line of lines.slice(start)) {
    const text = /^\s*\* ?(?!\/)(.*)$/.exec(line)?.[1];
    if (text === undefined || /^@\w+/.test(text)) break;
    found.push(text.startsWith("```") ? "" : text);
  }
  return found;
}
