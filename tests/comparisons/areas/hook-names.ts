import type { Direction } from "@hookdict/core";

/** Names of TransformerLens's bridge for what has another name here. */
const RENAMED: readonly (readonly [RegExp, string])[] = [
  [/^hook_unembed$/, "unembed.hook_out"],
  [/^embed_ln\b/, "embed.ln"],
  [/\.hook_hidden_states$/, ".hook_out"],
  [/\.hook_([qk])_normed$/, ".$1_norm.hook_out"],
  [/\.mlp\.gate\.hook_expert/, ".mlp.hook_expert"],
  [/\.mlp\.router\.hook_expert/, ".mlp.hook_expert"],
  [/^project_in\b/, "embed.projection"],
];

/**
 * Where a hook of TransformerLens is here: the point of its name, or what a module takes (`hook_in`) or gives (`hook_out`).
 */
export function siteOf(name: string, sites: ReadonlySet<string>): readonly [Direction, string] | undefined {
  if (sites.has(name)) return ["fwd", name];
  const renamed = RENAMED.reduce((path, [from, to]) => path.replace(from, to), name);
  if (sites.has(renamed)) return ["fwd", renamed];
  const module = renamed.replace(/\.?hook_(in|out)$/, "");
  if (module === renamed || !sites.has(module)) return undefined;
  return [renamed.endsWith("hook_in") ? "fwd_pre" : "fwd", module];
}
