import { EncoderDecoder, generateRows, type LoadedModel, Transformer } from "@hookdict/models";

/** What a set says of generation. */
export interface GreedySet {
  readonly input_ids?: readonly (readonly number[])[];
  readonly attention_mask?: readonly (readonly number[])[];
  /** The tokens that follow each row. */
  readonly greedy?: readonly (readonly number[])[];
}

/** How decoders run: rows padded on the left or apart, with and without a cache. */
const WAYS = [
  { useCache: true, padLeft: true },
  { useCache: false, padLeft: true },
];
const WITHOUT_PADDING = WAYS.map(({ useCache }) => ({ useCache }));

/** What greedy generation gives in place of a set's tokens, one line each; none where it holds. */
export async function greedyFaults(
  model: LoadedModel,
  { input_ids: ids = [], attention_mask: mask, greedy }: GreedySet,
  decoderStart: number | undefined,
): Promise<string[]> {
  if (greedy === undefined) return [];
  const options = { maxNewTokens: greedy[0]?.length ?? 0 };
  const prompts = ids.map((row, r) => row.filter((_, i) => mask?.[r]?.[i] !== 0));
  const faults: string[] = [];
  const compare = (way: string, rows: readonly (readonly number[])[], starts: readonly number[]): void => {
    const made = rows.map((row, r) => row.slice(starts[r]));
    if (JSON.stringify(made) !== JSON.stringify(greedy))
      faults.push(`greedy ${way}: ${JSON.stringify(made)}, expected ${JSON.stringify(greedy)}`);
  };
  const lengths = prompts.map((row) => row.length);
  if (model instanceof EncoderDecoder) {
    const starts = prompts.map(() => [decoderStart ?? 0]);
    for (const way of WITHOUT_PADDING) {
      const all = { ...options, ...way, encoderPrompts: prompts };
      compare(JSON.stringify(way), await generateRows(model, starts, all), [1, 1]);
    }
  } else if (model instanceof Transformer) {
    for (const way of WAYS)
      compare(JSON.stringify(way), await generateRows(model, prompts, { ...options, ...way }), lengths);
  } else {
    for (const way of WITHOUT_PADDING)
      compare(JSON.stringify(way), await generateRows(model, prompts, { ...options, ...way }), lengths);
  }
  return faults;
}
