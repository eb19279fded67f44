import { checkArgument, isTensorDict, type TensorDict } from "@hookdict/tensordict";
import { checkDict } from "../arguments.ts";
import { pad, stack, type Tensor, transpose } from "@tensorflow/tfjs-core";
import { optionWrong } from "../errors.ts";
import { labelled, type Labelled } from "../stream/stack.ts";

/**
 * Tables of a sweep along a new first axis `table`, as TransformerLens's `..._every` functions have them. Where keys and values
 * have fewer heads than queries, their tables are filled up with zeros; destinations of patterns count as positions.
 *
 * **Ownership:** *borrows* the result; *returns owned*.
 *
 * @param names Of the tables, such as `TABLE_STACKS.block_every`.
 * @throws UsageError `CIRCUIT_OPTION` for tables that the result does not have, or of different kinds.
 */
export function stackTables(result: TensorDict, names: readonly string[]): Labelled {
  checkDict("stackTables", "result", result);
  checkArgument("stackTables", "names", names, "a list of texts");
  const tables = names.map((name) => {
    const table: unknown = result.get(name, undefined);
    if (isTensorDict(table)) return table as unknown as Labelled; // as sweeps make them
    throw optionWrong("stackTables", "names", name, "names of tables that were swept over");
  });
  const [first] = tables;
  const wanted = first?.get("axes") ?? [];
  const orders = tables.map((table) => orderOf(wanted, table.get("axes")));
  const sizesOf = (table: Labelled, i: number): number[] =>
    (orders[i] ?? []).map((axis) => table.get("values").shape[axis] ?? 0);
  const sizes = tables.map(sizesOf);
  const shape = wanted.map((_, axis) => Math.max(...sizes.map((each) => each[axis] ?? 0)));
  const isAlike = sizes.every((each) =>
    each.every((size, axis) => size === shape[axis] || wanted[axis] === "head"),
  );
  if (first === undefined || !isAlike || orders.some((order) => order.includes(-1)))
    throw optionWrong("stackTables", "names", names.join(", "), "tables that differ in their heads at most");
  const filled = (table: Labelled, i: number): Tensor => {
    const values = transpose(table.get("values"), orders[i]);
    return pad(
      values,
      values.shape.map((size, axis) => [0, (shape[axis] ?? size) - size]),
    );
  };
  return labelled(() => stack(tables.map(filled)), {
    axes: ["table", ...first.get("axes")],
    labels: { table: names, ...first.get("labels") },
  });
}

/** Where a table has the axes that are wanted, -1 for none; destinations count as positions. */
function orderOf(wanted: readonly string[], axes: readonly string[]): number[] {
  if (axes.length !== wanted.length) return [-1];
  return wanted.map((axis) => axes.findIndex((each) => each === axis || (axis === "pos" && each === "dest")));
}
