import { logitDifference, PatchingSweep, patchTables } from "@hookdict/circuits";
import { loadModel, type StateSpaceModel } from "@hookdict/models";
import { tensor2d, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { familyFolder } from "../../models/families/variants.ts";

const test = suite("sweeps over models of states");

// What the example `ioi-patching` tells to do with Mamba.
test("a model of states has a map of layers and positions", async () => {
  using model = await loadModel<StateSpaceModel>(familyFolder("mamba"));
  const prompts = [
    [1, 5, 3, 7],
    [1, 5, 4, 7],
  ].map((ids) => tensor2d([ids], [1, 4], "int32"));
  const [clean, corrupt] = prompts as [Tensor2D, Tensor2D];
  using sweep = new PatchingSweep({
    tables: patchTables(["resid_pre"]),
    metrics: logitDifference(3, 5),
  }).prepare(model);
  using swept = sweep.sweep({ clean, corrupt });
  const of = (...path: string[]): number[] => [...swept.get<Tensor>(path).dataSync()];
  const map = of("resid_pre", "values");
  assert.is(map.length, 4 * model.blocks.length);
  // Before the first layer, only the position that differs decides; all of what decides passes there.
  const [before, changed] = [of("baselines", "corrupt")[0] ?? NaN, of("baselines", "clean")[0] ?? NaN];
  assert.ok(Math.abs((map[2] ?? NaN) - changed) < 1e-4);
  for (const at of [0, 1, 3]) assert.ok(Math.abs((map[at] ?? NaN) - before) < 1e-4);
  for (const each of prompts) each.dispose();
});

test.run();
