import {
  div,
  gather,
  mul,
  ones,
  reshape,
  type Tensor,
  type Tensor1D,
  unsortedSegmentSum,
} from "@tensorflow/tfjs-core";
import { type Gradient, none, only, savedTensor } from "./gradient.ts";

/** Rows of `data`, picked by `indices`, added up by segment: each gets its segment's gradient. */
export const sparseSegmentSumGradient: Gradient = segmentGradient("SparseSegmentSum", (rows) => rows);

/** The same with means: each row gets its share. */
export const sparseSegmentMeanGradient: Gradient = segmentGradient(
  "SparseSegmentMean",
  (rows, segments, count) => {
    const sizes = unsortedSegmentSum(ones(segments.shape), segments, count);
    const shape = [segments.size, ...rows.shape.slice(1).map(() => 1)];
    return mul(rows, reshape(div(1, gather(sizes, segments)), shape));
  },
);

function segmentGradient(
  kernelName: string,
  share: (rows: Tensor, segments: Tensor1D, count: number) => Tensor,
): Gradient {
  return {
    kernelName,
    inputsToSave: ["data", "indices", "segmentIds"],
    gradFunc: (dy, saved) => {
      const data = savedTensor(saved, 0);
      const indices = savedTensor(saved, 1) as Tensor1D; // the operation checks its rank
      const segments = savedTensor(saved, 2) as Tensor1D; // as above
      return {
        data: () => {
          const rows = gather(only(dy), segments);
          const shares = share(rows, segments, only(dy).shape[0] ?? 0);
          return unsortedSegmentSum(shares, indices, data.shape[0] ?? 0);
        },
        indices: none(indices),
        segmentIds: none(segments),
      };
    },
  };
}
