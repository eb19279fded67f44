import {
  EncoderDecoder,
  type GenerateOptions,
  generateRows,
  type LoadedModel,
  Transformer,
} from "@hookdict/models";

/** What a set says of generation. */
export interface GreedySet {
  readonly input_ids?: readonly (readonly number[])[];
  readonly attention_mask?: readonly (readonly number[])[];
  /** The tokens that follow each row. */
  readonly greedy?: readonly (readonly number[])[];
}

/** What greedy generation gives in place of a set's tokens, one line each; none where it holds. */
export async function greedyFaults(
  model: LoadedModel,
  { input_ids: ids = [], attention_mask: mask, greedy }: GreedySet,
  decoderStart: number | undefined,
): Promise<string[]> {
  if (greedy === undefined) return [];
  const options = { maxNewTokens: Math.max(...greedy.map(({ length }) => length)) };
  const prompts = ids.map((row, r) => row.filter((_, i) => mask?.[r]?.[i] !== 0));
  const isSame = (rows: readonly (readonly number[])[]): boolean =>
    JSON.stringify(rows) === JSON.stringify(greedy);
  /** What follows each prompt, as far as the values go. */
  const made = async (
    prefixes: readonly (readonly number[])[],
    how: GenerateOptions,
  ): Promise<number[][]> => {
    const rows = await generateRows(model, prefixes, { ...options, ...how });
    return rows.map((row, r) => row.slice(prefixes[r]?.length).slice(0, greedy[r]?.length));
  };
  const isDecoder = model instanceof Transformer;
  const isBoth = model instanceof EncoderDecoder;
  const starts = isBoth ? prompts.map(() => [decoderStart ?? 0]) : prompts;
  const faults: string[] = [];
  for (const useCache of [true, false]) {
    const way = { useCache, ...(isDecoder && { padLeft: true }), ...(isBoth && { encoderPrompts: prompts }) };
    const rows = await made(starts, way);
    if (isSame(rows)) continue;
    // Scaling by length counts the longest row of a batch: values may be of the batch, or of each row alone.
    if (isDecoder && dependsOnLength(model) && isSame(await made(starts, { useCache }))) continue;
    faults.push(
      `greedy with useCache ${useCache}: ${JSON.stringify(rows)}, expected ${JSON.stringify(greedy)}`,
    );
  }
  return faults;
}

/** Whether rows that are padded together turn otherwise than each alone. */
function dependsOnLength({ config }: Transformer): boolean {
  return config.blocks.some(({ attention }) =>
    ["dynamic", "longrope"].includes(attention.rotary?.scaling.kind ?? ""),
  );
}
