import {
  attentionScores,
  attentionValues,
  divideByScale,
  gated,
  linear,
  multiplyByGain,
  rmsNormSteps,
  rotate,
} from "@hookdict/models/ops";
import {
  add,
  dispose,
  matMul,
  ones,
  randomNormal,
  softmax,
  type Tensor,
  tensor2d,
  type Tensor2D,
  tidy,
} from "@tensorflow/tfjs-core";
import { finish } from "../finish.ts";
import { compare, type Effort, type Timing } from "../measure.ts";

/** A forward pass of Llama's shape against its matrix products. */
export interface LlamaFigures {
  readonly forward: Timing;
  /** The same products with the same weights, and nothing else. */
  readonly products: Timing;
}

const LAYERS = 16;
const MODEL = 1024;
const HEADS = 16;
const KEY_HEADS = 4;
const HEAD = MODEL / HEADS;
const GATED = 2816;
const TOKENS = 128;

interface Layer {
  readonly gain: Tensor;
  readonly q: Tensor2D;
  readonly k: Tensor2D;
  readonly v: Tensor2D;
  readonly o: Tensor2D;
  readonly gate: Tensor2D;
  readonly up: Tensor2D;
  readonly down: Tensor2D;
}

/** 16 layers of `@hookdict/models/ops`, 1024 wide, without embedding and unembedding. */
export async function llama(effort: Effort): Promise<LlamaFigures> {
  const layers = Array.from({ length: LAYERS }, makeLayer);
  const shared = {
    x: randomNormal([1, TOKENS, MODEL]),
    mask: causal(),
    cos: randomNormal([TOKENS, HEAD / 2]),
    sin: randomNormal([TOKENS, HEAD / 2]),
  };
  const factors = makeFactors();
  const figures = await compare(
    {
      forward: {
        run: () => finish(tidy(() => layers.reduce((x, layer) => runLayer(x, layer, shared), shared.x))),
      },
      products: { run: () => finish(tidy(() => multiply(layers, factors))) },
    },
    effort,
  );
  dispose([...layers.flatMap((layer) => Object.values(layer)), ...Object.values({ ...shared, ...factors })]);
  return figures;
}

function makeLayer(): Layer {
  const weight = (rows: number, columns: number): Tensor2D => randomNormal([rows, columns], 0, 0.02);
  return {
    gain: ones([MODEL]),
    q: weight(MODEL, MODEL),
    k: weight(MODEL, KEY_HEADS * HEAD),
    v: weight(MODEL, KEY_HEADS * HEAD),
    o: weight(MODEL, MODEL),
    gate: weight(MODEL, GATED),
    up: weight(MODEL, GATED),
    down: weight(GATED, MODEL),
  };
}

function causal(): Tensor2D {
  const rows = Array.from({ length: TOKENS }, (_, dest) =>
    Array.from({ length: TOKENS }, (__, src) => (src <= dest ? 0 : -Infinity)),
  );
  return tensor2d(rows);
}

interface Shared {
  readonly mask: Tensor2D;
  readonly cos: Tensor;
  readonly sin: Tensor;
}

function runLayer(x: Tensor, layer: Layer, { mask, ...angles }: Shared): Tensor {
  const before = norm(x, layer.gain);
  const q = rotate(linear(before, layer.q, undefined, { heads: HEADS }), angles);
  const k = rotate(linear(before, layer.k, undefined, { heads: KEY_HEADS }), angles);
  const v = linear(before, layer.v, undefined, { heads: KEY_HEADS });
  const z = attentionValues(softmax(attentionScores(q, k, mask, HEAD ** -0.5)), v);
  const mid = add(x, linear(z, layer.o, undefined, { columns: 2 }));
  const after = norm(mid, layer.gain);
  const inner = gated(linear(after, layer.gate), linear(after, layer.up), "silu");
  return add(mid, linear(inner, layer.down));
}

function norm(x: Tensor, gain: Tensor): Tensor {
  const { scale, normalized, output } = rmsNormSteps(x, gain, 1e-5);
  return multiplyByGain(divideByScale(x, scale, normalized), gain, output);
}

/** What the products multiply with the weights, and with each other. */
function makeFactors(): Readonly<Record<"stream" | "hidden", Tensor2D>> &
  Readonly<Record<"queries" | "keys" | "pattern" | "values", Tensor>> {
  const rows = (HEADS / KEY_HEADS) * TOKENS;
  return {
    stream: randomNormal([TOKENS, MODEL]),
    hidden: randomNormal([TOKENS, GATED]),
    queries: randomNormal([1, KEY_HEADS, rows, HEAD]),
    keys: randomNormal([1, KEY_HEADS, HEAD, TOKENS]),
    pattern: randomNormal([1, KEY_HEADS, rows, TOKENS]),
    values: randomNormal([1, KEY_HEADS, TOKENS, HEAD]),
  };
}

/** Every product of a forward pass, each with its own weights: they do not fit into any cache. */
function multiply(layers: readonly Layer[], factors: ReturnType<typeof makeFactors>): Tensor {
  const { stream, hidden, queries, keys, pattern, values } = factors;
  let last: Tensor = stream;
  for (const { q, k, v, o, gate, up, down } of layers) {
    dispose([q, k, v, o, gate, up].map((weight) => matMul(stream, weight)));
    dispose([matMul(queries, keys), matMul(pattern, values)]);
    last = matMul(hidden, down);
  }
  return last;
}
