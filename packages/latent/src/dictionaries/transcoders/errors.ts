import { FormatError, ShapeError, UsageError } from "@hookdict/tensordict";

export function layersDiffer(
  what: string,
  wanted: number | readonly number[],
  got: number | readonly number[],
): ShapeError {
  const shown = (value: number | readonly number[]): string =>
    typeof value === "number" ? `${value}` : `[${value.join(", ")}]`;
  return new ShapeError({
    code: "TRANSCODER_LAYERS",
    what: `Transcoders were given ${shown(got)} as ${what}, in place of ${shown(wanted)}.`,
    hint: "Give one of each layer, in the layers' order.",
    fields: { what, wanted, got },
  });
}

export function transcodersUnknown(folder: string, wanted: readonly string[]): FormatError {
  return new FormatError({
    code: "TRANSCODER_FORMAT",
    what: `${folder} holds no transcoders of a known layout.`,
    hint: `A folder has one of these: ${wanted.join("; ")}.`,
    fields: { folder, wanted },
  });
}

export function layersAbsent(count: number, problem: string): UsageError {
  return new UsageError({
    code: "TRANSCODER_SITES",
    what: `Transcoders of ${count} layers do not fit the model: ${problem}.`,
    hint: "Give input and output as paths with {layer} in place of the number, and transcoders of this model.",
    fields: { count, problem },
  });
}
