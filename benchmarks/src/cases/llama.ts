import { randomModel, type Transformer } from "@hookdict/models";
import { dispose, matMul, randomNormal, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { finish } from "../finish.ts";
import { compare, type Effort, type Timing } from "../measure.ts";
import { ratio, time } from "../text.ts";
import { type Case, plainCase } from "./case.ts";

/** A forward pass of Llama's shape against its matrix products. */
interface LlamaFigures {
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

/** 16 layers of a model that is 1024 wide, from the residual stream before the first to the one behind the last. */
async function measure(effort: Effort): Promise<LlamaFigures> {
  using model = randomModel({
    model_type: "llama",
    num_hidden_layers: LAYERS,
    hidden_size: MODEL,
    intermediate_size: GATED,
    num_attention_heads: HEADS,
    num_key_value_heads: KEY_HEADS,
    vocab_size: 2,
  });
  const x = randomNormal([1, TOKENS, MODEL]);
  const factors = makeFactors();
  const figures = await compare(
    {
      forward: { run: () => finish(model.call(x, { startAtLayer: 0, stopAtLayer: LAYERS })) },
      products: { run: () => finish(tidy(() => multiply(model, factors))) },
    },
    effort,
  );
  dispose([x, ...Object.values(factors)]);
  return figures;
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
function multiply(model: Transformer, factors: ReturnType<typeof makeFactors>): Tensor {
  const { stream, hidden, queries, keys, pattern, values } = factors;
  let last: Tensor = stream;
  for (let i = 0; i < LAYERS; i++) {
    const weight = (name: string): Tensor2D => model.weights.get(`blocks.${i}.${name}.weight`);
    const reading = ["attn.q", "attn.k", "attn.v", "attn.o", "mlp.gate", "mlp.in"].map(weight);
    dispose(reading.map((each) => matMul(stream, each)));
    dispose([matMul(queries, keys), matMul(pattern, values)]);
    last = matMul(hidden, weight("mlp.out"));
  }
  return last;
}

export const llama: Case = plainCase({
  name: "llama",
  about: "what a forward pass of Llama's shape takes beside its products",
  measure,
  render: (backend, { forward, products }) =>
    `${backend}: Llama's shape, 16 layers 1024 wide, 128 tokens: forward pass ${time(forward)}, its products ${time(products)}, ${ratio(forward, products)}`,
});
