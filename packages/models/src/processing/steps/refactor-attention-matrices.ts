import { tensor, zerosLike, type Tensor } from "@tensorflow/tfjs-core";
import { Matrix, QrDecomposition, SingularValueDecomposition } from "ml-matrix";
import type { Draft } from "../draft.ts";
import type { ProcessingStep } from "../step.ts";
import { foldValueBiases } from "./fold-value-biases.ts";

/**
 * Heads in the bases of their singular vectors: `QK = U S V^T`, biases as a further row, becomes `U sqrt(S)` and
 * `V sqrt(S)`; `OV = U S V^T` becomes `U S` and `V^T`. Biases of values are folded first.
 */
export const refactorAttentionMatrices: ProcessingStep = {
  name: "refactorAttentionMatrices",
  isDefault: false,
  refusal(config) {
    const all = config.blocks.map(({ attention }) => attention);
    if (all.some(({ rotary }) => rotary !== undefined)) return "its queries and keys are turned";
    if (all.some(({ qkNorm }) => qkNorm !== undefined)) return "its queries and keys are normalised";
    if (all.some(({ nHeads, nKeyHeads }) => nHeads !== nKeyHeads)) return "its heads share keys and values";
    return foldValueBiases.refusal(config);
  },
  apply(draft) {
    foldValueBiases.apply(draft);
    draft.config.blocks.forEach(({ attention }, i) => refactor(draft, `blocks.${i}.attn`, attention.nHeads));
  },
};

function refactor(draft: Draft, path: string, heads: number): void {
  const [q, k] = [readHeads(draft, `${path}.q`, heads), readHeads(draft, `${path}.k`, heads)];
  const [v, o] = [
    readHeads(draft, `${path}.v`, heads, false),
    readOutputs(draft.get(`${path}.o.weight`), heads),
  ];
  const queries = q.map((each, head) => svdOfProduct(each, k[head] as Matrix)); // as many of each
  const values = v.map((each, head) => svdOfProduct(each, (o[head] as Matrix).transpose()));
  const roots = (s: readonly number[]): number[] => s.map(Math.sqrt);
  writeHeads(draft, `${path}.q`, queries.map(({ u, s }) => u.mulRowVector(roots(s)))); // prettier-ignore
  writeHeads(draft, `${path}.k`, queries.map(({ v: keys, s }) => keys.mulRowVector(roots(s)))); // prettier-ignore
  writeHeads(draft, `${path}.v`, values.map(({ u, s }) => u.mulRowVector([...s])), false); // prettier-ignore
  const out = values.map(({ v: outputs }) => outputs.transpose().to1DArray());
  draft.set(`${path}.o.weight`, tensor(Float32Array.from(out.flat()), draft.get(`${path}.o.weight`).shape));
}

/** `left right^T = u diag(s) v^T`, for matrices taller than wide. */
function svdOfProduct(
  left: Matrix,
  right: Matrix,
): { readonly u: Matrix; readonly s: readonly number[]; readonly v: Matrix } {
  const [a, b] = [new QrDecomposition(left), new QrDecomposition(right)];
  const inner = a.upperTriangularMatrix.mmul(b.upperTriangularMatrix.transpose());
  const { leftSingularVectors, diagonal, rightSingularVectors } = new SingularValueDecomposition(inner);
  return {
    u: a.orthogonalMatrix.mmul(leftSingularVectors),
    s: diagonal,
    v: b.orthogonalMatrix.mmul(rightSingularVectors),
  };
}

/** A projection's matrix for each head, `[dModel, dHead]`, with the bias as a further row where it has one. */
function readHeads(draft: Draft, path: string, heads: number, withBias = true): Matrix[] {
  const weight = draft.get(`${path}.weight`);
  const [rows = 0, columns = 0] = weight.shape;
  const whole = Matrix.from1DArray(rows, columns, weight.dataSync());
  const bias = withBias ? draft.find(`${path}.bias`) : undefined;
  if (bias !== undefined) whole.addRow(rows, [...bias.dataSync()]);
  const width = columns / heads;
  return Array.from({ length: heads }, (_, head) =>
    whole.subMatrix(0, whole.rows - 1, head * width, (head + 1) * width - 1),
  );
}

function readOutputs(weight: Tensor, heads: number): Matrix[] {
  const [rows = 0, columns = 0] = weight.shape;
  const whole = Matrix.from1DArray(rows, columns, weight.dataSync());
  const height = rows / heads;
  return Array.from({ length: heads }, (_, head) =>
    whole.subMatrix(head * height, (head + 1) * height - 1, 0, columns - 1),
  );
}

/** What {@link readHeads} has read, in its place. */
function writeHeads(draft: Draft, path: string, matrices: readonly Matrix[], withBias = true): void {
  const before = draft.get(`${path}.weight`);
  const rows = Array.from({ length: matrices[0]?.rows ?? 0 }, (_, row) =>
    matrices.flatMap((matrix) => matrix.getRow(row)),
  );
  const bias = draft.find(`${path}.bias`);
  if (bias !== undefined) draft.set(`${path}.bias`, withBias ? tensor(rows.pop() ?? []) : zerosLike(bias));
  draft.set(`${path}.weight`, tensor(Float32Array.from(rows.flat()), before.shape));
}
