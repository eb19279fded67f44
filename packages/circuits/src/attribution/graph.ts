import { optionWrong } from "../errors.ts";

/** A node of an attribution graph. */
export interface AttributionNode {
  /** Its name, as circuit-tracer writes it; errors' are of their own, since there they are called as features of the first layer. */
  readonly id: string;
  /** `"error"`: what transcoders do not reconstruct of what a layer's MLP adds. */
  readonly kind: "feature" | "error" | "token" | "logit";
  /** The layer whose feature or error it is; -1 for tokens, the number of layers for logits. */
  readonly layer: number;
  readonly position: number;
  /** Features: the number in its layer. */
  readonly feature?: number;
  /** Tokens and logits. */
  readonly token?: number;
  /** Logits: how likely the token is. */
  readonly probability?: number;
  /** Features: how active it is. Logits: how far it is above the mean of all logits. Equal to `bias` and the weights of all edges to it. */
  readonly activation?: number;
  /** Features and logits: what no node adds: biases of transcoders and the model, and embeddings of positions. */
  readonly bias?: number;
}

/**
 * How features, errors and tokens of one prompt act on features and logits, directly: everything between them is linear once attention
 * patterns and the scales of norms are as they were (Ameisen et al. 2025, sections 3.2 and 3.3). Plain data.
 */
export interface AttributionGraph {
  readonly tokens: readonly number[];
  readonly layers: number;
  /** Features by layer and position, errors by layer and position, tokens, logits with the likeliest first. */
  readonly nodes: readonly AttributionNode[];
  /** How many there are of each kind. */
  readonly counts: Readonly<Record<"features" | "errors" | "tokens" | "logits", number>>;
  /** How many features were active in the prompt; `counts.features` are fewer where `maxFeatures` left some out. */
  readonly activeFeatures: number;
  /**
   * `[target, source]` row by row: what a source adds to a target's activation. Targets are features, then logits; sources are all nodes but
   * logits.
   */
  readonly weights: Float32Array;
}

/** Which row of the weights a node has; `undefined` for errors and tokens, which nothing acts on. */
export function rowOf({ nodes, counts }: AttributionGraph, node: number): number | undefined {
  if (node < counts.features) return node;
  const logit = node - (nodes.length - counts.logits);
  return logit >= 0 ? counts.features + logit : undefined;
}

/** How many sources there are: the length of a row. */
export function sourcesOf({ nodes, counts }: AttributionGraph): number {
  return nodes.length - counts.logits;
}

/** Refuses what is no graph, for what plain JavaScript and files may give. @throws UsageError `CIRCUIT_OPTION` */
export function needGraph(what: string, given: unknown): void {
  const { nodes, counts, weights } = Object(given) as Partial<AttributionGraph>;
  const isWhole =
    Array.isArray(nodes) &&
    typeof counts === "object" &&
    weights instanceof Float32Array &&
    nodes.length === counts.features + counts.errors + counts.tokens + counts.logits &&
    weights.length === (counts.features + counts.logits) * (nodes.length - counts.logits);
  if (!isWhole)
    throw optionWrong(what, "graph", given, "what attributionGraph gives, its weights a Float32Array");
}

/** Names of nodes, as circuit-tracer writes them, errors excepted: `0_1_2` would be a feature's, too. */
export const nodeId = {
  feature: (layer: number, feature: number, position: number): string => `${layer}_${feature}_${position}`,
  error: (layer: number, position: number): string => `${layer}_-1_${position}`,
  token: (token: number, position: number): string => `E_${token}_${position}`,
  logit: (layers: number, token: number, position: number): string => `${layers + 1}_${token}_${position}`,
} as const;
