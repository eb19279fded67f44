import {
  Binding,
  HookedModule,
  HookPoint,
  type HookTarget,
  Module,
  type ReadPositions,
  readingAt,
} from "@hookdict/core";
import { isHookdictError, isTensor, isTensorDict, tensorsOf } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { inputsNeverReach, siteNeverFired } from "../errors.ts";
import type { Arguments } from "../inputs.ts";
import { joinScores, type Listening } from "./listening.ts";

/** A model and its arguments. */
interface Runner {
  readonly target: HookTarget;
  readonly args: Arguments;
}

/** Where inputs enter, so that their gradients can be taken whatever the model is. */
class Entrance extends Module {
  readonly points: Readonly<Record<string, HookPoint>>;

  constructor(names: readonly string[]) {
    super();
    this.points = Object.fromEntries(names.map((_, i) => [`p${i}`, new HookPoint()]));
  }

  override forward(): undefined {
    return undefined;
  }
}

/** Runs the model with arguments made of tensors, and frees those that were made for it. */
function callWith<T>(
  { target, args }: Runner,
  inputs: readonly Tensor[],
  { positions, examples }: Listening,
  use: (output: unknown, alone: ReadPositions | undefined) => T,
): T {
  using packed = args.pack(inputs, examples);
  const { model } = target;
  if (positions === undefined || typeof model !== "object" || model === null)
    return use(target.call(packed.args), undefined);
  const { value, isTaken } = readingAt(model, positions, () => target.call(packed.args));
  return use(value, isTaken ? positions : undefined);
}

/** Runs the model forward. **Ownership:** returns the scores owned, kept. */
export function runForward(
  runner: Runner,
  inputs: readonly Tensor[],
  listening: Listening,
): readonly Tensor[] {
  if (listening.scores.length > 0) return runToEnd(runner, inputs, listening);
  // Values alone are wanted: nobody needs what comes after the last hook.
  const binding = new Binding(runner.target, "attribution");
  try {
    binding.stopEarly();
    return runToEnd(runner, inputs, listening);
  } catch (error) {
    const isOurs =
      isHookdictError(error) && error.code === "RUN_STOPPED" && error.fields["context"] === "attribution";
    if (!isOurs) throw error;
    return [];
  } finally {
    binding.dispose();
  }
}

function runToEnd(runner: Runner, inputs: readonly Tensor[], listening: Listening): readonly Tensor[] {
  return callWith(runner, inputs, listening, (output, alone) => {
    try {
      let scores: readonly Tensor[] = [];
      tidy(() => {
        scores = listening.scoresOf(output, alone).map(keptClone);
      });
      return scores;
    } finally {
      disposeOutput(output);
    }
  });
}

/** Runs the model forward and backward. **Ownership:** as {@link runForward}. */
export function runBackward(
  runner: Runner,
  inputs: readonly Tensor[],
  listening: Listening,
): readonly Tensor[] {
  const { target, args } = runner;
  const entrance = new Entrance(args.names);
  const isWanted = args.names.map(
    (name, i) => listening.wantedGradients.includes(name) && inputs[i]?.dtype === "float32",
  );
  const owner = isWanted.includes(true) ? entrance.hookTarget() : target;
  const binding = new Binding(owner, "attribution");
  const module = new HookedModule(owner, { binding, dispose: () => binding.dispose() });
  let scores: readonly Tensor[] = [];
  try {
    if (isWanted.includes(true)) hookEntrance(binding, args.names, listening);
    module.backward(() => {
      const entered = inputs.map((input, i) =>
        isWanted[i] === true ? (entrance.points[`p${i}`]?.call(input) ?? input) : input,
      );
      return callWith(runner, entered, listening, (output, alone) => {
        const each = listening.scoresOf(output, alone);
        scores = each.map(keptClone);
        if (isTensorDict(output)) disposeOutput(output); // the scope of the pass frees all else
        return sum(joinScores(each));
      });
    });
    return scores;
  } catch (error) {
    for (const score of scores) score.dispose();
    throw independent(error, listening) ?? error;
  } finally {
    binding.dispose();
  }
}

/** What is wrong with a target that has no gradient. */
function independent(error: unknown, { wantedGradients, fired }: Listening): unknown {
  if (!isHookdictError(error) || error.code !== "LOSS_INDEPENDENT") return undefined;
  const missed = wantedGradients.find((name) => !fired.has(name));
  return missed === undefined ? inputsNeverReach(wantedGradients.join(", ")) : siteNeverFired(missed);
}

function hookEntrance(binding: Binding, names: readonly string[], listening: Listening): void {
  binding.hook("points.*", "bwd", {
    kind: "observe",
    unfired: "ignore",
    run: (gradient: unknown, { site }) => {
      const name = names[Number(site.path.slice("points.p".length))];
      if (name !== undefined && isTensor(gradient)) listening.seeGradient(name, gradient);
    },
  });
}

function disposeOutput(output: unknown): void {
  if (isTensorDict(output))
    (output as { dispose(): void }).dispose(); // a TensorDict frees its own
  else for (const tensor of tensorsOf(output)) tensor.dispose();
}
