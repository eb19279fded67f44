import type { DictionaryFormat } from "./formats/format.ts";
import { gemmaScope1 } from "./formats/gemma-scope-1.ts";
import { gemmaScope2 } from "./formats/gemma-scope-2.ts";
import { saeLens } from "./formats/sae-lens.ts";
import { sparsify } from "./formats/sparsify.ts";

/** Every layout of folders with one dictionary. */
export const DICTIONARY_FORMATS: readonly DictionaryFormat[] = [saeLens, gemmaScope1, gemmaScope2, sparsify];
