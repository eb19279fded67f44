import type { DictionaryFormat } from "./formats/format.ts";
import { saeLens } from "./formats/sae-lens.ts";

/** Every layout of folders with one dictionary. */
export const DICTIONARY_FORMATS: readonly DictionaryFormat[] = [saeLens];
