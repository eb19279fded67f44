/**
 * The maximum flow from a position of the last layer to a position of the input. Layer l has an edge from its output
 * position to each of its input positions, as wide as its matrix says.
 *
 * @param layers `[dest * size + src]`, first layer first
 * @see Edmonds and Karp, https://doi.org/10.1145/321694.321699
 */
export function maximumFlow(
  layers: readonly ArrayLike<number>[],
  size: number,
  from: number,
  to: number,
): number {
  const depth = layers.length;
  const node = (level: number, position: number): number => level * size + position;
  const count = (depth + 1) * size;
  const room = new Float64Array(count * count);
  for (const [level, matrix] of layers.entries())
    for (let dest = 0; dest < size; dest++)
      for (let src = 0; src < size; src++)
        room[node(level + 1, dest) * count + node(level, src)] = matrix[dest * size + src] ?? 0;
  const [source, sink] = [node(depth, from), node(0, to)];
  let flow = 0;
  for (;;) {
    const cameFrom = shortestPath(room, count, source, sink);
    if (cameFrom === undefined) return flow;
    let width = Infinity;
    for (let at = sink; at !== source; at = cameFrom[at] ?? source)
      width = Math.min(width, room[(cameFrom[at] ?? 0) * count + at] ?? 0);
    for (let at = sink; at !== source; at = cameFrom[at] ?? source) {
      const before = cameFrom[at] ?? 0;
      room[before * count + at] = (room[before * count + at] ?? 0) - width;
      room[at * count + before] = (room[at * count + before] ?? 0) + width;
    }
    flow += width;
  }
}

/** The shortest path with room on every edge, as the node before each. Rounding leaves no room worth a path. */
function shortestPath(
  room: Float64Array,
  count: number,
  source: number,
  sink: number,
): Int32Array | undefined {
  const cameFrom = new Int32Array(count).fill(-1);
  cameFrom[source] = source;
  const queue = [source];
  for (let i = 0; i < queue.length; i++) {
    const at = queue[i] ?? source;
    for (let next = 0; next < count; next++) {
      if ((cameFrom[next] ?? 0) >= 0 || !((room[at * count + next] ?? 0) > 1e-12)) continue;
      cameFrom[next] = at;
      if (next === sink) return cameFrom;
      queue.push(next);
    }
  }
  return undefined;
}
