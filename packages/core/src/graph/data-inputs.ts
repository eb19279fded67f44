import type { GraphNode } from "./graph-like.ts";

/** Where a parameter of an operation begins and ends among its inputs, as tfjs-converter writes it. */
interface InputParam {
  readonly inputIndexStart?: number;
  /** Left out for a single input, 0 for all that follow, negative from the end. */
  readonly inputIndexEnd?: number;
}

/**
 * Positions of the inputs that a node's operation reads. The others (`"^x"` in the GraphDef, of which tfjs-converter drops
 * the `^`) only say what comes first. Of an operation that somebody has registered nothing tells, and it is given them all.
 */
export function dataInputs({ inputs, inputParams }: GraphNode): readonly number[] {
  const count = inputs.length;
  const params = Object.values(inputParams) as readonly InputParam[]; // so it writes them
  const ranges = params.flatMap(({ inputIndexStart: start, inputIndexEnd: end }) =>
    start === undefined ? [] : [range(start, end, count)],
  );
  const all = inputs.map((_, i) => i).filter((i) => inputs[i]?.op !== "NoOp");
  return ranges.length === 0 ? all : all.filter((i) => ranges.some(([from, to]) => i >= from && i < to));
}

function range(start: number, end: number | undefined, count: number): readonly [from: number, to: number] {
  const from = start < 0 ? start + count : start;
  if (end === undefined) return [from, from + 1];
  return [from, end > 0 ? end : end + count];
}
