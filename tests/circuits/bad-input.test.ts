import {
  ablateHeads,
  faithfulness,
  logitDifference,
  type Metric,
  pathPatching,
  PatchingSweep,
  patchTables,
  scoreCircuit,
} from "@hookdict/circuits";
import { loadModel, type Transformer } from "@hookdict/models";
import { mean, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { familyFolder } from "../models/families/variants.ts";
import { ids, type Prompts } from "./sweep/prompts.ts";

const test = suite("bad input of circuits");

const METRIC = logitDifference(3, 5);
const EMPTY = [{ nodes: [], edges: [] }];

/** Everything that takes two prompts and a metric, with the memory that it may take where it has one. */
const FUNCTIONS: Readonly<
  Record<string, (model: Transformer, prompts: Prompts, metric: Metric, options?: object) => unknown>
> = {
  PatchingSweep: (model, prompts, metrics, options) => {
    using hooked = new PatchingSweep({ tables: patchTables(["resid_pre"]), metrics }).prepare(model);
    return hooked.sweep(prompts, options);
  },
  ablateHeads: (model, { clean, corrupt }, metrics, options) =>
    ablateHeads(model, clean, { by: "resample", others: corrupt, metrics, ...options }),
  pathPatching: (model, prompts, metrics) => pathPatching(model, prompts, { receivers: "final", metrics }),
  scoreCircuit: (model, prompts, metric, options) =>
    scoreCircuit(model, prompts, { metric, scorer: "exact", ...options }),
  faithfulness: (model, prompts, metric, options) =>
    faithfulness(model, prompts, EMPTY, { metric, ...options }),
};

for (const [name, run] of Object.entries(FUNCTIONS)) {
  test(`${name}: prompts of unequal length, and metrics that are not one number per prompt, are refused`, async () => {
    using model = await loadModel(familyFolder("gpt2"));
    const [clean, corrupt, longer] = [ids([[1, 5, 3]]), ids([[1, 5, 4]]), ids([[1, 5, 4, 6]])] as const;
    const [a, b] = name === "ablateHeads" ? [4, 3] : [3, 4]; // there the others take the place of the prompt's own
    assert.equal(
      failure(() => run(model, { clean, corrupt: longer }, METRIC)),
      [
        "PROMPTS_UNEQUAL",
        `The clean prompts are [1, ${a}], the corrupt ones [1, ${b}]. Give as many of both, equally long: the entry of one is put in the place of the other's.`,
      ],
    );
    const odd: Metric = { name: "odd", of: (logits: Tensor) => mean(logits) };
    assert.equal(
      failure(() => run(model, { clean, corrupt }, odd)),
      [
        "METRIC_SHAPE",
        'The metric "odd" gave float32 [] for 1 prompts. Give one float32 number for each prompt, as a tensor of shape [1].',
      ],
    );
    assert.equal(
      failure(() => run(model, { clean, corrupt }, logitDifference(3, 5, { position: 3 }))),
      [
        "CIRCUIT_POSITION",
        "The position 3 is outside the 3 there are. Give whole numbers from -3 to 2; negative ones count from the end.",
      ],
    );
    if (name !== "pathPatching") {
      const [code, message] = failure(() => run(model, { clean, corrupt }, METRIC, { memory: 10 }));
      assert.is(code, "SWEEP_BUDGET");
      const [, held, row, least] =
        /^A memory of 10 bytes is too small: captures take (\d+), and one row takes (\d+)\. Give at least (\d+), or sweep over fewer sites at once\.$/.exec(
          message,
        ) ?? [];
      assert.is(Number(held) + Number(row), Number(least), message);
    }
    for (const each of [clean, corrupt, longer]) each.dispose();
  });
}

const ABSENT: readonly (readonly [string, string, string, string])[] = [
  ["gptj", "resid_mid", "blocks.*.hook_resid_mid", "among 101 sites. The nearest names are blocks.0.hook_resid_pre"],
  ["mamba", "attn_head_out_by_pos", "blocks.*.attn.hook_z", "among 56 sites. The nearest names are blocks.0.mixer.hook_ssm"],
  ["t5", "resid_pre", "blocks.*.hook_resid_pre", "among 159 sites. The nearest names are encoder.0.hook_resid_pre"],
]; // prettier-ignore

for (const [family, table, pattern, nearest] of ABSENT) {
  test(`${family}: a table of sites that the family does not have is refused by name`, async () => {
    using model = await loadModel<Transformer>(familyFolder(family));
    const [code, message] = failure(() =>
      new PatchingSweep({ tables: patchTables([table]), metrics: METRIC }).prepare(model),
    );
    assert.is(code, "PATTERN_UNMATCHED");
    assert.ok(message.startsWith(`No site matches "${pattern}", ${nearest}, `), message);
    assert.ok(message.endsWith('. Correct the pattern, or pass unmatched: "ignore".'), message);
  });
}

test.run();
