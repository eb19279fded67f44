import { ActivationCaching } from "@hookdict/latent";
import type { Transformer } from "@hookdict/models";
import type { TensorStore } from "@hookdict/tensordict/io";
import { difference, type Kept, valuesOf } from "../../tensors.ts";
import { inputsOf, type Reference } from "./reference.ts";

/** Logits, hidden states and attentions of a set. */
export async function compareSet(
  model: Transformer,
  reference: Reference,
  set: string,
  values: TensorStore,
): Promise<string[]> {
  const names = [...values.entries.keys()].filter((name) => /^[^/]+\/[^/]+$/.test(name) && name.startsWith(`${set}/`));
  const wanted = new Map(
    names.flatMap((name) => {
      const site = siteOf(model, reference, name.slice(set.length + 1));
      return site === undefined ? [] : [[name, site] as const];
    }),
  );
  const sites = new Set(wanted.values());
  using hooked = new ActivationCaching((site: { readonly path: string }) => sites.has(site.path)).prepare(model);
  const inputs = await inputsOf(reference, set, values);
  const logits = hooked.call(inputs.input, inputs.options);
  const lines: string[] = [];
  for (const name of names.filter((each) => !each.endsWith("/pixel_values"))) {
    const want = valuesOf(await values.read(name));
    const site = wanted.get(name);
    const kept = keptOf(reference, set, name);
    const kind = /logits$/.test(name) ? "logits" : /attentions/.test(name) ? "attentions" : "hidden_states";
    if (kind !== "logits" && site === undefined) lines.push(`${name}: cannot be expressed`);
    else {
      const tensor = kind === "logits" || site === undefined ? logits : hooked.cache.get(["fwd", site]);
      const got = { shape: tensor.shape, data: await tensor.data() };
      const line = difference(got, want, reference.tolerance[kind], kept);
      if (line !== undefined) lines.push(`${name}: ${line}`);
    }
  }
  logits.dispose();
  inputs.dispose();
  return lines;
}

function keptOf(reference: Reference, set: string, name: string): Kept | undefined {
  const mask = reference.sets[set]?.attention_mask;
  const isDecoders = reference.kind === "encdec" && !/\/encoder_/.test(name);
  if (mask === undefined || isDecoders) return undefined;
  return { mask, axis: /attentions/.test(name) ? 2 : 1 };
}

/** At which site a value of Hugging Face's stands. */
function siteOf(model: Transformer, reference: Reference, name: string): string | undefined {
  const [, side = "", kind, number = ""] =
    /^(encoder_|decoder_|cross_)?(hidden_states|attentions)\.(\d+)$/.exec(name) ?? [];
  if (kind === undefined) return undefined;
  const stack = side === "encoder_" ? "encoder" : side === "" ? "blocks" : "decoder";
  if (kind === "attentions") return `${stack}.${number}.${side === "cross_" ? "cross_attn" : "attn"}.hook_pattern`;
  const layers = (stack === "encoder" ? model.encoder : stack === "decoder" ? model.decoder : model.blocks) ?? [];
  // Hugging Face's recurrent models list what comes out of layers, the others what goes in.
  if (reference.kind === "ssm" && Number(number) < layers.length) return `${stack}.${number}.hook_resid_post`;
  if (Number(number) < layers.length) return `${stack}.${number}.hook_resid_pre`;
  const last = `${stack}.${layers.length - 1}`;
  if (stack === "encoder") return model.encoder_final_ln === undefined ? last : "encoder_final_ln";
  if (stack === "decoder") return model.decoder_final_ln === undefined ? last : "decoder_final_ln";
  return reference.last_hidden_state_is_head_input ? "unembed.hook_in" : last;
}
