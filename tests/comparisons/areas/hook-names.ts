import type { Direction } from "@hookdict/core";

/** Names of TransformerLens's bridge for what has another name here. */
const RENAMED: readonly (readonly [RegExp, string])[] = [
  [/^(en|de)coder_blocks\b/, "$1coder"],
  [/^(en|de)coder_ln_final\b/, "$1coder_final_ln"],
  [/\.self_attn\b/, ".attn"],
  [/\.hook_resid_mid2$/, ".hook_resid_mid_cross"],
  [/^decoder_embed_ln\b/, "decoder_embed.ln"],
  [/\.hook_mixer_in$/, ".mixer.hook_in"],
  [/\.mixer\.hook_(in|x)_proj$/, ".mixer.$1_proj.hook_out"],
  [/\.mixer\.hook_ssm_out$/, ".mixer.hook_out"],
  [/^hook_unembed$/, "unembed.hook_out"],
  [/^embed_ln\b/, "embed.ln"],
  [/^rotary_emb\.hook_in$/, "blocks.0.hook_resid_pre"],
  [/\.mlp\.dense_(gate|in|out)\b/, ".mlp.$1"],
  [/\.hook_hidden_states$/, ".hook_out"],
  [/\.hook_([qk])_normed$/, ".$1_norm.hook_out"],
  [/\.mlp\.gate\.hook_expert/, ".mlp.hook_expert"],
  [/^hook_embed$/, "hook_full_embed"],
  [/\.mlp\.router\.hook_expert/, ".mlp.hook_expert"],
  [/^project_in\b/, "embed.projection"],
];

/** What the embedding and the branches give in Hugging Face's modules, which add what is beside them here. */
const INSTEAD: readonly (readonly [RegExp, readonly (readonly [Direction, string])[]])[] = [
  [
    /^embed\.hook_out$/,
    [
      ["fwd", "embed.hook_word_embed"],
      ["fwd", "embed.hook_embed"],
      ["fwd_pre", "embed.ln"],
      ["fwd", "hook_embed"],
    ],
  ],
  [/^decoder_embed\.hook_out$/, [["fwd", "decoder_embed.hook_word_embed"]]],
  // The router is called a gate; what the whole MLP takes and gives are called by the names of what is inside one.
  [/^(.*)\.mlp\.gate\.hook_in$/, [["fwd_pre", "$1.mlp.router"]]],
  [/^(.*)\.mlp\.gate\.hook_out$/, [["fwd", "$1.mlp.router"]]],
  [/^(.*)\.mlp\.hook_pre$/, [["fwd_pre", "$1.mlp"]]],
  [/^(.*)\.mlp\.hook_post$/, [["fwd", "$1.mlp"]]],
  [/^(.*)\.mlp\.hook_router_scores$/, [["fwd", "$1.mlp.hook_expert_weights"]]],
  // Encoders have the embedding's points in it, and a head whose norm is the last one.
  [/^(token_type_embed|pos_embed)\.hook_in$/, [["fwd_pre", "embed.$1"]]],
  [/^(token_type_embed|pos_embed)\.hook_out$/, [["fwd", "embed.$1"]]],
  [/^hook_pos_embed$/, [["fwd", "embed.hook_pos_embed"]]],
  [/^mlm_head\.hook_out$/, [["fwd", "mlm_head.dense"]]],
  [/^ln_final\.hook_in$/, [["fwd_pre", "mlm_head.ln"]]],
  [/^ln_final\.hook_out$/, [["fwd", "mlm_head.ln"]]],
  [/^ln_final\.hook_(scale|normalized)$/, [["fwd", "mlm_head.ln.hook_$1"]]],
  [/^(.*)\.hook_mlp_in$/, [["fwd_pre", "$1.mlp"]]],
  [/^(.*)\.attn\.hook_out$/, [["fwd", "$1.hook_resid_mid"]]],
  [/^(.*)\.mlp\.hook_out$/, [["fwd", "$1.hook_resid_post"]]],
];

/**
 * Where a hook of TransformerLens is here: the point of its name, or what a module takes (`hook_in`) or gives (`hook_out`);
 * several where Hugging Face's modules differ in what they add themselves.
 */
export function sitesOf(name: string, sites: ReadonlySet<string>): readonly (readonly [Direction, string])[] {
  const behind = normsBehind(name, sites);
  if (behind !== undefined) return [behind];
  if (sites.has(name)) return [["fwd", name]];
  const renamed = RENAMED.reduce((path, [from, to]) => path.replace(from, to), name);
  if (sites.has(renamed)) return [["fwd", renamed]];
  const module = renamed.replace(/\.?hook_(in|out)$/, "");
  const own: readonly (readonly [Direction, string])[] =
    module === renamed ? [] : [[renamed.endsWith("hook_in") ? "fwd_pre" : "fwd", module]];
  const anyLayer = /^rotary_emb\.(hook_(?:cos|sin))$/.exec(name)?.[1];
  if (anyLayer !== undefined)
    return [...sites].filter((path) => path.endsWith(`.attn.${anyLayer}`)).map((path) => ["fwd", path]);
  const others = INSTEAD.flatMap(([from, to]) =>
    from.test(renamed)
      ? to.map(([direction, path]) => [direction, renamed.replace(from, path)] as const)
      : [],
  );
  return [...own, ...others].filter(([, path]) => sites.has(path));
}

/**
 * Where norms stand behind the sums, the bridge counts them to the branches; here, as in the older HookedEncoder, a branch
 * ends before it is added, and the normalised stream has a point of its own.
 */
function normsBehind(name: string, sites: ReadonlySet<string>): readonly [Direction, string] | undefined {
  const [, root, which] = /^((?:encoder_|decoder_)?blocks\.\d+)\.(.*)$/.exec(name) ?? [];
  const block = root?.replace(/^(en|de)coder_blocks/, "$1coder");
  if (!sites.has(`${block}.hook_normalized_resid_post`)) return undefined;
  const isEncoder = root?.startsWith("blocks");
  switch (which) {
    case "hook_attn_out":
    case "attn.hook_out":
      return ["fwd", isEncoder === true ? `${block}.ln1` : `${block}.attn`];
    case "hook_mlp_in":
      return ["fwd_pre", `${block}.mlp`];
    case "hook_resid_mid":
      return ["fwd_pre", `${block}.ln2`];
    case "hook_resid_post":
      return ["fwd", `${block}.hook_normalized_resid_post`];
    default:
      return undefined;
  }
}
