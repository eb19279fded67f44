import { optionWrong } from "../errors.ts";
import type { CircuitScores } from "./score.ts";
import { checkArgument, checkOptionNames } from "@hookdict/tensordict";
import { checkDict } from "../arguments.ts";

/** An edge of a circuit, by the names of its ends: `a1.h0` and `a2.h3<q>`. */
export interface CircuitEdge {
  readonly source: string;
  readonly destination: string;
  readonly score: number;
}

/** A circuit as plain data. */
export interface Circuit {
  /** `input`, heads and MLPs that edges touch, and `logits`, in the order in which they run. */
  readonly nodes: readonly string[];
  readonly edges: readonly CircuitEdge[];
}

/** Options of {@link pruneCircuit}. */
export interface PruneOptions {
  /** Keep edges whose score is at least this, signs left out. */
  readonly threshold?: number;
  /** Keep so many edges, those of the largest scores. */
  readonly size?: number;
  /** Whether signs count: edges that help alone are kept, most helpful (most negative) first. Default `false`. */
  readonly signed?: boolean;
  /** Leave out edges that are on no way from the input to the logits. Default `true`. */
  readonly connected?: boolean;
}

/** The node that a destination belongs to: `a2.h3` of `a2.h3<q>`. */
export function nodeOf(destination: string): string {
  return destination.replace(/<[qkv]>$/, "");
}

/**
 * The edges that matter, of scores of all edges.
 *
 * **Ownership:** *borrows* the scores. Reads them at once.
 *
 * @throws UsageError `CIRCUIT_OPTION` unless one of `threshold` and `size` is given, and for scores of nodes.
 */
export function pruneCircuit(scores: CircuitScores, options: PruneOptions): Circuit {
  checkDict("pruneCircuit", "scores", scores);
  checkOptionNames("pruneCircuit", options, ["threshold", "size", "signed", "connected"]);
  const { threshold, size, signed = false, connected = true } = options;
  checkArgument("pruneCircuit", "threshold", threshold, "a finite number?");
  if ((threshold === undefined) === (size === undefined))
    throw optionWrong("pruneCircuit", "size", size, "either a size or a threshold");
  if (size !== undefined && (!Number.isInteger(size) || size < 0))
    throw optionWrong("pruneCircuit", "size", size, "a whole number from 0 up");
  const { source: sources, destination: destinations } = scores.get("labels");
  if (destinations === undefined)
    throw optionWrong("pruneCircuit", "scores", scores.get("scorer"), "scores of edges");
  const values = scores.get("values").dataSync();
  const weight = (score: number): number => (signed ? -score : Math.abs(score));
  const all = sources.flatMap((source, s) =>
    destinations.flatMap((destination, d): CircuitEdge[] => {
      const score = values[s * destinations.length + d] ?? 0;
      return score === 0 ? [] : [{ source, destination, score }];
    }),
  );
  const kept =
    size === undefined
      ? all.filter(({ score }) => weight(score) >= (threshold ?? 0))
      : [...all].sort((a, b) => weight(b.score) - weight(a.score)).slice(0, size);
  const chosen = new Set(kept);
  const inOrder = all.filter((edge) => chosen.has(edge));
  return circuitOf(connected ? connectedEdges(inOrder) : inOrder, sources);
}

/** A circuit of edges. */
export function circuitOf(edges: readonly CircuitEdge[], sources: readonly string[]): Circuit {
  const touched = new Set(edges.flatMap(({ source, destination }) => [source, nodeOf(destination)]));
  return { nodes: [...sources, "logits"].filter((name) => touched.has(name)), edges };
}

/** Edges on some way from the input to the logits. */
function connectedEdges(edges: readonly CircuitEdge[]): CircuitEdge[] {
  let left = [...edges];
  for (;;) {
    const starts = new Set(left.map(({ source }) => source));
    const ends = new Set(left.map(({ destination }) => nodeOf(destination)));
    const next = left.filter(
      ({ source, destination }) =>
        (source === "input" || ends.has(source)) &&
        (destination === "logits" || starts.has(nodeOf(destination))),
    );
    if (next.length === left.length) return next;
    left = next;
  }
}
