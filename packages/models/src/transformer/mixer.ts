import { HookPoint, Module } from "@hookdict/core";
import {
  add,
  concat,
  exp,
  mul,
  neg,
  pad,
  reshape,
  slice,
  softplus,
  stack,
  sum,
  tidy,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { ACTIVATIONS } from "../ops/activations.ts";
import type { StateSpaceConfig } from "./config.ts";
import { Linear } from "./linear.ts";
import type { LayerState, StateStore } from "./state-cache.ts";
import type { ModelWeights } from "./weights.ts";

const RESIDUAL = ["batch", "pos", "dModel"];
const INNER = ["batch", "pos", "dInner"];

/**
 * Mamba's mixer: a projection to values and gates, a causal convolution, a recurrence whose step, input and output depend
 * on the token, and a projection back. `hook_conv` sees the convolution after its activation, `hook_ssm` the recurrence's
 * output before the gate: `[batch, pos, dInner]`; `hook_ssm_write` what each token writes into the state, before the recurrence, so that all
 * later states feel a change; `hook_state` the states after each token: `[batch, pos, dInner, dState]`.
 *
 * @see Gu and Dao, https://arxiv.org/abs/2312.00752
 */
export class Mixer extends Module {
  readonly in_proj: Linear;
  readonly hook_conv: HookPoint = new HookPoint({ axes: INNER });
  readonly x_proj: Linear;
  readonly dt_proj: Linear;
  readonly hook_ssm_write: HookPoint = new HookPoint({ axes: [...INNER, "dState"] });
  readonly hook_state: HookPoint = new HookPoint({ axes: [...INNER, "dState"] });
  readonly hook_ssm: HookPoint = new HookPoint({ axes: INNER });
  readonly out_proj: Linear;
  readonly #weights: ModelWeights;
  readonly #path: string;
  readonly #config: StateSpaceConfig;
  readonly #run: StateRunHolder;

  /** **Ownership:** *borrows* the weights. */
  constructor(weights: ModelWeights, path: string, config: StateSpaceConfig, run: StateRunHolder) {
    super();
    this.in_proj = new Linear(weights, `${path}.in_proj`, INNER);
    this.x_proj = new Linear(weights, `${path}.x_proj`, ["batch", "pos", "parameter"]);
    this.dt_proj = new Linear(weights, `${path}.dt_proj`, INNER);
    this.out_proj = new Linear(weights, `${path}.out_proj`, RESIDUAL);
    this.#weights = weights;
    this.#path = path;
    this.#config = config;
    this.#run = run;
  }

  override get axes(): readonly string[] {
    return RESIDUAL;
  }

  override forward(given: Tensor): Tensor {
    const { dInner, activation, kernel } = this.#config;
    const [batch = 1, pos = 1] = given.shape;
    return tidy(() => {
      const { store } = this.#run;
      const before = store?.before(this.#path);
      const masked = this.#run.apply(given);
      const both = this.in_proj.call(masked);
      const part = (of: Tensor, begin: number, size: number): Tensor =>
        slice(of, [0, 0, begin], [batch, pos, size]);
      const inputs = this.#inputs(part(both, 0, dInner), before);
      const x = this.#convolve(inputs, pos);
      const activated = this.hook_conv.call(this.#run.apply(ACTIVATIONS[activation](x)));
      const [outputs, state] = this.#scan(activated, before);
      const y = this.hook_ssm.call(outputs);
      const last = slice(inputs, [0, pos, 0], [batch, kernel - 1, dInner]);
      store?.put(this.#path, { inputs: last, state });
      // The gate is always SiLU: `hidden_act` is the convolution's.
      return this.out_proj.call(mul(y, ACTIVATIONS.silu(part(both, dInner, dInner))));
    });
  }

  /** What the convolution reads: also the tokens before, or nothing where there are none. */
  #inputs(x: Tensor, before: LayerState | undefined): Tensor {
    if (before !== undefined) return concat([before.inputs, x], 1);
    return pad(x, [
      [0, 0],
      [this.#config.kernel - 1, 0],
      [0, 0],
    ]);
  }

  /** Each channel by itself: token t is the weighted sum of the last `kernel` tokens. */
  #convolve(inputs: Tensor, pos: number): Tensor {
    const { kernel, dInner } = this.#config;
    const [batch = 1] = inputs.shape;
    const weight = this.#weights.get(`${this.#path}.conv.weight`); // [dInner, kernel]
    const bias = this.#weights.find(`${this.#path}.conv.bias`);
    const parts = Array.from({ length: kernel }, (_, i) => {
      const column = reshape(slice(weight, [0, i], [dInner, 1]), [dInner]);
      return mul(slice(inputs, [0, i, 0], [batch, pos, dInner]), column);
    });
    const total = parts.reduce((left, right) => add(left, right));
    return bias === undefined ? total : add(total, bias);
  }

  /** The output, and the state after the last token. */
  #scan(x: Tensor, before: LayerState | undefined): readonly [Tensor, Tensor] {
    const { dInner, dState, dStep } = this.#config;
    const [batch = 1, pos = 1] = x.shape;
    const parameters = this.x_proj.call(x);
    const part = (begin: number, size: number): Tensor =>
      slice(parameters, [0, 0, begin], [batch, pos, size]);
    const step = reshape(softplus(this.dt_proj.call(part(0, dStep))), [batch, pos, dInner, 1]);
    const input = reshape(part(dStep, dState), [batch, pos, 1, dState]);
    const output = reshape(part(dStep + dState, dState), [batch, pos, 1, dState]);
    const decay = exp(mul(step, neg(exp(this.#weights.get(`${this.#path}.A_log`)))));
    const driven = this.hook_ssm_write.call(mul(mul(step, input), reshape(x, [batch, pos, dInner, 1])));
    const states = this.hook_state.call(recur(decay, driven, before?.state));
    const last = slice(states, [0, pos - 1, 0, 0], [batch, 1, dInner, dState]);
    const skipped = mul(x, this.#weights.get(`${this.#path}.D`));
    return [add(sum(mul(states, output), -1), skipped), reshape(last, [batch, dInner, dState])];
  }
}

/** `state[t] = decay[t] state[t-1] + driven[t]`, along the second axis. */
function recur(decay: Tensor, driven: Tensor, first: Tensor | undefined): Tensor {
  const [batch = 1, pos = 1, dInner = 1, dState = 1] = driven.shape;
  const at = (of: Tensor, t: number): Tensor =>
    reshape(slice(of, [0, t, 0, 0], [batch, 1, dInner, dState]), [batch, dInner, dState]);
  const states: Tensor[] = [];
  for (let t = 0; t < pos; t++) {
    const before = states.at(-1) ?? first;
    states.push(before === undefined ? at(driven, t) : add(mul(at(decay, t), before), at(driven, t)));
  }
  return stack(states, 1);
}

/** What mixers share in a run. */
interface StateRun {
  /** Padding must not enter the convolution or the state. */
  readonly mask: Tensor | undefined;
  readonly store: StateStore | undefined;
}

/** The run under way, for mixers. */
export class StateRunHolder {
  #current: StateRun | undefined;

  during<T>(run: StateRun, fn: () => T): T {
    const outer = this.#current;
    this.#current = run;
    try {
      return fn();
    } finally {
      this.#current = outer;
    }
  }

  get store(): StateStore | undefined {
    return this.#current?.store;
  }

  apply(x: Tensor): Tensor {
    const mask = this.#current?.mask;
    const fits = mask !== undefined && mask.shape[0] === x.shape[0] && mask.shape[1] === x.shape[1];
    return fits ? mul(x, mask) : x;
  }
}
