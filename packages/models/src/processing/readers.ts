import type { BlockConfig } from "../transformer/config.ts";

/** Paths of the linear maps of an MLP that read what is given to it. */
export function mlpReaders({ mlp }: BlockConfig, path: string): string[] {
  const { experts, isGated } = mlp;
  if (experts === undefined) return [...(isGated ? [`${path}.mlp.gate`] : []), `${path}.mlp.in`];
  const each = Array.from({ length: experts.count }, (_, i) => `${path}.mlp.experts.${i}`);
  return [`${path}.mlp.router`, ...each.flatMap((expert) => [`${expert}.gate`, `${expert}.in`])];
}

/** Paths of the linear maps of a layer that write to the residual stream. */
export function writers({ mlp }: BlockConfig, path: string): string[] {
  const { experts } = mlp;
  const out =
    experts === undefined
      ? [`${path}.mlp.out`]
      : Array.from({ length: experts.count }, (_, i) => `${path}.mlp.experts.${i}.out`);
  return [`${path}.attn.o`, ...out];
}
