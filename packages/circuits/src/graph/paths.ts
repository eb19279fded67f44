import { checkCircuit } from "../arguments.ts";
import { optionWrong } from "../errors.ts";
import { type Circuit, type CircuitEdge, nodeOf } from "./circuit.ts";

/** A way through a circuit, from the input to the logits. */
export interface CircuitPath {
  readonly edges: readonly CircuitEdge[];
  /** The smallest score of its edges, signs left out: a way is no stronger than its weakest edge. */
  readonly strength: number;
}

/**
 * The strongest ways from the input to the logits, strongest first, shorter ones first among equals.
 *
 * @param count How many at most.
 * @throws UsageError `CIRCUIT_OPTION` unless `count` is a whole number from 1 up.
 * @example
 * const edges = [
 *   { source: "input", destination: "a0.h1<v>", score: -3 },
 *   { source: "input", destination: "logits", score: 1 },
 *   { source: "a0.h1", destination: "logits", score: -2 },
 * ];
 * const [best] = strongestPaths({ nodes: ["input", "a0.h1", "logits"], edges });
 * best?.edges.map(({ destination }) => destination); // => ["a0.h1<v>", "logits"]
 * best?.strength; // => 2
 */
export function strongestPaths(circuit: Circuit, count = 3): readonly CircuitPath[] {
  checkCircuit("strongestPaths", circuit);
  const { nodes, edges } = circuit;
  if (!Number.isInteger(count) || count < 1)
    throw optionWrong("strongestPaths", "count", count, "a whole number from 1 up");
  // Nodes stand in the order in which they run, and each keeps its best ways: no more of them can be part of the best of all.
  const ways = new Map<string, readonly CircuitPath[]>([["input", [{ edges: [], strength: Infinity }]]]);
  for (const node of nodes) {
    if (node === "input") continue;
    const found = edges
      .filter(({ destination }) => nodeOf(destination) === node)
      .flatMap((edge) =>
        (ways.get(edge.source) ?? []).map((way): CircuitPath => ({
          edges: [...way.edges, edge],
          strength: Math.min(way.strength, Math.abs(edge.score)),
        })),
      );
    found.sort((a, b) => b.strength - a.strength || a.edges.length - b.edges.length);
    ways.set(node, found.slice(0, count));
  }
  return ways.get("logits") ?? [];
}
