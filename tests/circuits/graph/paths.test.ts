import { type Circuit, type CircuitEdge, strongestPaths } from "@hookdict/circuits";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";

const test = suite("the strongest paths of a circuit");

const edge = (source: string, destination: string, score: number): CircuitEdge => ({
  source,
  destination,
  score,
});

const CIRCUIT: Circuit = {
  nodes: ["input", "a0.h0", "a0.h1", "m0", "a1.h0", "logits"],
  edges: [
    edge("input", "a0.h0<v>", 5),
    edge("input", "a0.h1<q>", -4),
    edge("a0.h0", "m0", 1),
    edge("a0.h1", "a1.h0<k>", 3),
    edge("input", "a1.h0<q>", 3),
    edge("m0", "logits", -9),
    edge("a1.h0", "logits", 6),
    edge("a0.h0", "logits", 0.5),
  ],
};

/** Every way there is, by walking all of them. */
function allWays(
  at: string,
  edges: readonly CircuitEdge[],
  so: readonly CircuitEdge[] = [],
): (readonly CircuitEdge[])[] {
  if (at === "logits") return [so];
  return edges
    .filter(({ source }) => source === at)
    .flatMap((each) => allWays(each.destination.replace(/<.>$/, ""), edges, [...so, each]));
}

test("they are the best of all ways", () => {
  const all = allWays("input", CIRCUIT.edges)
    .map((edges) => ({ edges, strength: Math.min(...edges.map(({ score }) => Math.abs(score))) }))
    .sort((a, b) => b.strength - a.strength || a.edges.length - b.edges.length);
  assert.is(all.length, 4);
  for (const count of [1, 2, 3, 4, 9]) assert.equal(strongestPaths(CIRCUIT, count), all.slice(0, count));
  assert.equal(
    strongestPaths(CIRCUIT, 1)[0]?.edges.map(({ destination }) => destination),
    ["a1.h0<q>", "logits"],
  );
});

test("a circuit without a way has none, and a count that is none is refused", () => {
  assert.equal(strongestPaths({ nodes: ["input"], edges: [] }), []);
  assert.equal(failure(() => strongestPaths(CIRCUIT, 0)), [
    "CIRCUIT_OPTION",
    "strongestPaths: the option count is 0. Give a whole number from 1 up.",
  ]); // prettier-ignore
});

test.run();
