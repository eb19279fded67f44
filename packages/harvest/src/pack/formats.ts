import type { DocumentFormat } from "./document.ts";
import { jsonl } from "./jsonl.ts";
import { parquet } from "./parquet.ts";
import { text } from "./text.ts";

/** Every kind of file that documents are read of. */
export const DOCUMENT_FORMATS: readonly DocumentFormat[] = [jsonl, parquet, text];
