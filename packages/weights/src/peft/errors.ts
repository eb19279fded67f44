import { FormatError, jsonText, MatchError, UsageError } from "@hookdict/tensordict";

export function adapterConfig(file: string, field: string, got: unknown, wanted: string): FormatError {
  return new FormatError({
    code: "ADAPTER_CONFIG",
    what: `${file}: ${field} is ${jsonText(got).slice(0, 100)}.`,
    hint: `It must be ${wanted}.`,
    fields: { file, field },
  });
}

export function adapterTensors(file: string, name: string, why: string): FormatError {
  return new FormatError({
    code: "ADAPTER_TENSORS",
    what: `${file}: ${name} ${why}.`,
    hint: "Save the adapter with PEFT's save_pretrained, as safetensors.",
    fields: { file, name },
  });
}

export function adapterModule(
  model: string,
  file: string,
  module: string,
  known: readonly string[],
): MatchError {
  const names = known.length === 0 ? "" : ` The nearest are ${known.join(", ")}.`;
  return new MatchError({
    code: "ADAPTER_MODULE",
    what: `${file} adapts ${module}, and ${model} has no one kernel of that name.`,
    hint: `Load the model that the adapter was trained on, unprocessed.${names}`,
    fields: { model, file, module },
  });
}

export function adapterShared(file: string, module: string): UsageError {
  return new UsageError({
    code: "ADAPTER_SHARED",
    what: `${file} adapts ${module}, which is one tensor with another in this model.`,
    hint: "Untie the model's embedding and unembedding first; merged, the adapter would change both.",
    fields: { file, module },
  });
}

export function adapterBase(file: string, module: string): UsageError {
  return new UsageError({
    code: "ADAPTER_BASE",
    what: `${file} holds the weight of ${module} that it was trained on, and this model has another.`,
    hint: "Load the model that the adapter was trained on, with its vocabulary.",
    fields: { file, module },
  });
}
