import {
  type Binding,
  countHooks,
  type Hookable,
  type HookedModule,
  HookPoint,
  Module,
} from "@hookdict/core";
import { releaseTape } from "@hookdict/tensordict/tensors";
import {
  compose,
  type FactoryDescription,
  HookingContext,
  HookingContextFactory,
  runWithCache,
} from "@hookdict/contexts";
import { grad, memory, mul, scalar, square, type Tensor } from "@tensorflow/tfjs-core";
import { applyOp, expected, measure, type Outcome, read } from "./oracle.ts";
import { type GradientProgram, type Mode, type PlacedHook, programOf } from "./program.ts";

/** The program's model, with a point after each operation. */
class Chain extends Module {
  readonly points: readonly HookPoint[];
  readonly #program: GradientProgram;

  constructor(program: GradientProgram) {
    super();
    this.#program = program;
    this.points = program.ops.map(() => new HookPoint());
  }

  override forward(input: Tensor): Tensor {
    return this.#program.ops.reduce<Tensor>(
      (value, op, i) => (this.points[i] as HookPoint).call(applyOp(op, value, input)),
      input,
    );
  }
}

/** A context of the program's hooks. */
class Scripted extends HookingContextFactory {
  readonly #hooks: readonly PlacedHook[];
  readonly #captures: Record<string, number>;

  constructor(hooks: readonly PlacedHook[], captures: Record<string, number>) {
    super();
    this.#hooks = hooks;
    this.#captures = captures;
  }

  override describe(): FactoryDescription {
    return { name: "Scripted", options: {} };
  }

  protected override createContext(binding: Binding): HookingContext {
    return new HookingContext(binding);
  }

  protected override setUp(context: HookingContext): void {
    for (const { point, direction, order, effect } of this.#hooks) {
      const kind = effect === "stop" ? "stop" : "replace";
      const run = (value: Tensor): unknown => this.#fire(effect, value);
      context.hook(`points.${point}`, direction, { kind, order, unfired: "ignore", run });
    }
  }

  #fire(effect: PlacedHook["effect"], value: Tensor): unknown {
    if (effect === "throw") throw new RangeError("by the program");
    if (effect === "own") return mul(value, grad((x: Tensor) => square(x))(scalar(1)));
    if (typeof effect === "string") return undefined;
    if ("scale" in effect) return mul(value, effect.scale);
    this.#captures[effect.capture] = read(value);
    return undefined;
  }
}

type Hooked = HookedModule<[Tensor], Tensor>;

/** Prepares the contexts; gives the last, with the steps that end them. */
function prepare(
  model: Chain,
  { contexts }: GradientProgram,
  captures: Record<string, number>,
): { readonly last: Hooked; readonly all: readonly Hooked[] } {
  const all: Hooked[] = [];
  for (let i = 0; i < contexts.length; i++) {
    const group = [new Scripted(contexts[i]?.hooks ?? [], captures)];
    const isNested = contexts[i]?.on === "hooked";
    while (contexts[i + 1]?.on === "composed") group.push(new Scripted(contexts[++i]?.hooks ?? [], captures));
    const below = (isNested ? (all.at(-1) ?? model) : model) as unknown as Hookable<[Tensor], Tensor>;
    const [only] = group;
    const factory = group.length === 1 && only !== undefined ? only : compose(...group);
    all.push(factory.prepare(below));
  }
  return { last: all.at(-1) as Hooked, all }; // there is one at least
}

async function outcome(program: GradientProgram, mode: Mode): Promise<Outcome> {
  const model = new Chain(program);
  const found = await outcomeOn(model, program, mode);
  return countHooks(model) === 0 && model.hookSlot === null ? found : { error: "hooks are left" };
}

async function outcomeOn(model: Chain, program: GradientProgram, mode: Mode): Promise<Outcome> {
  const captures: Record<string, number> = {};
  const { last, all } = prepare(model, program, captures);
  const call = (x: Tensor): Tensor => model.call(x);
  try {
    const value = measure(mode, call, program.input, {
      backward: (x) => {
        if (hasBackward(program)) last.backward(() => last.call(x));
        else read(last.call(x));
        return 0;
      },
      inside: (y) => {
        const loss = program.isOutputLoss ? (o: Tensor): Tensor => o : (o: Tensor): Tensor => mul(o, 1);
        const { output, cache } = runWithCache(last, [y], { names: "points.0", loss });
        cache.dispose();
        return output;
      },
    });
    return { value, captures };
  } catch (error) {
    const { code } = error as { readonly code?: string };
    return { error: code ?? String(error) };
  } finally {
    for (const hooked of [...all].reverse()) hooked.dispose();
    await Promise.resolve(); // what an exception has left on the tape goes then
  }
}

function hasBackward({ contexts }: GradientProgram): boolean {
  return contexts.some(({ hooks }) => hooks.some(({ direction }) => direction.startsWith("bwd")));
}

/** What is wrong with a program; `undefined` if it gives what it must, and leaves nothing behind. */
export async function failureOf(seed: number): Promise<string | undefined> {
  const program = programOf(seed);
  for (const mode of program.modes) {
    const wanted = settle(expected(program, mode));
    releaseTape(); // what an exception in TensorFlow.js leaves, here the oracle's
    const before = memory().numTensors;
    const got = settle(await outcome(program, mode));
    const left = memory().numTensors - before;
    if (got !== wanted || left !== 0)
      return `seed ${seed}, ${mode}: got ${got}, expected ${wanted}, ${left} tensors left; ${JSON.stringify(program)}`;
  }
  return undefined;
}

/** As text, with captures in order; -0 is 0. */
function settle({ value, captures, error }: Outcome): string {
  if (error !== undefined) return error;
  const sorted = Object.entries(captures ?? {}).sort(([a], [b]) => a.localeCompare(b));
  return JSON.stringify([value, sorted], (_, item: unknown) => (Object.is(item, -0) ? 0 : item));
}

/** The first failure of some seeds. */
export async function firstFailure(first: number, count: number): Promise<string | undefined> {
  for (let seed = first; seed < first + count; seed++) {
    const failure = await failureOf(seed);
    if (failure !== undefined) return failure;
  }
  return undefined;
}
