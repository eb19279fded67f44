import {
  Activation,
  type ActivationFunction,
  AveragePool2d,
  BatchNorm,
  Conv2d,
  Embedding,
  Flatten,
  LayerNorm,
  Linear,
  MatMul,
  MaxPool2d,
  Product,
  RMSNorm,
  Sum,
} from "@hookdict/attribution";
import { HookPoint, Module } from "@hookdict/core";
import { add, matMul, mul, reshape, slice, tidy, transpose, zeros, type Tensor } from "@tensorflow/tfjs-core";

// The small models of the reference values, of parts that the library offers.

/** Weights by `<layer>/<name>`. */
export type Weights = Readonly<Record<string, Tensor>>;

function weight(weights: Weights, name: string): Tensor {
  const tensor = weights[name];
  if (tensor === undefined) throw new Error(`no weight ${name}`);
  return tensor;
}

function linear(weights: Weights, layer: string): Linear {
  return new Linear({ kernel: weight(weights, `${layer}/kernel`), bias: weights[`${layer}/bias`] });
}

class Mlp extends Module {
  readonly fc1: Linear;
  readonly act1: Activation;
  readonly fc2: Linear;
  readonly act2: Activation;
  readonly fc3: Linear;

  constructor(weights: Weights, activation: ActivationFunction) {
    super();
    this.fc1 = linear(weights, "fc1");
    this.act1 = new Activation(activation);
    this.fc2 = linear(weights, "fc2");
    this.act2 = new Activation(activation);
    this.fc3 = linear(weights, "fc3");
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => this.fc3.call(this.act2.call(this.fc2.call(this.act1.call(this.fc1.call(x))))));
  }
}

function batchNorm(weights: Weights, layer: string): BatchNorm {
  const get = (name: string): Tensor => weight(weights, `${layer}/${name}`);
  return new BatchNorm(
    { gamma: get("gamma"), beta: get("beta"), mean: get("mean"), variance: get("variance") },
    1e-5,
  );
}

function conv(weights: Weights, layer: string): Conv2d {
  return new Conv2d(
    { kernel: weight(weights, `${layer}/kernel`), bias: weight(weights, `${layer}/bias`) },
    { padding: "same" },
  );
}

class Cnn extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly relu1: Activation = new Activation("relu");
  readonly pool1: MaxPool2d = new MaxPool2d([2, 2]);
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;
  readonly add: Sum = new Sum();
  readonly relu2: Activation = new Activation("relu");
  readonly pool2: AveragePool2d = new AveragePool2d([2, 2]);
  readonly flatten: Flatten = new Flatten();
  readonly fc1: Linear;
  readonly relu3: Activation = new Activation("relu");
  readonly fc2: Linear;

  constructor(weights: Weights) {
    super();
    this.conv1 = conv(weights, "conv1");
    this.bn1 = batchNorm(weights, "bn1");
    this.conv2 = conv(weights, "conv2");
    this.bn2 = batchNorm(weights, "bn2");
    this.fc1 = linear(weights, "fc1");
    this.fc2 = linear(weights, "fc2");
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const pooled = this.pool1.call(this.relu1.call(this.bn1.call(this.conv1.call(x))));
      const sum = this.relu2.call(this.add.call(this.bn2.call(this.conv2.call(pooled)), pooled));
      return this.fc2.call(this.relu3.call(this.fc1.call(this.flatten.call(this.pool2.call(sum)))));
    });
  }
}

class Attention extends Module {
  readonly q: Linear;
  readonly k: Linear;
  readonly v: Linear;
  readonly hook_q: HookPoint = new HookPoint({ axes: ["batch", "head", "pos", "dHead"] });
  readonly hook_k: HookPoint = new HookPoint({ axes: ["batch", "head", "pos", "dHead"] });
  readonly hook_v: HookPoint = new HookPoint({ axes: ["batch", "head", "pos", "dHead"] });
  readonly scores_hook: HookPoint = new HookPoint({ axes: ["batch", "head", "dest", "src"] });
  readonly softmax: Activation = new Activation("softmax");
  readonly pattern_hook: HookPoint = new HookPoint({ axes: ["batch", "head", "dest", "src"] });
  readonly mix: MatMul = new MatMul();
  readonly o: Linear;

  constructor(weights: Weights, at: string) {
    super();
    this.q = linear(weights, `${at}.q`);
    this.k = linear(weights, `${at}.k`);
    this.v = linear(weights, `${at}.v`);
    this.o = linear(weights, `${at}.o`);
  }

  override forward(x: Tensor): Tensor {
    const [batch = 1, pos = 1, width = 1] = x.shape;
    const heads = (each: Tensor): Tensor =>
      transpose(reshape(each, [batch, pos, 2, width / 2]), [0, 2, 1, 3]);
    return tidy(() => {
      const q = this.hook_q.call(heads(this.q.call(x)));
      const k = this.hook_k.call(heads(this.k.call(x)));
      const v = this.hook_v.call(heads(this.v.call(x)));
      const scores = this.scores_hook.call(mul(matMul(q, k, false, true), 1 / Math.sqrt(width / 2)));
      const pattern = this.pattern_hook.call(this.softmax.call(scores));
      const mixed = transpose(this.mix.call(pattern, v), [0, 2, 1, 3]);
      return this.o.call(reshape(mixed, [batch, pos, width]));
    });
  }
}

function layerNorm(weights: Weights, layer: string): LayerNorm {
  return new LayerNorm(
    { gamma: weight(weights, `${layer}/gamma`), beta: weight(weights, `${layer}/beta`) },
    1e-5,
  );
}

class Block extends Module {
  readonly ln1: LayerNorm;
  readonly attn: Attention;
  readonly ln2: LayerNorm;
  readonly fc1: Linear;
  readonly act: Activation = new Activation("gelu");
  readonly fc2: Linear;

  constructor(weights: Weights, at: string) {
    super();
    this.ln1 = layerNorm(weights, `${at}.ln1`);
    this.attn = new Attention(weights, `${at}.attn`);
    this.ln2 = layerNorm(weights, `${at}.ln2`);
    this.fc1 = linear(weights, `${at}.fc1`);
    this.fc2 = linear(weights, `${at}.fc2`);
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const mid = add(x, this.attn.call(this.ln1.call(x)));
      return add(mid, this.fc2.call(this.act.call(this.fc1.call(this.ln2.call(mid)))));
    });
  }
}

/** Takes token ids, or embeddings of tokens in their place. */
class Transformer extends Module {
  readonly embed: Embedding;
  readonly hook_embed: HookPoint = new HookPoint({ axes: ["batch", "pos", "dModel"] });
  readonly hook_resid_pre: HookPoint = new HookPoint({ axes: ["batch", "pos", "dModel"] });
  readonly blocks: readonly Block[];
  readonly ln_f: LayerNorm;
  readonly head: Linear;
  readonly #positions: Tensor;

  constructor(weights: Weights) {
    super();
    this.embed = new Embedding(weight(weights, "embed"));
    this.#positions = weight(weights, "pos");
    this.blocks = [0, 1].map((i) => new Block(weights, `blocks.${i}`));
    this.ln_f = layerNorm(weights, "ln_f");
    this.head = linear(weights, "head");
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const embedded = this.hook_embed.call(x.dtype === "int32" ? this.embed.call(x) : x);
      let resid = this.hook_resid_pre.call(add(embedded, this.#positions));
      for (const block of this.blocks) resid = block.call(resid);
      const [batch = 1, pos = 1, width = 1] = resid.shape;
      const last = slice(this.ln_f.call(resid), [0, pos - 1, 0], [batch, 1, width]);
      return this.head.call(reshape(last, [batch, width]));
    });
  }
}

class SwiGlu extends Module {
  readonly rms: RMSNorm;
  readonly gate_proj: Linear;
  readonly act: Activation = new Activation("silu");
  readonly up_proj: Linear;
  readonly gate: Product = new Product();
  readonly down_proj: Linear;
  readonly add: Sum = new Sum();
  readonly head: Linear;

  constructor(weights: Weights) {
    super();
    this.rms = new RMSNorm(weight(weights, "rms/scale"), 1e-6);
    this.gate_proj = linear(weights, "gate_proj");
    this.up_proj = linear(weights, "up_proj");
    this.down_proj = linear(weights, "down_proj");
    this.head = linear(weights, "head");
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const n = this.rms.call(x);
      const gated = this.gate.call(this.act.call(this.gate_proj.call(n)), this.up_proj.call(n));
      return this.head.call(this.add.call(x, this.down_proj.call(gated)));
    });
  }
}

class Rnn extends Module {
  readonly x: Linear;
  readonly h: Linear;
  readonly act: Activation = new Activation("tanh");
  readonly out: Linear;

  constructor(weights: Weights) {
    super();
    this.x = linear(weights, "x");
    this.h = linear(weights, "h");
    this.out = linear(weights, "out");
  }

  override forward(x: Tensor): Tensor {
    const [batch = 1, steps = 1, width = 1] = x.shape;
    return tidy(() => {
      let state: Tensor = zeros([batch, this.h.kernel.shape[0] ?? 1]);
      for (let t = 0; t < steps; t++) {
        const now = reshape(slice(x, [0, t, 0], [batch, 1, width]), [batch, width]);
        state = this.act.call(add(this.x.call(now), this.h.call(state)));
      }
      return this.out.call(state);
    });
  }
}

/** Makes a small model by its name in the reference values. **Ownership:** *borrows* the weights. */
export function smallModel(name: string, weights: Weights): Module {
  switch (name) {
    case "cnn":
      return new Cnn(weights);
    case "transformer":
      return new Transformer(weights);
    case "swiglu":
      return new SwiGlu(weights);
    case "rnn":
      return new Rnn(weights);
    default:
      return new Mlp(weights, name.slice("mlp_".length) as ActivationFunction); // the other models are MLPs
  }
}
