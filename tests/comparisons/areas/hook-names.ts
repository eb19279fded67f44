import type { Direction } from "@hookdict/core";

/** Names of TransformerLens's bridge for what has another name here. */
const RENAMED: readonly (readonly [RegExp, string])[] = [
  [/^hook_unembed$/, "unembed.hook_out"],
  [/^embed_ln\b/, "embed.ln"],
  [/^rotary_emb\.hook_in$/, "blocks.0.hook_resid_pre"],
  [/^rotary_emb\./, "blocks.0.attn."],
  [/\.hook_hidden_states$/, ".hook_out"],
  [/\.hook_([qk])_normed$/, ".$1_norm.hook_out"],
  [/\.mlp\.gate\.hook_expert/, ".mlp.hook_expert"],
  [/\.mlp\.router\.hook_expert/, ".mlp.hook_expert"],
  [/^project_in\b/, "embed.projection"],
];

/** What the embedding and the branches give in Hugging Face's modules, which add what is beside them here. */
const INSTEAD: readonly (readonly [RegExp, readonly (readonly [Direction, string])[]])[] = [
  [
    /^embed\.hook_out$/,
    [
      ["fwd_pre", "embed.ln"],
      ["fwd", "hook_embed"],
    ],
  ],
  [/^(.*)\.attn\.hook_out$/, [["fwd", "$1.hook_resid_mid"]]],
  [/^(.*)\.mlp\.hook_out$/, [["fwd", "$1.hook_resid_post"]]],
];

/**
 * Where a hook of TransformerLens is here: the point of its name, or what a module takes (`hook_in`) or gives (`hook_out`);
 * several where Hugging Face's modules differ in what they add themselves.
 */
export function sitesOf(name: string, sites: ReadonlySet<string>): readonly (readonly [Direction, string])[] {
  if (sites.has(name)) return [["fwd", name]];
  const renamed = RENAMED.reduce((path, [from, to]) => path.replace(from, to), name);
  if (sites.has(renamed)) return [["fwd", renamed]];
  const module = renamed.replace(/\.?hook_(in|out)$/, "");
  const own: readonly (readonly [Direction, string])[] =
    module === renamed ? [] : [[renamed.endsWith("hook_in") ? "fwd_pre" : "fwd", module]];
  const others = INSTEAD.flatMap(([from, to]) =>
    from.test(renamed)
      ? to.map(([direction, path]) => [direction, renamed.replace(from, path)] as const)
      : [],
  );
  return [...own, ...others].filter(([, path]) => sites.has(path));
}
