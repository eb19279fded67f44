import type { HostTensor, SourceDirectory } from "@hookdict/tensordict/io";
import type { ReadDictionary } from "../../formats/format.ts";

/** One layer of a folder, not yet on a backend. */
export interface ReadTranscoder extends ReadDictionary {
  /** What it writes in the layers after it, `[dSae, dOut]` each. */
  readonly later?: readonly HostTensor[];
}

/** A layout of folders with the transcoders of all layers. One file for each, listed in `TRANSCODER_FORMATS`. */
export interface TranscoderFormat {
  readonly name: string;
  /** The files that it is known by. */
  readonly files: readonly string[];
  /** The layers in their order, read as they are asked for. */
  read(directory: SourceDirectory): AsyncIterable<ReadTranscoder>;
}
