import type { GraphPlace } from "@hookdict/core/graph";

/** The node that this one alone reads, where all else that it reads is constant. */
export function nodeBefore({ inputs }: GraphPlace): GraphPlace | undefined {
  const computed = inputs.filter(({ constant }) => constant === undefined);
  const from = computed.length === 1 ? computed[0]?.from : undefined;
  return from?.readers.length === 1 && !from.isOutput ? from : undefined;
}
