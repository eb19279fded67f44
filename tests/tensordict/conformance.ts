import { nonTensorStack, TensorDict } from "@hookdict/tensordict";
import { tensor, tensor2d, type Tensor, zeros } from "@tensorflow/tfjs-core";

/** One row: an operation, an expression over {@link subjects}, and what it gives: content, or the code of an error. */
export type Row = readonly [operation: string, expression: string, result: string];

/** What the expressions are about. The caller frees them. */
export function subjects(): Record<string, TensorDict | Tensor> {
  const grid = (rows: number, sign: number): TensorDict =>
    new TensorDict(
      {
        x: tensor(
          Array.from({ length: rows * 6 }, (_, i) => sign * i),
          [rows, 3, 2],
        ),
        name: nonTensorStack(["a", "b", "c", "d", "e", "f"].slice(0, rows * 3), [rows, 3]),
        tag: "t",
      },
      { batchSize: [rows, 3] },
    );
  const odd = grid(2, 1);
  odd.set("x", zeros([2, 3, 4]));
  return {
    td: grid(2, 1),
    neg: grid(2, -1),
    row: grid(1, 1),
    odd,
    extra: grid(2, 1).set("y", 1),
    flat: new TensorDict({ x: zeros([2]) }),
    condition: tensor2d([[1, 0, 0], [0, 0, 1]], [2, 3], "bool"), // prettier-ignore
  };
}

/** The content of what an expression gives. */
export function describe(result: unknown): string {
  if (Array.isArray(result)) return result.map(describe).join(" / ");
  if (!(result instanceof TensorDict)) return JSON.stringify(result);
  const leaves = result.entries({ nested: true, leavesOnly: true }).map(([key, leaf]) => {
    const { dtype, shape } = leaf as Partial<Tensor>;
    const told = shape === undefined ? JSON.stringify(leaf) : `${dtype ?? ""} [${shape.join(", ")}]`;
    return `${[key].flat().join(".")} ${told}`;
  });
  return `[${result.batchSize.join(", ")}]: ${leaves.join(", ")}`;
}

/** The rows as the table in docs/tensordict.md. */
export function renderTable(rows: readonly Row[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(["operation", "case", "result"]),
    line(["---", "---", "---"]),
    ...rows.map(([operation, expression, result]) =>
      line([
        `\`${operation}\``,
        `\`${expression}\``,
        /^[A-Z_]+$/.test(result) ? `error \`${result}\`` : `\`${result}\``,
      ]),
    ),
  ].join("\n");
}
