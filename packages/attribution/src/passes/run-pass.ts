import { Binding, HookedModule, HookPoint, type HookTarget, Module } from "@hookdict/core";
import { HookError, isHookdictError, isTensor } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { concat, slice, sum, type Tensor } from "@tensorflow/tfjs-core";
import { inputsNeverReach, siteNeverFired } from "../errors.ts";
import type { Arguments } from "../inputs.ts";
import type { Score } from "../target.ts";
import type { ByPlace, Pass, PassResult } from "./pass.ts";

/** What a context's hooks look at while a pass of the method runs: what to keep and what to put in place. */
export interface Listening {
  readonly pass: Pass;
  readonly values: Record<string, Tensor>;
  readonly gradients: Record<string, Tensor>;
  /** Keys of the places that have run. */
  readonly fired: Set<string>;
  /** The score, when it is made of a site's value. */
  score: Tensor | undefined;
  /** Which rows of the whole pass run. */
  readonly rows: readonly number[];
}

/** The context of a method, as far as a pass needs it. */
export interface Listener {
  listening: Listening | undefined;
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

/** How passes run on one model. */
export interface PassRunner {
  readonly target: HookTarget;
  readonly args: Arguments;
  readonly listeners: readonly Listener[];
  /** Rows that run at once. */
  readonly piece: number | undefined;
  /** Called after each run of the model. */
  readonly onRun: () => void;
}

/** Runs a pass, in pieces where told so. **Ownership:** returns owned, kept. */
export function* runPass(runner: PassRunner, pass: Pass): Generator<undefined, PassResult> {
  const { unit = 1 } = pass;
  const size = Math.max(unit, Math.floor(Math.min(runner.piece ?? pass.rows, pass.rows) / unit) * unit);
  if (size >= pass.rows) {
    const whole = runPiece(runner, pass, 0, pass.rows);
    runner.onRun();
    return whole;
  }
  const parts: PassResult[] = [];
  try {
    for (let start = 0; start < pass.rows; start += size) {
      parts.push(runPiece(runner, pass, start, Math.min(size, pass.rows - start)));
      runner.onRun();
      yield undefined;
    }
    return joined(parts);
  } finally {
    for (const part of parts) disposeResult(part);
  }
}

/** Frees what a pass gave. */
export function disposeResult(result: PassResult): void {
  result.scores?.dispose();
  for (const tensor of [...Object.values(result.values), ...Object.values(result.gradients)])
    tensor.dispose();
}

function joined(parts: readonly PassResult[]): PassResult {
  const join = (tensors: readonly (Tensor | undefined)[]): Tensor => {
    const whole = concat(tensors as Tensor[], 0); // every piece gives the same places
    const joint = keptClone(whole);
    whole.dispose();
    return joint;
  };
  const byPlace = (pick: (part: PassResult) => ByPlace): ByPlace =>
    Object.fromEntries(
      Object.keys(pick(parts[0] as PassResult)).map((name) => [
        name,
        join(parts.map((part) => pick(part)[name])),
      ]),
    );
  return {
    scores: parts[0]?.scores === undefined ? undefined : join(parts.map(({ scores }) => scores)),
    values: byPlace(({ values }) => values),
    gradients: byPlace(({ gradients }) => gradients),
  };
}

function runPiece(runner: PassRunner, pass: Pass, start: number, count: number): PassResult {
  const cut: Tensor[] = [];
  const part = (tensor: Tensor): Tensor => {
    if (count === pass.rows) return tensor;
    const piece = slice(tensor, start, count);
    cut.push(piece);
    return piece;
  };
  const inputs = pass.inputs.map(part);
  const replace = Object.fromEntries(
    Object.entries(pass.replace ?? {}).map(([name, tensor]) => [name, part(tensor)]),
  );
  const listening: Listening = {
    pass: { ...pass, inputs, replace },
    values: {},
    gradients: {},
    fired: new Set(runner.args.names),
    score: undefined,
    rows: Array.from({ length: count }, (_, i) => start + i),
  };
  for (const listener of runner.listeners) listener.listening = listening;
  let scores: Tensor | undefined;
  try {
    scores =
      (pass.gradients?.length ?? 0) > 0 ? runWithGradients(runner, listening) : runForward(runner, listening);
    checkComplete(pass, listening);
    return {
      scores,
      values: inOrder(listening.values, pass.values),
      gradients: inOrder(listening.gradients, pass.gradients),
    };
  } catch (error) {
    disposeResult({ scores, values: listening.values, gradients: listening.gradients });
    listening.score?.dispose();
    throw unwrapped(error);
  } finally {
    for (const listener of runner.listeners) listener.listening = undefined;
    for (const tensor of cut) tensor.dispose();
  }
}

/** Errors of targets and rules as they are: they are met in hooks, which add nothing to them. */
function unwrapped(error: unknown): unknown {
  const cause: unknown = error instanceof HookError ? error.cause : undefined;
  return isHookdictError(cause) && /^(TARGET|RULE)_/.test(cause.code) ? cause : error;
}

/** The places as they were asked for: gradients come last to first. */
function inOrder(found: ByPlace, names: readonly string[] = []): ByPlace {
  return Object.fromEntries(names.map((name) => [name, found[name] as Tensor])); // checkComplete has looked
}

function checkComplete(pass: Pass, { values, gradients, fired }: Listening): void {
  for (const name of pass.values ?? []) if (values[name] === undefined) throw siteNeverFired(name);
  for (const name of pass.gradients ?? [])
    if (gradients[name] === undefined) throw fired.has(name) ? inputsNeverReach(name) : siteNeverFired(name);
}

function runForward(runner: PassRunner, listening: Listening): Tensor | undefined {
  const { score } = listening.pass;
  const output = runner.target.call(runner.args.pack(listening.pass.inputs));
  try {
    if (score === undefined) return undefined;
    return score.site === undefined
      ? kept(() => scoreOf(score, listening, output))
      : scoreOf(score, listening, output);
  } finally {
    disposeOutput(output);
  }
}

function runWithGradients({ target, args }: PassRunner, listening: Listening): Tensor | undefined {
  const { inputs, gradients = [], score } = listening.pass;
  const entrance = new Entrance(args.names);
  const isWanted = args.names.map((name, i) => gradients.includes(name) && inputs[i]?.dtype === "float32");
  const owner = isWanted.includes(true) ? entrance.hookTarget() : target;
  const binding = new Binding(owner, "attribution");
  const module = new HookedModule(owner, { binding, dispose: () => binding.dispose() });
  let scores: Tensor | undefined;
  try {
    if (isWanted.includes(true)) hookEntrance(binding, args.names, listening);
    module.backward(() => {
      const entered = inputs.map((input, i) =>
        isWanted[i] === true ? (entrance.points[`p${i}`]?.call(input) ?? input) : input,
      );
      const output = target.call(args.pack(entered));
      const each = scoreOf(score as Score, listening, output); // gradients are asked for with a score
      scores = keptClone(each);
      return sum(each);
    });
    return scores;
  } catch (error) {
    scores?.dispose();
    if (isHookdictError(error) && error.code === "LOSS_INDEPENDENT") {
      const missed = gradients.find((name) => !listening.fired.has(name));
      throw missed === undefined ? inputsNeverReach(gradients.join(", ")) : siteNeverFired(missed);
    }
    throw error;
  } finally {
    binding.dispose();
    listening.score?.dispose();
  }
}

function hookEntrance(binding: Binding, names: readonly string[], { gradients }: Listening): void {
  binding.hook("points.*", "bwd", {
    kind: "observe",
    unfired: "ignore",
    run: (gradient: unknown, { site }) => {
      const name = names[Number(site.path.slice("points.p".length))];
      if (name !== undefined && isTensor(gradient)) gradients[name] = keptClone(gradient);
    },
  });
}

function scoreOf(score: Score, listening: Listening, output: unknown): Tensor {
  if (score.site === undefined) return score.of(output, listening.rows);
  if (listening.score === undefined) throw siteNeverFired(score.site);
  return listening.score;
}

function kept(fn: () => Tensor): Tensor {
  const made = fn();
  const clone = keptClone(made);
  made.dispose();
  return clone;
}

function disposeOutput(output: unknown): void {
  if (isTensor(output)) output.dispose();
  else if (Array.isArray(output)) output.forEach(disposeOutput);
  else if (typeof output === "object" && output !== null && "dispose" in output)
    (output as { dispose(): void }).dispose(); // a TensorDict
  else if (typeof output === "object" && output !== null) Object.values(output).forEach(disposeOutput);
}
