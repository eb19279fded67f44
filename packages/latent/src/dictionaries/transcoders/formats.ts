import { crossLayer } from "./formats/cross-layer.ts";
import type { TranscoderFormat } from "./formats/format.ts";
import { listed, perLayer } from "./formats/per-layer.ts";

/** Every layout of folders with the transcoders of all layers. */
export const TRANSCODER_FORMATS: readonly TranscoderFormat[] = [crossLayer, perLayer, listed];
