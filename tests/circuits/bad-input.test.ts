import {
  ablateHeads,
  discoverCircuit,
  faithfulness,
  logitDifference,
  type Metric,
  pathPatching,
  PatchingSweep,
  patchTables,
  scoreCircuit,
} from "@hookdict/circuits";
import { countHooks } from "@hookdict/core";
import { loadModel, type Transformer } from "@hookdict/models";
import { mean, memory, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
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

/** Everything that takes many runs, with options of its work, on a prompt where it takes several. */
const WORK: Readonly<Record<string, (model: Transformer, prompts: Prompts, options: object) => unknown>> = {
  PatchingSweep: (model, prompts, options) => {
    using hooked = new PatchingSweep({ tables: patchTables(["resid_pre", "mlp_out"]), metrics: METRIC }).prepare(model); // prettier-ignore
    using result = hooked.sweep(prompts, { memory: 100_000, ...options });
    return result.keys();
  },
  ablateHeads: (model, { clean }, options) => {
    using found = ablateHeads(model, clean, { metrics: METRIC, memory: 100_000, ...options });
    return found.keys();
  },
  pathPatching: (model, prompts, options) => {
    using found = pathPatching(model, prompts, { receivers: "final", metrics: METRIC, ...options });
    return found.keys();
  },
  scoreCircuit: (model, prompts, options) => {
    using scores = scoreCircuit(model, prompts, { metric: METRIC, scorer: "exact", memory: 1_000_000, ...options }); // prettier-ignore
    return scores.keys();
  },
  faithfulness: (model, prompts, options) =>
    faithfulness(model, prompts, Array(40).fill(EMPTY[0]), {
      metric: METRIC,
      memory: 1_000_000,
      ...options,
    }),
  discoverCircuit: (model, prompts, options) =>
    discoverCircuit(model, prompts, { metric: METRIC, threshold: 0.5, ...options }),
};

for (const [name, run] of Object.entries(WORK)) {
  test(`${name}: progress tells of each run, and an end on the way, by a signal or an error, leaves nothing`, async () => {
    using model = await loadModel<Transformer>(familyFolder("gpt2"));
    const prompts = { clean: ids([[1, 5, 3, 7]]), corrupt: ids([[1, 6, 3, 9]]) };
    const before = memory().numTensors;
    const told: { done: number; total: number }[] = [];
    run(model, prompts, { onProgress: (each: { done: number; total: number }) => told.push({ ...each }) });
    assert.ok(told.length > 1, `${told.length} runs`);
    assert.equal(
      told,
      told.map((_, i) => ({ done: i + 1, total: told.length })),
    );
    const signal = { aborted: false };
    const [code, message] = failure(() =>
      run(model, prompts, { signal, onProgress: () => (signal.aborted = true) }),
    );
    assert.is(code, "CIRCUIT_ABORTED");
    assert.match(message, new RegExp(` aborted after 1 of ${told.length} runs\\.$`));
    const mine = new Error("mine");
    const thrower = { onProgress: () => { throw mine; } }; // prettier-ignore
    assert.is(
      thrown(() => run(model, prompts, thrower)),
      mine,
    );
    assert.is(memory().numTensors, before);
    assert.is(countHooks(model), 0);
    for (const each of Object.values(prompts)) each.dispose();
  });
}

for (const [name, run] of Object.entries(FUNCTIONS)) {
  test(`${name}: a metric that gives a disposed tensor, or throws, leaves nothing`, async () => {
    using model = await loadModel<Transformer>(familyFolder("gpt2"));
    const prompts = { clean: ids([[1, 5, 3]]), corrupt: ids([[1, 5, 4]]) };
    const before = memory().numTensors;
    const gone: Metric = {
      name: "gone",
      of: (_, pairs) => {
        const made = zeros([pairs.length]);
        made.dispose();
        return made;
      },
    };
    assert.equal(
      failure(() => run(model, prompts, gone)),
      [
        "METRIC_SHAPE",
        'The metric "gone" gave a tensor that was disposed for 1 prompts. Give one float32 number for each prompt, as a tensor of shape [1].',
      ],
    );
    const mine = new Error("mine");
    const boom: Metric = { name: "boom", of: () => { throw mine; } }; // prettier-ignore
    assert.is(
      thrown(() => run(model, prompts, boom)),
      mine,
    );
    assert.is(memory().numTensors, before);
    assert.is(countHooks(model), 0);
    for (const each of Object.values(prompts)) each.dispose();
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
