import type { Transformer } from "@hookdict/models";
import { checkStream } from "../stream/stream-run.ts";

/** What adds to the residual stream: the embeddings, a head, an MLP. */
export interface Source {
  /** `input`, `a1.h0`, `m1`. */
  readonly name: string;
  readonly kind: "input" | "head" | "mlp";
  readonly layer: number;
  readonly head: number;
}

/** What reads it: a head's queries, keys or values, an MLP, the head of the model. */
export interface Destination {
  /** `a1.h0<q>`, `m1`, `logits`; heads that share keys and values have one of each. */
  readonly name: string;
  readonly kind: "q" | "k" | "v" | "mlp" | "logits";
  readonly layer: number;
  readonly head: number;
}

/** Sources and destinations of a transformer, in the order in which they run, and which of them are joined. */
export interface EdgeLayout {
  readonly sources: readonly Source[];
  readonly destinations: readonly Destination[];
  /** Whether a destination reads what a source adds. */
  readonly isEdge: (source: Source, destination: Destination) => boolean;
  /** Number of the first source of a layer: its heads, then its MLP. */
  readonly firstOf: (layer: number) => number;
}

/** @throws UsageError `STREAM_NO_SUM` */
export function layoutOf(model: Transformer): EdgeLayout {
  checkStream(model);
  const { blocks } = model.config;
  const sources: Source[] = [{ name: "input", kind: "input", layer: -1, head: 0 }];
  const destinations: Destination[] = [];
  const firsts: number[] = [];
  for (const [layer, { attention }] of blocks.entries()) {
    firsts.push(sources.length);
    for (let head = 0; head < attention.nHeads; head++)
      sources.push({ name: `a${layer}.h${head}`, kind: "head", layer, head });
    sources.push({ name: `m${layer}`, kind: "mlp", layer, head: 0 });
    for (const kind of ["q", "k", "v"] as const)
      for (let head = 0; head < (kind === "q" ? attention.nHeads : attention.nKeyHeads); head++)
        destinations.push({ name: `a${layer}.h${head}<${kind}>`, kind, layer, head });
    destinations.push({ name: `m${layer}`, kind: "mlp", layer, head: 0 });
  }
  destinations.push({ name: "logits", kind: "logits", layer: blocks.length, head: 0 });
  const isEdge = (source: Source, to: Destination): boolean => {
    if (source.layer < to.layer) return true;
    const isInside = source.layer === to.layer && source.kind === "head" && to.kind === "mlp";
    return isInside && blocks[to.layer]?.order !== "parallel";
  };
  return { sources, destinations, isEdge, firstOf: (layer) => firsts[layer] ?? sources.length };
}
