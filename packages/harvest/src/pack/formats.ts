import type { DocumentFormat } from "./document.ts";
import { jsonl } from "./formats/jsonl.ts";
import { parquet } from "./formats/parquet.ts";
import { text } from "./formats/text.ts";

/** Every kind of file that documents are read of. */
export const DOCUMENT_FORMATS: readonly DocumentFormat[] = [jsonl, parquet, text];
