import {
  EncoderDecoder,
  generateRows,
  type LoadedModel,
  type LogitsModel,
  Transformer,
} from "@hookdict/models";
import { tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";

/** What a set says of generation. */
export interface GreedySet {
  readonly input_ids?: readonly (readonly number[])[];
  readonly attention_mask?: readonly (readonly number[])[];
  /** The tokens that follow each row. */
  readonly greedy?: readonly (readonly number[])[];
}

/** How decoders run: rows padded on the left, with and without a cache; other models take no mask. */
const WAYS = [
  { useCache: true, padLeft: true },
  { useCache: false, padLeft: true },
];

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
    const rows = await Promise.all(prompts.map((prompt) => translated(model, prompt, decoderStart, options)));
    compare("", rows, [1, 1]);
  } else if (model instanceof Transformer) {
    for (const way of WAYS)
      compare(JSON.stringify(way), await generateRows(model, prompts, { ...options, ...way }), lengths);
  } else {
    compare("", await generateRows(model as LogitsModel, prompts, options), lengths);
  }
  return faults;
}

/** What a decoder makes of one text. */
async function translated(
  model: EncoderDecoder,
  prompt: readonly number[],
  decoderStart = 0,
  options: { readonly maxNewTokens: number },
): Promise<readonly number[]> {
  const tokens = tensor2d([...prompt], [1, prompt.length], "int32");
  const decoder: LogitsModel = {
    call: (decoderTokens) => model.call(tokens, { decoderTokens: decoderTokens as Tensor2D }), // of rank 2
  };
  const [row = []] = await generateRows(decoder, [[decoderStart]], options);
  tokens.dispose();
  return row;
}
