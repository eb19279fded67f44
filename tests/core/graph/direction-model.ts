import type { Hookable } from "@hookdict/core";
import { hookGraph } from "@hookdict/core/graph";
import { deregisterOp, registerOp } from "@tensorflow/tfjs-converter";
import { mul, scalar, type Tensor } from "@tensorflow/tfjs-core";
import type { BuiltModel, DirectionModel } from "../hooks/direction-models.ts";
import { SITE_ROWS } from "../hooks/directions.ts";
import { floats, graph, type MemoryModel, placeholder } from "./models.ts";

/** x `[]` → `up` = x → `site` = 3x. */
function single(): MemoryModel {
  return graph({
    nodes: [
      placeholder("x", []),
      { name: "up", op: "Identity", input: ["x"] },
      { name: "site", op: "Mul", input: ["up", "three"] },
    ],
    constants: { three: floats(3) },
  });
}

/** x, y `[]` → `up` = x, y → `site` = 3x, 3y, by an operation of one's own: no other has several of both. */
function double(): MemoryModel {
  return graph({
    nodes: [
      placeholder("x", []),
      placeholder("y", []),
      { name: "up", op: "IdentityN", input: ["x", "y"] },
      { name: "site", op: "Triple", input: ["up", "up:1"] },
      { name: "first", op: "Identity", input: ["site"] },
      { name: "second", op: "Identity", input: ["site:1"] },
    ],
  });
}

function built(model: MemoryModel): BuiltModel {
  return {
    hookable: hookGraph(model) as Hookable, // called with what its values are
    dispose: () => {
      model.dispose();
      deregisterOp("Triple");
    },
  };
}

/** A graph with the site of the direction table. */
export const graphModel: DirectionModel = {
  row: SITE_ROWS.node,
  tensorOf: (n) => scalar(n),
  create: (kind) => {
    registerOp("Triple", ({ inputs }) => inputs.map((tensor: Tensor) => mul(tensor, 3)));
    return built(kind === "tensor" ? single() : double());
  },
  args: (value) => [value],
  runs: () => 1,
};
