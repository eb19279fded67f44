import type { DocumentFormat } from "../document.ts";
import { decode, linesOf } from "../lines.ts";

/** Plain text: the file is a document, or each line that is not empty. */
export const text: DocumentFormat = {
  ending: ".txt",
  async *read(source, { textDocuments }) {
    if (textDocuments === "line") {
      for await (const line of linesOf(source)) {
        if (line.text.trim() !== "") yield { where: `${source.name}:${line.number}`, content: line.text };
      }
      return;
    }
    const bytes = new Uint8Array(source.size);
    await source.readInto(bytes, 0);
    yield { where: source.name, content: decode(bytes, source.name) };
  },
};
