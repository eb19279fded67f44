import {
  logitDifference,
  logProbability,
  PATCH_TABLES,
  PatchingSweep,
  type PatchTable,
  tokenLogit,
} from "@hookdict/circuits";
import { loadModel } from "@hookdict/models";
import { slice, type Tensor } from "@tensorflow/tfjs-core";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { familyFolder } from "../../models/families/variants.ts";
import { ScaleEmbedding } from "../scale-embedding.ts";
import { measure, naiveSweep } from "./naive.ts";
import { assertClose, ids, METRIC, numbers, withPrompts } from "./prompts.ts";

const test = suite("runs of patching sweeps");

test("several pairs and metrics from one sweep are those of each alone", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const clean = ids([[1, 5, 3, 7, 2], [9, 8, 3, 1, 2]]); // prettier-ignore
  const corrupt = ids([[1, 5, 4, 7, 2], [9, 2, 3, 1, 2]]); // prettier-ignore
  const [table] = PATCH_TABLES as readonly [PatchTable];
  const metrics = [
    logitDifference([3, 6], [5, 1]),
    logProbability([3, 6]),
    tokenLogit([3, 6], { position: 1 }),
  ];
  using hooked = new PatchingSweep({ tables: table, metrics }).prepare(model);
  using result = hooked.sweep({ clean, corrupt });
  assert.equal(result.get<Tensor>([table.name, "values"]).shape, [3, 2, model.blocks.length, 5]);
  const alone = [0, 1].map((pair) => {
    const [a, b] = [slice(clean, [pair, 0], [1, 5]), slice(corrupt, [pair, 0], [1, 5])];
    const [right, wrong] = [[3, 6][pair] ?? 0, [5, 1][pair] ?? 0];
    const each = [logitDifference(right, wrong), logProbability(right), tokenLogit(right, { position: 1 })];
    const values = each.map((metric) => naiveSweep(model, { clean: a, corrupt: b }, table, metric));
    a.dispose();
    b.dispose();
    return values;
  });
  const want = metrics.flatMap((_, m) => alone.flatMap((values) => values[m] ?? []));
  assertClose(numbers(result, table.name), want, "pairs");
  const cleanLogits = model.call(clean);
  const first = slice(cleanLogits, [0, 0, 0], [1, 5, -1]);
  assertClose(
    [result.get<Tensor>(["baselines", "clean"]).dataSync()[0] ?? 0],
    [measure(first, logitDifference(3, 5))],
    "baseline",
  );
  cleanLogits.dispose();
  clean.dispose();
  corrupt.dispose();
});

test("other hooks on the model stand in every run", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const [table] = PATCH_TABLES as readonly [PatchTable];
  withPrompts((prompts) => {
    using steered = new ScaleEmbedding(2).prepare(model);
    using alone = new PatchingSweep({ tables: table, metrics: METRIC }).prepare(steered);
    using result = alone.sweep(prompts);
    assertClose(numbers(result, table.name), naiveSweep(steered, prompts, table, METRIC), "steered");
    steered.dispose();
    using plain = new PatchingSweep({ tables: table, metrics: METRIC }).prepare(model);
    using other = plain.sweep(prompts);
    assert.not.equal(numbers(other, table.name), numbers(result, table.name));
  });
});

test("a sweep that waits gives the same, and ends between runs when it is aborted", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const prompts = { clean: ids([[1, 5, 3]]), corrupt: ids([[1, 4, 3]]) };
  using hooked = new PatchingSweep({ tables: PATCH_TABLES.slice(0, 1), metrics: METRIC }).prepare(model);
  using now = hooked.sweep(prompts);
  using later = await hooked.sweepAsync(prompts);
  assert.equal(numbers(later, "resid_pre"), numbers(now, "resid_pre"));
  const controller = new AbortController();
  const { held, perRow } = hooked.plan(prompts).bytes;
  const error = await rejected(
    hooked.sweepAsync(prompts, {
      memory: held + perRow,
      signal: controller.signal,
      onProgress: () => controller.abort("enough"),
    }),
  );
  assert.is((error as Error & { code: string }).code, "CIRCUIT_ABORTED");
  assert.match(error.message, /^The sweep was aborted after 1 of \d+ runs\.$/);
  assert.is(error.cause, "enough");
  prompts.clean.dispose();
  prompts.corrupt.dispose();
});

test.run();
