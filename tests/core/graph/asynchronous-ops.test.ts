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

for (const pattern of ["**", "waits"])
  test(`they are refused where they are hooked, in every way of running the model: ${pattern}`, async () => {
    registerOp("Waits", waits);
    const model = start();
    const x = scalar(3);
    {
      using hooked = new ActivationCaching(pattern).prepare(hookGraph(model));
      assert.equal(
        failure(() => hooked.call(x)),
        refused('"Waits" '),
      );
      for (const run of [() => hooked.callAsync(x), () => model.executeAsync(x), () => model.predictAsync(x)])
        assert.equal((await asyncFailure(run()))[0], "GRAPH_OP_ASYNC");
      assert.equal(
        failure(() => model.predict(x)),
        refused('"Waits" '),
      );
    }
    x.dispose();
    model.dispose();
    deregisterOp("Waits");
  });

test("where none of their nodes is hooked, the calls that wait run them, one at a time", async () => {
  registerOp("Waits", waits);
  const model = start();
  const x = scalar(3);
  {
    using hooked = new ActivationCaching("{minus,out}").prepare(hookGraph(model));
    assert.equal(
      failure(() => hooked.call(x)),
      refused('"Waits" '),
    );
    for (const run of [() => hooked.callAsync(x), () => model.executeAsync(x) as Promise<Tensor>]) {
      const [first, second] = [run(), run()];
      assert.equal((await asyncFailure(second))[0], "RUN_OVERLAPS");
      const out = await first;
      assert.equal([...out.dataSync()], [6]);
      assert.equal([...hooked.cache.get<Tensor>(["fwd", "minus"]).dataSync()], [-3]);
      assert.equal([...hooked.cache.get<Tensor>(["fwd", "out"]).dataSync()], [6]);
      out.dispose();
    }
  }
  x.dispose();
  model.dispose();
  deregisterOp("Waits");
});

test.run();
