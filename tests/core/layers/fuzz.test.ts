import { countHooks, DIRECTIONS, type Direction, type HookKind, MultiHookManager } from "@hookdict/core";
import { isHookdictError } from "@hookdict/tensordict";
import { hookLayers } from "@hookdict/core/layers";
import { ActivationCaching } from "@hookdict/latent";
import { memory, sum, type Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import * as fc from "fast-check";
import { assert, suite } from "../../gate/suite.ts";
import { free, nested } from "./models.ts";
import { builders, compiled, dataset, samples, SILENT } from "./training.ts";

const test = suite("random programs on layers");

/** Adds a hook, which may throw once it has run so many times. */
interface AddHook {
  readonly op: "hook";
  readonly pattern: string;
  readonly direction: Direction;
  readonly kind: HookKind;
  readonly fails: number;
}
type Step = AddHook | { readonly op: "end"; readonly which: number } | { readonly op: keyof typeof uses };

const uses = {
  call: async (model: LayersModel, x: Tensor) =>
    Promise.resolve(free1(hookLayers(model).hookTarget().call([x]))),
  predict: async (model: LayersModel, x: Tensor) =>
    Promise.resolve(free1(model.predict(x, { batchSize: 1 }))),
  evaluate: async (model: LayersModel, x: Tensor, y: Tensor) => Promise.resolve(free1(model.evaluate(x, y))),
  step: async (model: LayersModel, x: Tensor, y: Tensor) => model.trainOnBatch(x, y),
  fit: async (model: LayersModel, x: Tensor, y: Tensor) =>
    model.fit(x, y, { epochs: 2, batchSize: 1, verbose: SILENT, validationData: [x, y] }),
  fitDataset: async (model: LayersModel) =>
    model.fitDataset(dataset(2), { epochs: 2, verbose: SILENT, validationData: dataset(1) }),
  evaluateDataset: async (model: LayersModel) => free1(await model.evaluateDataset(dataset(2), {})),
  backward: async (model: LayersModel, x: Tensor) => {
    using hooked = new ActivationCaching("**", { directions: ["fwd", "bwd"] }).prepare(hookLayers(model));
    hooked.backward(() => sum(hooked.call(x)));
    return Promise.resolve();
  },
} satisfies Readonly<Record<string, (model: LayersModel, x: Tensor, y: Tensor) => Promise<unknown>>>;

function free1(result: Tensor | Tensor[]): void {
  for (const tensor of Array.isArray(result) ? result : [result]) tensor.dispose();
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    op: fc.constant("hook" as const),
    pattern: fc.constantFrom("**", "*", "**.first", "**.second"),
    direction: fc.constantFrom(...DIRECTIONS),
    kind: fc.constantFrom("observe" as const, "replace" as const, "stop" as const),
    fails: fc.integer({ min: 0, max: 6 }),
  }),
  fc.record({ op: fc.constant("end" as const), which: fc.nat(5) }),
  fc.record({ op: fc.constantFrom(...(Object.keys(uses) as (keyof typeof uses)[])) }),
);

function addHook(model: LayersModel, { pattern, direction, kind, fails }: AddHook): MultiHookManager {
  const manager = new MultiHookManager(hookLayers(model));
  let fired = 0;
  const hook = (value: unknown): unknown => {
    if (fired++ === fails) throw new TypeError("no");
    return kind === "stop" ? fired > 3 : value;
  };
  try {
    manager.register(pattern, direction, { kind, run: hook });
  } catch (error) {
    if (!isHookdictError(error)) throw error; // a stop in a backward direction is refused
  }
  return manager;
}

/** Runs a program; after each of its steps the number of tensors is what it was. */
async function run(model: LayersModel, program: readonly Step[]): Promise<void> {
  const { x, y, dispose } = samples();
  const before = memory().numTensors;
  const managers: MultiHookManager[] = [];
  try {
    for (const next of program) {
      if (next.op === "hook") managers.push(addHook(model, next));
      else if (next.op === "end") managers.splice(next.which % (managers.length + 1), 1)[0]?.dispose();
      else await uses[next.op](model, x, y).catch(assertOurs);
      assert.is(memory().numTensors, before, next.op);
    }
  } finally {
    for (const manager of managers) manager.dispose();
    dispose();
  }
}

function assertOurs(error: unknown): void {
  if (!isHookdictError(error)) throw error;
}

const kinds = { ...builders, "model in a model": () => compiled(nested()) };
for (const [kind, build] of Object.entries(kinds)) {
  test(`whatever is hooked, run, thrown and ended on a ${kind}, no tensor, hook or property is left`, async () => {
    const model = build();
    const layersOf = (of: LayersModel): object[] => [of, ...of.layers];
    const properties = (): string[][] =>
      layersOf(model).map((layer) => Object.getOwnPropertyNames(layer).sort());
    await uses.fit(model, ...both()).finally(release);
    const before = properties();
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 6, maxLength: 14, size: "max" }),
      async (program) => {
        await run(model, program);
        assert.is(countHooks(hookLayers(model)), 0);
        assert.equal(properties(), before);
      },
    );
    await fc.assert(property, { seed: 20, numRuns: 25 });
    free(model);
  });
}

let given: ReturnType<typeof samples> | undefined;
function both(): [Tensor, Tensor] {
  given = samples();
  return [given.x, given.y];
}
function release(): void {
  given?.dispose();
}

test.run();
