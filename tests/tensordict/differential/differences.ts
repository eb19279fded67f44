import type { Program } from "./program.ts";

/** A difference from Python's tensordict that was decided. */
export interface Decision {
  readonly operation: string;
  readonly there: string;
  readonly here: string;
  readonly reason: string;
  /** Whether a program's last step may differ by it, behind steps of these names. */
  readonly applies: (
    name: string,
    args: readonly unknown[],
    dtype: string,
    before: readonly string[],
  ) => boolean;
}

/** The table of docs/tensordict.md; differential.test.ts finds each of them and no other. */
export const DECISIONS: readonly Decision[] = [
  {
    operation: "`add`, `mul` of two bools",
    there: "bool: or, and",
    here: "int32",
    reason: "A sum of masks is a count; `where` and comparisons make masks.",
    applies: (name, [action], dtype) =>
      dtype === "bool" && name.startsWith("combineT") && (action === "add" || action === "mul"),
  },
  {
    operation: "`sub`, `neg`, `abs`, `pow` of bools",
    there: "refused",
    here: "int32",
    reason: "Bool counts as 0 and 1 wherever something is computed, without exceptions to learn.",
    applies: (name, [action], dtype) =>
      dtype === "bool" &&
      (name.startsWith("combine") || name === "unary") &&
      ["sub", "neg", "abs", "pow"].includes(String(action)),
  },
  {
    operation: "`mean`, `std`, `var`, `nanMean`, `softmax` of whole numbers and bools",
    there: "refused",
    here: "float32",
    reason: "There is one float dtype, so nothing has to be chosen.",
    applies: (name, [action], dtype) =>
      dtype !== "float32" &&
      (name === "softmax" ||
        (name === "reduce" && ["mean", "std", "var", "nanMean"].includes(String(action)))),
  },
  {
    operation: '`any`, `all` without dims, over `"feature"`, or with `keepDim`',
    there: "one boolean for the whole tree where no dims are given, else refused",
    here: "a bool per leaf",
    reason: "All reductions take the same dims and give a tree.",
    applies: (name, [action, dims, keepDim]) =>
      name === "reduce" && (action === "any" || action === "all") && (dims !== 0 || keepDim === true),
  },
  {
    operation: '`max`, `min` over `"feature"`',
    there: "refused without `call_on_nested`",
    here: "over each leaf's own dims",
    reason: "All reductions take the same dims and give a tree.",
    applies: (name, [action, dims]) =>
      name === "reduce" && (action === "max" || action === "min") && dims === "feature",
  },
  {
    operation: '`logSumExp` without dims, or over `"feature"`',
    there: "over the batch dims, or refused",
    here: "over each leaf as a whole",
    reason: "All reductions take the same dims.",
    applies: (name, [action, dims]) =>
      name === "reduce" && action === "logSumExp" && typeof dims !== "number",
  },
  {
    operation: "`max`, `min`, `prod` over several dims",
    there: "over one of them for some dtypes",
    here: "over all of them",
    reason: "All reductions take the same dims.",
    applies: (name, [action, dims]) =>
      name === "reduce" && ["max", "min", "prod"].includes(String(action)) && Array.isArray(dims),
  },
  {
    operation: "`pow` of whole numbers to a negative number",
    there: "refused",
    here: "float32",
    reason: "The result is a fraction.",
    applies: (name, [action, operand], dtype) =>
      name === "combine" && action === "pow" && dtype === "int32" && operand === -1,
  },
  {
    operation: "`setAt` behind `expand`",
    there: "written to all elements that share memory, or refused",
    here: "written where the index says",
    reason: "Tensors here do not share memory that anybody can see.",
    applies: (name, _, __, before) => name === "setAt" && before.includes("expand"),
  },
];

export function decisionFor({ td, steps }: Program): Decision | undefined {
  const [name = "", ...args] = steps.at(-1) ?? [];
  const before = steps.slice(0, -1).map(([step]) => step);
  return DECISIONS.find(({ applies }) => applies(name, args, td.x.dtype, before));
}

/** The decisions as the table in docs/tensordict.md. */
export function renderDecisions(): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(["operation", "in Python", "here", "why"]),
    line(["---", "---", "---", "---"]),
    ...DECISIONS.map(({ operation, there, here, reason }) => line([operation, there, here, reason])),
  ].join("\n");
}
