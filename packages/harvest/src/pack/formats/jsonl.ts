import { parseJson } from "@hookdict/tensordict/io";
import { type DocumentFormat, type Document } from "../document.ts";
import { contentOf } from "../content.ts";
import { packDocument } from "../errors.ts";
import { linesOf } from "../lines.ts";

/** A JSON object on each line; empty lines are none. */
export const jsonl: DocumentFormat = {
  ending: ".jsonl",
  async *read(source, { column }) {
    for await (const { text, number } of linesOf(source)) {
      if (text.trim() === "") continue;
      yield documentOf(text, `${source.name}:${number}`, column);
    }
  },
};

function documentOf(text: string, where: string, column: string): Document {
  let record: unknown;
  try {
    record = parseJson(text, where, { anyKeys: true });
  } catch (cause) {
    throw packDocument(where, "is no JSON", cause);
  }
  if (typeof record !== "object" || record === null || Array.isArray(record))
    throw packDocument(where, "is no JSON object");
  return {
    where,
    content: contentOf(Object.hasOwn(record, column) ? record[column as never] : undefined, where, column),
  };
}
