import { HookPoint, Module } from "@hookdict/core";
import {
  add,
  concat,
  exp,
  mul,
  neg,
  reshape,
  slice,
  softplus,
  stack,
  sum,
  tensor,
  tidy,
  zeros,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { ACTIVATIONS } from "../ops/activations.ts";
import type { MambaConfig, NormConfig } from "./config.ts";
import { dense } from "./mlp.ts";
import { Norm } from "./norm.ts";
import type { Parameters } from "./parameters.ts";
import type { CurrentPass } from "./pass.ts";

const RESIDUAL = { axes: ["batch", "pos", "dModel"] };

/**
 * A selective state space: what it reads is convolved along the positions, then scanned by a recurrence whose step,
 * input and output depend on the token.
 *
 * @see Gu and Dao, Mamba, https://arxiv.org/abs/2312.00752, algorithm 2
 */
export class MambaMixer extends Module {
  readonly hook_in_proj: HookPoint = new HookPoint({ axes: ["batch", "pos", "dProjected"] });
  readonly hook_x_proj: HookPoint = new HookPoint({ axes: ["batch", "pos", "dSelected"] });
  readonly hook_ssm_out: HookPoint = new HookPoint(RESIDUAL);
  readonly #config: MambaConfig;
  readonly #dModel: number;
  readonly #parameters: Parameters;
  readonly #name: string;
  readonly #pass: CurrentPass;

  /** **Ownership:** *borrows* the parameters. */
  constructor(
    config: MambaConfig,
    dModel: number,
    parameters: Parameters,
    name: string,
    pass: CurrentPass,
  ) {
    super();
    this.#config = config;
    this.#dModel = dModel;
    this.#parameters = parameters;
    this.#name = name;
    this.#pass = pass;
  }

  override get axes(): readonly string[] {
    return RESIDUAL.axes;
  }

  override forward(x: Tensor): Tensor {
    const { dInner, dState, rank, activation } = this.#config;
    const act = ACTIVATIONS[activation];
    return tidy(() => {
      const mask = this.#mask();
      const both = this.hook_in_proj.call(this.#dense(masked(x, mask), "in", 2 * dInner));
      const [inner, gate] = [columns(both, 0, dInner), columns(both, dInner, dInner)];
      const u = masked(act(this.#convolve(inner)), mask);
      const selected = this.hook_x_proj.call(this.#dense(u, "x", rank + 2 * dState));
      const step = softplus(this.#dense(columns(selected, 0, rank), "dt", dInner));
      const [b, c] = [columns(selected, rank, dState), columns(selected, rank + dState, dState)];
      const scanned = add(this.#scan(u, step, b, c), mul(u, this.#parameters.get(`${this.#name}.D`)));
      return this.hook_ssm_out.call(this.#dense(mul(scanned, act(gate)), "out", this.#dModel));
    });
  }

  #dense(x: Tensor, suffix: string, width: number): Tensor {
    return dense(x, this.#parameters, this.#name, suffix, width);
  }

  #mask(): Tensor | undefined {
    const { mask, pos } = this.#pass.get().input;
    return mask === undefined ? undefined : tensor(mask.flat(), [mask.length, pos, 1], "float32");
  }

  /** Each column with the `dConv` positions up to its own. */
  #convolve(x: Tensor): Tensor {
    const { dConv, dInner } = this.#config;
    const [batch = 1, pos = 1] = x.shape;
    const weight = this.#parameters.get(`${this.#name}.conv`);
    const padded = concat([zeros([batch, dConv - 1, dInner]), x], 1);
    const terms = Array.from({ length: dConv }, (_, i) =>
      mul(
        slice(padded, [0, i, 0], [batch, pos, dInner]),
        reshape(slice(weight, [0, 0, i], [dInner, 1, 1]), [dInner]),
      ),
    );
    const total = terms.reduce((one, other) => add(one, other));
    return add(total, this.#parameters.bias(`${this.#name}.b_conv`, dInner));
  }

  /** The recurrence `h = exp(step A) h + step b u`, read out with `c`. */
  #scan(u: Tensor, step: Tensor, b: Tensor, c: Tensor): Tensor {
    const { dInner, dState } = this.#config;
    const [batch = 1, pos = 1] = u.shape;
    const a = neg(exp(this.#parameters.get(`${this.#name}.A_log`)));
    const outputs: Tensor[] = [];
    let state: Tensor = zeros([batch, dInner, dState]);
    const at = (x: Tensor, t: number, shape: number[]): Tensor =>
      reshape(slice(x, [0, t, 0], [batch, 1, x.shape[2] ?? 1]), shape);
    for (let t = 0; t < pos; t++) {
      const delta = at(step, t, [batch, dInner, 1]);
      const input = mul(mul(delta, at(u, t, [batch, dInner, 1])), at(b, t, [batch, 1, dState]));
      state = add(mul(exp(mul(delta, a)), state), input);
      outputs.push(sum(mul(state, at(c, t, [batch, 1, dState])), 2));
    }
    return stack(outputs, 1);
  }
}

/** One layer of a recurrent model: a mixer on a norm of the residual stream. */
export class MambaBlock extends Module {
  readonly hook_resid_pre: HookPoint = new HookPoint(RESIDUAL);
  readonly norm: Norm;
  readonly hook_mixer_in: HookPoint = new HookPoint(RESIDUAL);
  readonly mixer: MambaMixer;
  readonly hook_mixer_out: HookPoint = new HookPoint(RESIDUAL);
  readonly hook_resid_post: HookPoint = new HookPoint(RESIDUAL);

  /** **Ownership:** *borrows* the parameters. */
  constructor(parts: {
    readonly config: MambaConfig;
    readonly norm: NormConfig;
    readonly dModel: number;
    readonly parameters: Parameters;
    readonly name: string;
    readonly pass: CurrentPass;
  }) {
    super();
    const { config, norm, dModel, parameters, name, pass } = parts;
    this.norm = new Norm(norm, parameters, `${name}.norm`);
    this.mixer = new MambaMixer(config, dModel, parameters, `${name}.mixer`, pass);
  }

  override get axes(): readonly string[] {
    return RESIDUAL.axes;
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const pre = this.hook_resid_pre.call(x);
      const mixed = this.mixer.call(this.hook_mixer_in.call(this.norm.call(pre)));
      return this.hook_resid_post.call(add(pre, this.hook_mixer_out.call(mixed)));
    });
  }
}

function masked(x: Tensor, mask: Tensor | undefined): Tensor {
  return mask === undefined ? x : mul(x, mask);
}

function columns(x: Tensor, first: number, width: number): Tensor {
  const [batch = 1, pos = 1] = x.shape;
  return slice(x, [0, 0, first], [batch, pos, width]);
}
