import { FormatError } from "../../errors/base.ts";

/** A directory without weights. */
export function checkpointMissing(directory: string, single: string, index: string): FormatError {
  return new FormatError({
    code: "CHECKPOINT_MISSING",
    what: `${directory}: has neither ${single} nor ${index}.`,
    hint: "Give a Hugging Face directory with safetensors weights.",
    fields: { directory },
  });
}

/** An index that is not one. */
export function checkpointIndex(file: string, problem: string): FormatError {
  return new FormatError({
    code: "CHECKPOINT_INDEX",
    what: `${file}: ${problem}.`,
    hint: 'An index is { "weight_map": { tensor name: file name } }.',
    fields: { file },
  });
}

/** A shard lacks what the index says it has. */
export function checkpointShardLacks(file: string, tensor: string, index: string): FormatError {
  return new FormatError({
    code: "CHECKPOINT_SHARD_LACKS",
    what: `${file}: lacks tensor "${tensor}", which ${index} says it has.`,
    hint: "Fetch index and shards of one version.",
    fields: { file, tensor },
  });
}

/** A shard has what the index does not put there. */
export function checkpointShardExtra(
  file: string,
  tensor: string,
  index: string,
  elsewhere: string | undefined,
): FormatError {
  const place = elsewhere === undefined ? "does not list" : `puts in ${elsewhere}`;
  return new FormatError({
    code: "CHECKPOINT_SHARD_EXTRA",
    what: `${file}: has tensor "${tensor}", which ${index} ${place}.`,
    hint: "Fetch index and shards of one version.",
    fields: { file, tensor, elsewhere },
  });
}
