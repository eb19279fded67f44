import type { Shapes } from "@hookdict/contexts";
import { keptClone } from "@hookdict/tensordict/tensors";
import { type Tensor, tidy, zeros } from "@tensorflow/tfjs-core";
import { shapesMissing } from "./errors.ts";
import type { AttributeOptions } from "./job.ts";
import type { AttributionContext } from "./method.ts";
import type { ByPlace } from "./passes/pass.ts";
import type { Round, RoundResult } from "./passes/round.ts";
import { piecesOf, type RoundRunner } from "./passes/run-round.ts";
import { type Member, runJobs } from "./run-jobs.ts";

/** Options of a plan: those of the attribution that is planned. */
export interface AttributionPlanOptions extends AttributeOptions {
  /** What passes the sites, from `scan(model, ...inputs)`: needed for methods at sites. */
  readonly shapes?: Shapes;
}

/** A pass that will be run, for all who want it. */
export interface PlannedPass {
  /** Names of the methods, each once. */
  readonly methods: readonly string[];
  /** Rows: examples times steps or perturbations, times targets where these take rows of their own. */
  readonly rows: number;
  /** Runs of the model that it takes: pieces of at most `internalBatchSize` rows. */
  readonly runs: number;
  readonly isBackward: boolean;
}

/** What an attribution will take, as plain data. */
export interface AttributionPlan {
  /** Runs of the model. */
  readonly forward: number;
  /** Of these, runs that go backward, too. */
  readonly backward: number;
  /** Passes in their order; one of several methods is shared by them. */
  readonly passes: readonly PlannedPass[];
}

/** What methods will take, found by letting them compute with zeros in place of what the model would give. */
export function planJobs(
  contexts: readonly AttributionContext[],
  inputs: readonly unknown[],
  { shapes = {}, ...options }: AttributionPlanOptions,
): AttributionPlan {
  const planned = new Map<
    Round,
    { readonly pass: Omit<PlannedPass, "methods">; readonly methods: Set<string> }
  >();
  const share = (round: Round, members: readonly Member[]): void => {
    for (const { owner } of members) planned.get(round)?.methods.add(owner.method.name);
  };
  const { onProgress: _nothingRuns, ...rest } = options;
  const results = runJobs(contexts, inputs, rest, {
    isPlanned: true,
    share,
    *run(runner, round, members) {
      const scores = Math.max(1, round.gradients.size);
      const runs = piecesOf(round, runner.piece).length;
      const pass = { rows: round.pass.rows * scores, runs, isBackward: round.gradients.size > 0 };
      planned.set(round, { pass, methods: new Set() });
      share(round, members);
      yield undefined;
      return zeroResult(runner, round, shapes);
    },
  });
  for (const result of results) result.dispose();
  const passes = [...planned.values()].map(({ pass, methods }) => ({ methods: [...methods], ...pass }));
  const count = (of: readonly PlannedPass[]): number => of.reduce((sum, { runs }) => sum + runs, 0);
  return { forward: count(passes), backward: count(passes.filter(({ isBackward }) => isBackward)), passes };
}

/** Zeros of the shapes that a round would give. **Ownership:** returns owned, kept. */
function zeroResult({ args }: RoundRunner, round: Round, shapes: Shapes): RoundResult {
  const { pass, values, scores, gradients, fold } = round;
  const none = (shape: readonly number[]): Tensor => tidy(() => keptClone(zeros([...shape])));
  const innerShape = (place: string): readonly number[] => {
    const input = args.tensors[args.names.indexOf(place)];
    if (input !== undefined) return input.shape.slice(1);
    const [path = place, again = "0"] = place.split("#");
    const shape = shapes[path]?.[Number(again)]?.outputs[0]?.shape;
    if (shape === undefined) throw shapesMissing(place);
    return shape.slice(1);
  };
  const places = (
    names: readonly string[],
    shape: (inner: readonly number[]) => readonly number[],
  ): ByPlace => Object.fromEntries(names.map((name) => [name, none(shape(innerShape(name)))]));
  const all = (inner: readonly number[]): readonly number[] => [pass.rows, ...inner];
  const wanted = [...gradients.values()].flat();
  for (const name of [...values, ...wanted]) innerShape(name); // before anything is made
  return {
    values: places(values, all),
    scores: new Map([...scores.keys()].map((key) => [key, none([pass.rows])])),
    gradients: new Map([...gradients].map(([key, names]) => [key, places(names, fold?.shape ?? all)])),
  };
}
