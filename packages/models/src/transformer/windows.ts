import { configUnsupported } from "../errors.ts";
import { type ConfigFields, isText } from "./fields.ts";

/** Which layers see only a window: as `layer_types` says, or else as the family's own rule does. */
export function readSliding(
  fields: ConfigFields,
  nLayers: number,
  slides: (layer: number) => boolean,
): readonly boolean[] {
  if (fields.absent("layer_types")) return Array.from({ length: nLayers }, (_, layer) => slides(layer));
  const known = ["full_attention", "sliding_attention"];
  const kinds = fields.list("layer_types", nLayers, isText, `a list of ${nLayers} kinds of layers`);
  return kinds.map((kind) => {
    if (!known.includes(kind)) throw configUnsupported(fields.file, "layer_types", kind, known);
    return kind === "sliding_attention";
  });
}
