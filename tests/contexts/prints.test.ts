import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { compose, Interventions, option, openSession, Workflow } from "@hookdict/contexts";
import { editWeight, hookFunction, MultiHookManager } from "@hookdict/core";
import { TinyModule, tinyTokens } from "@hookdict/core/testing";
import {
  ActivationCaching,
  DictionaryTrainer,
  FeatureExamples,
  LinearRegression,
  LogisticRegression,
  StreamingRidge,
} from "@hookdict/latent";
import { CacheSession, CausalCache, loadTokenizer, randomModel, TransformerCache } from "@hookdict/models";
import { LINES, nonTensor, TensorDict, TensorDictReader, TensorDictWriter } from "@hookdict/tensordict";
import { memoryDirectory } from "@hookdict/tensordict/io";
import { Barrier, Cell, edit, openTrace, TrainableInterventions } from "@hookdict/tracing";
import { FactoredMatrix } from "@hookdict/weights";
import { ones, scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { threeFeatures } from "../latent/dictionaries/toy.ts";

const test = suite("what console.log shows of public classes");

const CUSTOM = Symbol.for("nodejs.util.inspect.custom");
const packages = fileURLToPath(new URL("../../packages/", import.meta.url));

test("each is shown in words of its own", async () => {
  const bare: string[] = [];
  for (const folder of readdirSync(packages)) {
    const manifest = JSON.parse(readFileSync(`${packages}${folder}/package.json`, "utf8")) as {
      readonly name: string;
    };
    const exported = (await import(manifest.name)) as Readonly<Record<string, unknown>>;
    for (const [name, value] of Object.entries(exported)) {
      const isClass = typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
      if (!isClass || value.prototype instanceof Error) continue;
      if (!(CUSTOM in (value.prototype as object))) bare.push(name);
    }
  }
  assert.equal(bare, []);
});

/** One screen, and no line that a terminal would break more than once. */
function assertShort(name: string, value: unknown): void {
  for (const text of [inspect(value), inspect({ value }), String(value)]) {
    const lines = text.split("\n");
    assert.ok(lines.length <= LINES + 2, `${name} prints ${lines.length} lines:\n${text}`);
    const longest = Math.max(...lines.map(({ length }) => length));
    assert.ok(longest <= 240, `${name} prints a line of ${longest} characters`);
    assert.not.match(text, /\[object Object\]/, name);
  }
}

test("models, contexts, hooks, traces and what they hold print in one screen", () => {
  using model = new TinyModule();
  using manager = new MultiHookManager(model, { name: "mine" });
  const handle = manager.register("**", "fwd", () => undefined);
  for (let i = 0; i < 200; i++) manager.register("mix", "fwd", () => undefined);
  using td = new TensorDict({});
  const factory = new ActivationCaching("**", { directions: ["fwd_pre", "fwd"] });
  using hooked = compose(factory, new ActivationCaching("mix", { cache: td })).prepare(model);
  const tokens = tinyTokens();
  hooked.call(tokens).dispose();
  using session = openSession(model);
  using trace = openTrace(model);
  using edited = edit(model, function* (t) {
    yield* t.output("head");
  });
  const long = "a".repeat(500);
  const all: Record<string, unknown> = {
    model,
    manager,
    handle,
    one: manager.register("head", "fwd", () => undefined),
    factory,
    hooked,
    context: hooked.context,
    cache: hooked.context.parts[0].cache,
    plan: factory.plan(model),
    session,
    proxy: session.get("mix"),
    trace,
    edited,
    target: model.hookTarget(),
    binding: hooked.context.binding,
    slot: model.head.hookSlot,
    specs: new Interventions({ captures: Array.from({ length: 300 }, () => ({ at: "**" })) }),
    longNames: new ActivationCaching([long, `!${long}`]),
    workflow: new Workflow(
      Array.from({ length: 300 }, (_, i) => ({
        name: `step ${i}`,
        inKeys: [],
        outKeys: [],
        run: () => [],
      })),
    ),
    option: option.of("a number, which has to be told in some words", () => true),
    function: hookFunction((x: Tensor) => x),
    barrier: new Barrier(3),
    cell: new Cell(),
  };
  for (const [name, value] of Object.entries(all)) assertShort(name, value);
  tokens.dispose();
});

test("TensorDicts, files, weights, caches and models of many parts print in one screen", async () => {
  const leaves = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`key ${i}`, scalar(i)]));
  using td = new TensorDict({ ...leaves, text: nonTensor("x".repeat(10_000)), list: nonTensor([[1], {}]) });
  using model = randomModel({
    model_type: "gpt2",
    n_layer: 12,
    n_head: 2,
    n_embd: 4,
    vocab_size: 5,
    n_positions: 3,
  });
  const directory = memoryDirectory("rows");
  await using writer = await TensorDictWriter.open(directory, { rowsPerShard: 2 });
  using stack = TensorDict.lazyStack([new TensorDict({ a: scalar(1) }), new TensorDict({ a: scalar(2) })]);
  using causal = new CausalCache({ capacity: 8 });
  using steps = new TransformerCache(model);
  using dictionary = threeFeatures();
  using trainer = new DictionaryTrainer({ dIn: 2, dSae: 3, activation: "topK", k: 1 });
  const weight = ones([2, 2]);
  using change = editWeight(weight, () => tidy(() => ones([2, 2])));
  using trained = new TrainableInterventions({
    interventions: Array.from({ length: 100 }, () => ({ kind: "zero", at: "hook_z", width: 2 })),
  });
  using matrix = new FactoredMatrix(weight, weight);
  const all: Record<string, unknown> = {
    td,
    model,
    weights: model.storedWeights(),
    writer,
    reader: await TensorDictReader.open(directory),
    stack,
    causal,
    steps,
    slots: new CacheSession(causal, { context: 8 }),
    dictionary,
    trainer,
    examples: new FeatureExamples(dictionary),
    change,
    trained,
    matrix,
    linear: new LinearRegression(),
    logistic: new LogisticRegression(),
    ridge: new StreamingRidge(),
    tokenizer: await loadTokenizer(new URL("../../examples/ioi-patching/model/", import.meta.url)),
  };
  for (const [name, value] of Object.entries(all)) assertShort(name, value);
  weight.dispose();
});

test.run();
