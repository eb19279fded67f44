import { hookGraph } from "@hookdict/core/graph";
import { ActivationCaching } from "@hookdict/latent";
import { deregisterOp, type GraphNode, registerOp } from "@tensorflow/tfjs-converter";
import { mul, scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";
import { graph, type MemoryModel, placeholder } from "./models.ts";

const test = suite("registered operations that return a promise");

const start = (): MemoryModel =>
  graph({
    nodes: [
      placeholder("x", []),
      { name: "minus", op: "Neg", input: ["x"] },
      { name: "waits", op: "Waits", input: ["minus"] },
      { name: "out", op: "Neg", input: ["waits"] },
    ],
  });
const waits = async ({ inputs }: GraphNode): Promise<Tensor> => Promise.resolve(mul(inputs[0] ?? 0, 2));

const refused = (name: string): readonly string[] => [
  "GRAPH_OP_ASYNC",
  `The graph's operation ${name}that was registered returned a promise. Register it with an ordinary function: await what it needs before the model runs.`,
];

for (const pattern of ["**", "minus", "waits"])
  test(`they are refused, whatever is hooked: ${pattern}`, async () => {
    registerOp("Waits", waits);
    const model = start();
    const x = scalar(3);
    {
      using hooked = new ActivationCaching(pattern).prepare(hookGraph(model));
      const wanted = refused('"Waits" ');
      assert.equal(
        failure(() => hooked.call(x)),
        wanted,
      );
      assert.equal(await asyncFailure(hooked.callAsync(x)), wanted);
      assert.equal(
        failure(() => model.predict(x)),
        wanted,
      );
    }
    x.dispose();
    model.dispose();
    deregisterOp("Waits");
  });

test.run();
