import { EncoderDecoder, StateSpaceModel, type LoadedModel, type Transformer } from "@hookdict/models";

/** Where a value of Hugging Face's is here, and whose tokens its rows are. */
export interface Place {
  readonly site: string;
  readonly rows: "tokens" | "all";
}

/**
 * The site of a key such as `a/hidden_states.2`, `a/encoder_attentions.0`, `a/cross_attentions.1` or
 * `a/last_hidden_state`; `undefined` where the key is none of Hugging Face's.
 */
export function placeOf(model: LoadedModel, key: string): Place | undefined {
  const last = /^[^/]+\/(?:(encoder|decoder)_)?last_hidden_state$/.exec(key);
  if (last !== null)
    return { site: headSite(model, last[1]), rows: last[1] === "encoder" ? "tokens" : rowsOf(model) };
  const match = /^[^/]+\/(?:(encoder|decoder|cross)_)?(hidden_states|attentions)\.(\d+)$/.exec(key);
  if (match === null) return undefined;
  const [, stack, kind, index] = match;
  const layer = Number(index);
  const blocks = stack === undefined ? "blocks" : stack === "encoder" ? "encoder" : "decoder";
  const rows = stack === "decoder" || stack === "cross" ? "all" : "tokens";
  if (kind === "attentions")
    return { site: `${blocks}.${layer}.${stack === "cross" ? "cross_attn" : "attn"}.hook_pattern`, rows };
  // Mamba's are listed after each layer.
  if (model instanceof StateSpaceModel && layer < model.blocks.length)
    return { site: `blocks.${layer}.hook_resid_post`, rows };
  const isLast = layer === layersOf(model, blocks);
  return { site: isLast ? lastSite(model, blocks) : `${blocks}.${layer}.hook_resid_pre`, rows };
}

/** Whose rows a model's output has: a decoder behind an encoder has no padding. */
function rowsOf(model: LoadedModel): Place["rows"] {
  return model instanceof EncoderDecoder ? "all" : "tokens";
}

/** What the head reads; of a model of two stacks, the decoder's unless said otherwise. */
function headSite(model: LoadedModel, stack: string | undefined): string {
  if (model instanceof EncoderDecoder) return lastSite(model, stack ?? "decoder");
  return model.config.modelType === "vit" ? "ln_final" : lastSite(model, "blocks");
}

function layersOf(model: LoadedModel, stack: string): number {
  if (!(model instanceof EncoderDecoder)) return model.blocks.length;
  return stack === "encoder" ? model.encoder.length : model.decoder.length;
}

/** What comes out of the last layer, as Hugging Face lists it: normalised, but for images. */
function lastSite(model: LoadedModel, stack: string): string {
  const last = `${stack}.${layersOf(model, stack) - 1}`;
  if (model instanceof EncoderDecoder)
    return model.encoder_final_ln === undefined ? last : `${stack}_final_ln`;
  if (model.config.modelType === "vit") return last;
  if ((model as Transformer).project_out !== undefined) return "project_out"; // others have no such part
  return model.ln_final === undefined ? last : "ln_final";
}
