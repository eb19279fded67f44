import { atPlace, HookPoint, Module } from "@hookdict/core";
import {
  add,
  clipByValue,
  concat,
  expandDims,
  matMul,
  mul,
  reshape,
  slice,
  softmax,
  sum,
  tanh,
  tidy,
  tile,
  transpose,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { attendInRoom, type Attended } from "../ops/attend-in-room.ts";
import { attentionScores } from "../ops/attention-scores.ts";
import { attentionValues } from "../ops/attention-values.ts";
import { firstColumns, scoresInRoom, valuesInRoom } from "../ops/in-room.ts";
import { areFew } from "../ops/projections.ts";
import { rotate, type RotaryAngles } from "../ops/rotate.ts";
import type { StoredKeysValues } from "./attention-store.ts";
import type { AttentionConfig } from "./config.ts";
import { Foreseen } from "./foreseen.ts";
import { Linear } from "./linear.ts";
import { Norm } from "./norm.ts";
import { Projections } from "./projections.ts";
import type { RelativeBias } from "./relative-bias.ts";
import type { RunHolder, RunState } from "./run-state.ts";
import type { ModelWeights } from "./weights.ts";

const QUERIES = ["batch", "pos", "head", "dHead"];
const KEYS = ["batch", "pos", "keyHead", "dHead"];
const PAIRS = ["batch", "head", "dest", "src"];
const ANGLES = ["pos", "pair"];
const RESIDUAL = ["batch", "pos", "dModel"];

/**
 * Attention of any family: grouped heads, rotations, windows, biases of scores, norms of queries and keys, sinks.
 *
 * Points as in TransformerLens: `hook_q`, `hook_z` `[batch, pos, head, dHead]`, `hook_k`, `hook_v` with the heads of keys,
 * `hook_rot_q`, `hook_rot_k` where the model turns them, `hook_attn_scores` (scaled, masked with -Infinity) and
 * `hook_pattern` `[batch, head, dest, src]`. What the projections take and give are the sites `q`, `k`, `v` and `o`.
 */
export class Attention extends Module {
  // Fields in the order in which they run: it is the order in which sites are listed.
  readonly q: Linear;
  readonly hook_q: HookPoint;
  readonly k: Linear;
  readonly hook_k: HookPoint;
  readonly v: Linear;
  readonly hook_v: HookPoint;
  readonly q_norm: Norm | undefined;
  readonly k_norm: Norm | undefined;
  /** Where the layer turns: cosines and sines of every pair, `[pos, pair]` where rows are alike. */
  readonly hook_cos: HookPoint | undefined;
  readonly hook_sin: HookPoint | undefined;
  readonly hook_rot_q: HookPoint | undefined;
  readonly hook_rot_k: HookPoint | undefined;
  readonly hook_attn_scores: HookPoint = new HookPoint({ axes: PAIRS });
  readonly hook_pattern: HookPoint = new HookPoint({ axes: PAIRS });
  readonly hook_z: HookPoint = new HookPoint({ axes: QUERIES });
  /** Where it was asked for: what every head adds, `[batch, pos, head, dModel]`. */
  readonly hook_result: HookPoint | undefined;
  readonly o: Linear;
  readonly config: AttentionConfig;
  /** One for each head, `[head]`. */
  readonly sinks: Tensor | undefined;
  readonly #path: string;
  readonly #run: RunHolder;
  readonly #bias: RelativeBias | undefined;
  readonly #joined: Projections | undefined;
  readonly #foreseen = new Foreseen();

  /** **Ownership:** *borrows* the weights. */
  constructor(
    weights: ModelWeights,
    path: string,
    config: AttentionConfig,
    run: RunHolder,
    points: ReadonlySet<string>,
    bias?: RelativeBias,
  ) {
    super();
    const { nHeads, nKeyHeads, qkNorm } = config;
    // Where each head has keys of its own, theirs are no other heads.
    const keys = nKeyHeads === nHeads ? QUERIES : KEYS;
    this.q = new Linear(weights, `${path}.q`, QUERIES, { heads: nHeads });
    this.hook_q = new HookPoint({ axes: QUERIES });
    this.k = new Linear(weights, `${path}.k`, keys, { heads: nKeyHeads });
    this.hook_k = new HookPoint({ axes: keys });
    this.v = new Linear(weights, `${path}.v`, keys, { heads: nKeyHeads });
    this.hook_v = new HookPoint({ axes: keys });
    if (qkNorm !== undefined) {
      const isWhole = qkNorm.over === "all";
      this.q_norm = new Norm(weights, `${path}.q_norm`, qkNorm, isWhole ? RESIDUAL : QUERIES);
      this.k_norm = new Norm(weights, `${path}.k_norm`, qkNorm, isWhole ? RESIDUAL : keys);
    }
    if (config.rotary !== undefined) {
      this.hook_cos = new HookPoint({ axes: ANGLES });
      this.hook_sin = new HookPoint({ axes: ANGLES });
    }
    if (points.has("attn.hook_rot")) {
      this.hook_rot_q = new HookPoint({ axes: QUERIES });
      this.hook_rot_k = new HookPoint({ axes: keys });
    }
    if (points.has("attn.hook_result"))
      this.hook_result = new HookPoint({ axes: ["batch", "pos", "head", "dModel"] });
    this.o = new Linear(weights, `${path}.o`, RESIDUAL, { columns: 2 });
    this.o.join(this.#foreseen);
    this.sinks = weights.find(`${path}.sinks`);
    this.config = config;
    this.#path = path;
    this.#run = run;
    this.#bias = bias;
    if (config.isCross !== true) this.#joined = new Projections([this.q, this.k, this.v], nHeads, nKeyHeads);
  }

  override get axes(): readonly string[] {
    return RESIDUAL;
  }

  /** Computes the norm in front of queries, keys and values with them, where all are made of what it gives for `x`. */
  foreseeBehind(norm: Norm, x: Tensor): void {
    this.#joined?.foreseeBehind(norm, x);
  }

  /**
   * @param queries What queries are made from, `[batch, pos, dModel]`; keys and values from the other two.
   * @returns `[batch, pos, dModel]`
   */
  override forward(queries: Tensor, keys: Tensor = queries, values: Tensor = keys): Tensor {
    // Queries may be at one position alone; where keys are an encoder's, there are others of them.
    const [batch = 1, pos = 1] = (this.config.isCross === true ? queries : keys).shape;
    const run = this.#run.of(batch, pos);
    return tidy(() => {
      const cross = this.config.isCross === true ? run.store?.cross : undefined;
      const known = cross?.of(this.#path);
      if (known !== undefined) {
        const q = this.#normed(this.hook_q.call(this.q.call(queries)), this.q_norm);
        return this.#attend(run, q, known.keys, known.values);
      }
      // In TransformerLens's order: projections, then norms, then rotations.
      const [projected, projectedKeys, v] = this.#joined
        ? this.#joined.during(() => this.#project(run, queries, keys, values))
        : this.#project(run, queries, keys, values);
      const q0 = this.#normed(projected, this.q_norm);
      const k0 = run.atAll(() => this.#normed(projectedKeys, this.k_norm));
      const angles = run.atAll(() => this.#angles(run));
      const q = this.#turned(q0, ofWanted(run, angles), this.hook_rot_q);
      const k = run.atAll(() => this.#turned(k0, angles, this.hook_rot_k));
      if (cross !== undefined) {
        cross.put(this.#path, k, v);
        return this.#attend(run, q, k, v);
      }
      const room = this.#isPlain ? run.store?.room?.(this.#path, k) : undefined;
      const stored = room ?? run.store?.put(this.#path, k, v);
      const output = this.hook_result === undefined && areFew(queries) ? this.o : undefined;
      const made = room && attendInRoom(q, k, v, room, run.wanted(room.mask, 0), this.config.scale, output);
      if (made?.out !== undefined) this.#foreseen.put(this.o, [made.z], made.out);
      return this.#attend(run, q, stored?.keys ?? k, stored?.values ?? v, stored, made);
    });
  }

  #project(run: RunState, queries: Tensor, keys: Tensor, values: Tensor): [Tensor, Tensor, Tensor] {
    const q = this.hook_q.call(this.q.call(queries));
    const k = run.atAll(() => this.hook_k.call(this.k.call(keys)));
    return [q, k, run.atAll(() => this.#clipped(this.hook_v.call(this.v.call(values))))];
  }

  /** Whether scores are products, scaled and masked, and the pattern is their softmax. */
  get #isPlain(): boolean {
    const { alibi, cap } = this.config;
    return alibi === undefined && cap === undefined && this.#bias === undefined && this.sinks === undefined;
  }

  /** @param made All of it, where it was computed at once: what comes after a hook's change is computed anew. */
  #attend(
    run: RunState,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    stored?: StoredKeysValues,
    made?: Attended,
  ): Tensor {
    const { firstSource = 0 } = stored ?? {};
    const pattern =
      firstSource === 0
        ? this.#pattern(run, q, k, stored, made)
        : atPlace({ firstSource }, () => this.#pattern(run, q, k, stored, made));
    const z = this.hook_z.call(made?.pattern === pattern ? made.z : this.#values(pattern, v, stored));
    return this.hook_result === undefined ? this.o.call(z) : this.#sumOfResults(z, this.hook_result);
  }

  #pattern(
    run: RunState,
    q: Tensor,
    k: Tensor,
    stored: StoredKeysValues | undefined,
    made: Attended | undefined,
  ): Tensor {
    const scores = this.hook_attn_scores.call(made?.scores ?? this.#scores(run, q, k, stored));
    return this.hook_pattern.call(made?.scores === scores ? made.pattern : this.#softmax(scores));
  }

  #values(pattern: Tensor, v: Tensor, stored: StoredKeysValues | undefined): Tensor {
    return stored === undefined ? attentionValues(pattern, v) : valuesInRoom(pattern, v);
  }

  #clipped(x: Tensor): Tensor {
    const { clip } = this.config;
    return clip === undefined ? x : clipByValue(x, -clip, clip);
  }

  #normed(given: Tensor, norm: Norm | undefined): Tensor {
    const x = this.#clipped(given);
    if (norm === undefined) return x;
    if (this.config.qkNorm?.over !== "all") return norm.call(x);
    const [batch = 1, pos = 1] = x.shape;
    return reshape(norm.call(reshape(x, [batch, pos, -1])), x.shape);
  }

  #angles(run: RunState): RotaryAngles | undefined {
    const { rotary } = this.config;
    if (rotary === undefined || this.hook_cos === undefined || this.hook_sin === undefined) return undefined;
    const { cos, sin } = run.anglesOf(rotary);
    return { cos: this.hook_cos.call(cos), sin: this.hook_sin.call(sin) };
  }

  #turned(x: Tensor, angles: RotaryAngles | undefined, point: HookPoint | undefined): Tensor {
    const turned = angles === undefined ? x : rotate(x, angles, this.config.rotary?.pairs);
    return point === undefined ? turned : point.call(turned);
  }

  #scores(run: RunState, q: Tensor, k: Tensor, stored: StoredKeysValues | undefined): Tensor {
    const { scale, alibi, cap, isCross } = this.config;
    const whole = stored?.mask ?? (isCross === true ? run.crossMask : run.maskOf(this.config));
    const rows = whole === undefined ? undefined : run.wanted(whole, whole.rank - 2);
    const mask = rows?.rank === 3 ? expandDims(rows, 1) : rows; // each row of the batch has its own then
    if (alibi === undefined && cap === undefined && this.#bias === undefined)
      return stored === undefined
        ? attentionScores(q, k, mask, scale)
        : scoresInRoom(q, k, mask ?? stored.mask, scale);
    const keys = stored === undefined ? k : firstColumns(k, stored.mask.shape.at(-1) ?? 0);
    let scores = attentionScores(q, keys, undefined, scale);
    if (alibi !== undefined) {
      const bias = run.wanted(run.alibiOf(alibi, stored?.positions), 2);
      scores = add(scores, alibi.isInsideScale ? mul(bias, scale) : bias);
    }
    if (this.#bias !== undefined) scores = add(scores, run.wanted(this.#bias.of(run, stored?.positions), 2));
    if (cap !== undefined) scores = mul(tanh(mul(scores, 1 / cap)), cap);
    return mask === undefined ? scores : add(scores, mask);
  }

  /** With sinks, a further score of every head takes its share and is dropped. */
  #softmax(scores: Tensor): Tensor {
    if (this.sinks === undefined) return softmax(scores);
    const [batch = 1, heads = 1, dest = 1, src = 1] = scores.shape;
    const sinks = tile(reshape(this.sinks, [1, heads, 1, 1]), [batch, 1, dest, 1]);
    return slice(softmax(concat([scores, sinks], -1)), [0, 0, 0, 0], [batch, heads, dest, src]);
  }

  #sumOfResults(z: Tensor, point: HookPoint): Tensor {
    const { nHeads, dHead } = this.config;
    const [batch = 1, pos = 1] = z.shape;
    const byHead = reshape(transpose(z, [2, 0, 1, 3]), [nHeads, batch * pos, dHead]);
    const each = matMul(byHead, reshape(this.o.weight, [nHeads, dHead, -1]));
    const results = point.call(transpose(reshape(each, [nHeads, batch, pos, -1]), [1, 2, 0, 3]));
    const total = sum(results, 2);
    return this.o.bias === undefined ? total : add(total, this.o.bias);
  }
}

/** Angles of the positions at which there are queries. */
function ofWanted(run: RunState, angles: RotaryAngles | undefined): RotaryAngles | undefined {
  if (angles === undefined) return undefined;
  const { cos, sin } = angles;
  return { cos: run.wanted(cos, cos.rank - 2), sin: run.wanted(sin, sin.rank - 2) };
}
