import type { Transformer } from "@hookdict/models";
import { argMax, slice, tensor2d, tidy } from "@tensorflow/tfjs-core";
import type { Reference } from "./reference.ts";

/** The tokens that follow each row, without a cache. */
export async function compareGreedy(model: Transformer, reference: Reference, set: string): Promise<string[]> {
  const { greedy, input_ids: ids, attention_mask: mask } = reference.sets[set] ?? {};
  if (greedy === undefined || ids === undefined || mask === undefined) return [];
  const isPair = reference.kind === "encdec";
  const start = model.config.decoderStartTokenId ?? 0;
  const rows = isPair ? ids.map(() => [start]) : ids.map((row) => [...row]);
  const masks = mask.map((row) => [...row]);
  const found: number[][] = ids.map(() => []);
  for (let step = 0; step < (greedy[0]?.length ?? 0); step++) {
    const next = await nextTokens(model, isPair ? ids : rows, masks, isPair ? rows : undefined);
    next.forEach((id, row) => {
      found[row]?.push(id);
      rows[row]?.push(id);
      if (!isPair) masks[row]?.push(1);
    });
  }
  return greedy.flatMap((want, row) =>
    want.join() === found[row]?.join() ? [] : [`greedy tokens of row ${row}: ${found[row]?.join(" ")}, not ${want.join(" ")}`],
  );
}

async function nextTokens(
  model: Transformer,
  ids: number[][],
  attentionMask: number[][],
  decoder: number[][] | undefined,
): Promise<number[]> {
  const best = tidy(() => {
    const decoderTokens = decoder === undefined ? {} : { decoderTokens: tensor2d(decoder, undefined, "int32") };
    const logits = model.call(tensor2d(ids, undefined, "int32"), { attentionMask, ...decoderTokens });
    const [batch = 1, pos = 1, width = 1] = logits.shape;
    return argMax(slice(logits, [0, pos - 1, 0], [batch, 1, width]), 2);
  });
  const next = [...(await best.data())];
  best.dispose();
  return next;
}
