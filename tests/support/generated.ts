import { readFileSync, writeFileSync } from "node:fs";

/** A part of a Markdown file that is written from data: what stands between its two marks. */
export interface GeneratedSection {
  readonly file: URL;
  readonly name: string;
  readonly content: string;
}

/** Whether the file holds the section as it is now. */
export function isUpToDate(section: GeneratedSection): boolean {
  const text = readFileSync(section.file, "utf8");
  return text === withSection(text, section);
}

/** Writes the section into its file. */
export function writeSection(section: GeneratedSection): void {
  writeFileSync(section.file, withSection(readFileSync(section.file, "utf8"), section));
}

function withSection(text: string, { file, name, content }: GeneratedSection): string {
  const start = `<!-- generated: ${name} -->`;
  const end = `<!-- end: ${name} -->`;
  const [before, rest] = text.split(start);
  const [, after] = rest?.split(end) ?? [];
  if (before === undefined || after === undefined)
    throw new Error(`${file.pathname} has no ${start} ... ${end}`);
  return `${before}${start}\n\n${content}\n\n${end}${after}`;
}

/** A Markdown table, padded as prettier does it. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) =>
    Math.max(3, ...[title, ...rows.map((row) => row[i] ?? "")].map(length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell + " ".repeat((widths[i] ?? 0) - length(cell))).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

function length(text: string): number {
  return [...text].length;
}
