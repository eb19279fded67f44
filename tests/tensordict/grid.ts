import { nonTensorStack, TensorDict } from "@hookdict/tensordict";
import { tensor, type Tensor } from "@tensorflow/tfjs-core";

/** Batch [2, 3]: `n` counts 0 to 11 in pairs, `s` names the element, `tag` holds everywhere. */
export function grid(): TensorDict {
  const names = ["a", "b", "c", "d", "e", "f"];
  const counted = (count: number, shape: number[], dtype: "int32" | "float32"): Tensor =>
    tensor(
      Array.from({ length: count }, (_, i) => i),
      shape,
      dtype,
    );
  return new TensorDict(
    {
      n: counted(12, [2, 3, 2], "int32"),
      s: nonTensorStack(names, [2, 3]),
      text: tensor(names, [2, 3], "string"),
      deep: { n: counted(6, [2, 3], "float32") },
      tag: "x",
    },
    { batchSize: [2, 3] },
  );
}
