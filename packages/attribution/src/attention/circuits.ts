import { option, readOptions } from "@hookdict/contexts";
import { argumentInvalid } from "@hookdict/tensordict";

/** Circuits by which contributors they hold. */
export interface CircuitClusters {
  /** Jaccard distances between circuits, `[circuit][circuit]`; 0 between two empty ones. */
  readonly distance: readonly (readonly number[])[];
  /** Memberships without contributors that too few circuits hold. */
  readonly filtered: readonly (readonly number[])[];
  /** The cluster of each circuit, -1 for none. */
  readonly labels: readonly number[];
}

/** Options of {@link clusterCircuits}. */
export interface ClusterOptions {
  /** A contributor counts when at least this share of the circuits holds it. Default 0. */
  readonly minFrequency?: number;
  /** Largest distance of neighbours. Default 0.5. */
  readonly eps?: number;
  /** Neighbours, itself among them, that make a circuit the core of a cluster. Default 2. */
  readonly minSamples?: number;
}

const OPTIONS = {
  minFrequency: option.number({ min: 0, max: 1 }).default(0),
  eps: option.number({ min: 0 }).default(0.5),
  minSamples: option.number({ min: 1, integer: true }).default(2),
};

/**
 * Clusters sets of contributors by DBSCAN on their Jaccard distances.
 *
 * @param membership `[circuit][contributor]`, not 0 where the circuit holds it
 * @see Ester et al., A density-based algorithm for discovering clusters, 1996
 * @example
 * clusterCircuits([[1, 1, 0], [1, 1, 0], [0, 0, 1]]).labels; // => [0, 0, -1]
 */
export function clusterCircuits(
  membership: readonly (readonly number[])[],
  options: ClusterOptions = {},
): CircuitClusters {
  const { minFrequency, eps, minSamples } = readOptions("clusterCircuits", OPTIONS, options);
  const given: unknown = membership; // plain JavaScript may give anything
  const areRows =
    Array.isArray(given) && given.every((row) => Array.isArray(row) && row.every(Number.isFinite));
  if (!areRows)
    throw argumentInvalid("clusterCircuits", "membership", membership, "a list of lists of numbers");
  const distance = membership.map((a) => membership.map((b) => jaccard(a, b)));
  const least = Math.ceil(minFrequency * membership.length);
  const counts = (membership[0] ?? []).map((_, c) => membership.filter((row) => row[c] !== 0).length);
  const filtered = membership.map((row) => row.map((each, c) => ((counts[c] ?? 0) >= least ? each : 0)));
  return { distance, filtered, labels: dbscan(distance, eps, minSamples) };
}

function jaccard(a: readonly number[], b: readonly number[]): number {
  const both = a.filter((each, i) => each !== 0 && b[i] !== 0).length;
  const any = a.filter((each, i) => each !== 0 || b[i] !== 0).length;
  return any === 0 ? 0 : 1 - both / any;
}

function dbscan(distance: readonly (readonly number[])[], eps: number, minSamples: number): number[] {
  const near = distance.map((row) => row.flatMap((each, i) => (each <= eps ? [i] : [])));
  const labels = distance.map(() => -1);
  let next = 0;
  for (const start of distance.keys()) {
    if (labels[start] !== -1 || (near[start]?.length ?? 0) < minSamples) continue;
    const stack = [start];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (labels[at] !== -1) continue;
      labels[at] = next;
      if ((near[at]?.length ?? 0) >= minSamples)
        stack.push(...(near[at] ?? []).filter((i) => labels[i] === -1));
    }
    next++;
  }
  return labels;
}
