import {
  add,
  clone,
  customGrad,
  grad,
  mul,
  neg,
  scalar,
  square,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import type { GradientProgram, Mode, Op, PlacedHook } from "./program.ts";

/** What a mode must give: numbers, captures by name, or the code of an error. */
export interface Outcome {
  readonly value?: number;
  readonly captures?: Readonly<Record<string, number>>;
  readonly error?: string;
}

export function applyOp(op: Op, value: Tensor, input: Tensor): Tensor {
  switch (op) {
    case "double":
      return mul(value, 2);
    case "shift":
      return add(value, 1);
    case "negate":
      return neg(value);
    case "square":
      return square(value);
    case "skip":
      return add(value, input);
    case "times":
      return mul(value, input);
    default:
      return op satisfies never;
  }
}

class Expected extends Error {}

const RANK = { pre: 0, normal: 1, post: 2 } as const;

/** The model with its hooks written inline, in plain TensorFlow.js: taps are custom gradients. */
export class Oracle {
  readonly #program: GradientProgram;
  readonly #hooks: readonly PlacedHook[];
  captures: Record<string, number> = {};

  constructor(program: GradientProgram) {
    this.#program = program;
    this.#hooks = program.contexts.flatMap(({ hooks }) => hooks);
  }

  call(input: Tensor): Tensor {
    let value = input;
    for (const [point, op] of this.#program.ops.entries()) {
      value = this.#forward(this.#at(point, "fwd_pre"), applyOp(op, value, input));
      value = this.#tap(this.#at(point, "bwd"), value);
      // The output is tapped behind the last hook that may replace it.
      const fwd = this.#at(point, "fwd");
      value = this.#tap(this.#at(point, "bwd_pre"), this.#forward(fwd, value));
    }
    return value;
  }

  #at(point: number, direction: string): readonly PlacedHook[] {
    const here = this.#hooks.filter((hook) => hook.point === point && hook.direction === direction);
    return [0, 1, 2].flatMap((rank) => here.filter(({ order }) => RANK[order] === rank));
  }

  #forward(hooks: readonly PlacedHook[], given: Tensor): Tensor {
    let value = given;
    let isStopped = false;
    for (const { effect } of hooks) {
      if (effect === "throw") throw new Expected("HOOK_THREW");
      if (effect === "stop") isStopped = true;
      else value = this.#effect(effect, value);
    }
    if (isStopped) throw new Expected("RUN_STOPPED");
    return value;
  }

  #tap(hooks: readonly PlacedHook[], value: Tensor): Tensor {
    if (hooks.length === 0) return value;
    const tapped = customGrad((x) => ({
      value: clone(x as Tensor),
      gradFunc: (dy: Tensor) =>
        hooks.reduce((gradient, { effect }) => {
          if (effect === "throw") throw new Expected("HOOK_THREW");
          return effect === "own" ? mul(gradient, 2) : this.#effect(effect, gradient);
        }, clone(dy)),
    }));
    return tapped(value);
  }

  #effect(effect: PlacedHook["effect"], value: Tensor): Tensor {
    if (typeof effect === "string") return value;
    if ("scale" in effect) return mul(value, effect.scale);
    this.captures[effect.capture] = value.dataSync()[0] ?? Number.NaN;
    return value;
  }
}

/** What `mode` computes of a model, with what runs a backward pass and what runs it inside a gradient. */
export function measure(
  mode: Mode,
  call: (x: Tensor) => Tensor,
  input: number,
  special: { backward(x: Tensor): number; inside(x: Tensor): Tensor },
): number {
  return tidy(() => {
    const x = scalar(input);
    const first = (y: Tensor): Tensor => grad(call)(y);
    switch (mode) {
      case "first":
        return read(first(x));
      case "second":
        return read(grad(first)(x));
      case "penalty":
        return read(grad((y: Tensor) => square(first(y)))(x));
      case "backward":
        return special.backward(x);
      case "inside":
        return read(grad((y: Tensor) => add(special.inside(y), y))(x));
      default:
        return mode satisfies never;
    }
  });
}

export function read(tensor: Tensor): number {
  return tensor.dataSync()[0] ?? Number.NaN;
}

/** What the program must give. */
export function expected(program: GradientProgram, mode: Mode): Outcome {
  const oracle = new Oracle(program);
  const call = (x: Tensor): Tensor => oracle.call(x);
  try {
    const value = measure(mode, call, program.input, {
      backward: (x) => {
        const zero = scalar(0);
        read(grad((y: Tensor) => oracle.call(add(x, mul(y, 0))))(zero));
        return 0;
      },
      // Its own gradient, taken inside, changes nothing of the output's.
      inside: (y) => {
        if (program.isOutputLoss) grad((z: Tensor) => oracle.call(z))(y);
        else grad((z: Tensor) => mul(oracle.call(z), 1))(y);
        return oracle.call(y);
      },
    });
    return { value, captures: oracle.captures };
  } catch (error) {
    if (error instanceof Expected) return { error: error.message };
    throw error;
  }
}
