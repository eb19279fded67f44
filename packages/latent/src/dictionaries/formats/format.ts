import type { SourceDirectory } from "@hookdict/tensordict/io";
import type { HostTensor } from "@hookdict/tensordict/io";
import type { DictionaryConfig, DictionaryWeights } from "../config.ts";

/** What a folder holds, not yet on a backend. */
export interface ReadDictionary {
  readonly config: DictionaryConfig;
  readonly weights: DictionaryWeights<HostTensor>;
  /** The file of weights, for messages. */
  readonly file: string;
}

/** A layout of folders with one dictionary. One file for each, listed in `DICTIONARY_FORMATS`. */
export interface DictionaryFormat {
  readonly name: string;
  /** The files that it is known by. */
  readonly files: readonly string[];
  read(directory: SourceDirectory): Promise<ReadDictionary>;
}
