import type { GPT2 } from "@hookdict/models";
import { dispose, matMul, randomNormal, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { type KernelTime, timeKernels } from "../kernel-times.ts";
import { finish } from "../finish.ts";
import { compare, type Effort, type Timing } from "../measure.ts";
import { gpt2Small, someTokens, TOKENS } from "../models.ts";
import { ratio, table, time } from "../text.ts";
import { type Case, plainCase } from "./case.ts";

/** Where the time of a forward pass goes. */
interface ProfileFigures {
  readonly forward: Timing;
  /** The same matrix products with the same weights, and nothing else. */
  readonly products: Timing;
  /** Time of each kernel in one forward pass: its median over the passes. */
  readonly kernels: readonly KernelTime[];
  /** Median time of a pass outside all kernels: dispatch of operations, modules, scopes. */
  readonly outsideMs: number;
}

const PASSES = 9;

/** GPT-2 small's shape against its matrix products alone. */
async function measure(effort: Effort): Promise<ProfileFigures> {
  using model = gpt2Small();
  const tokens = someTokens(TOKENS, model.config.dVocab);
  const inputs = productInputs(model);
  const forward = (): Tensor => tidy(() => model.call(tokens));
  const figures = await compare(
    {
      forward: { run: () => finish(forward()) },
      products: { run: () => finish(tidy(() => products(model, inputs))) },
    },
    effort,
  );
  const passes = Array.from({ length: PASSES }, () => profilePass(forward));
  dispose([tokens, ...Object.values(inputs)]);
  return {
    ...figures,
    kernels: medianKernels(passes),
    outsideMs: median(passes.map((pass) => pass.outsideMs)),
  };
}

interface Pass {
  readonly kernels: readonly KernelTime[];
  readonly outsideMs: number;
}

function profilePass(forward: () => Tensor): Pass {
  let elapsed = 0;
  const kernels = timeKernels(() => {
    const start = performance.now();
    const output = forward();
    elapsed = performance.now() - start;
    output.dispose();
  });
  const inside = kernels.reduce((total, { ms }) => total + ms, 0);
  return { kernels, outsideMs: elapsed - inside };
}

function medianKernels(passes: readonly Pass[]): KernelTime[] {
  const [first] = passes;
  const same = (a: KernelTime) => (b: KernelTime) => a.kernel === b.kernel && a.shapes === b.shapes;
  return (first?.kernels ?? [])
    .map((kernel) => ({
      ...kernel,
      ms: median(passes.flatMap(({ kernels }) => kernels.filter(same(kernel)).map(({ ms }) => ms))),
    }))
    .sort((a, b) => b.ms - a.ms);
}

/** What the products multiply with the weights. */
interface ProductInputs {
  readonly stream: Tensor2D;
  readonly hidden: Tensor2D;
  readonly queries: Tensor;
  readonly keys: Tensor;
  readonly pattern: Tensor;
}

function productInputs({ config }: GPT2): ProductInputs {
  const { nHeads, dHead, dModel, dMlp } = config;
  return {
    stream: randomNormal([TOKENS, dModel]),
    hidden: randomNormal([TOKENS, dMlp]),
    queries: randomNormal([1, nHeads, TOKENS, dHead]),
    keys: randomNormal([1, nHeads, dHead, TOKENS]),
    pattern: randomNormal([1, nHeads, TOKENS, TOKENS]),
  };
}

/** Every product of a forward pass, each with its own weights: they do not fit into any cache. */
function products(model: GPT2, { stream, hidden, queries, keys, pattern }: ProductInputs): Tensor {
  for (const { attn, mlp } of model.blocks) {
    dispose([attn.q, attn.k, attn.v, attn.o, mlp.in].map(({ weight }) => matMul(stream, weight)));
    dispose([matMul(hidden, mlp.out.weight), matMul(queries, keys), matMul(pattern, queries)]);
  }
  return matMul(stream, model.unembed.weight, false, true);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Kernels that are shown one by one; the others are one line. */
const SHOWN = 12;

function render(backend: string, { forward, products: alone, kernels, outsideMs }: ProfileFigures): string {
  const rest = kernels.slice(SHOWN);
  const ms = (value: number): string => value.toFixed(2);
  const sum = (each: readonly KernelTime[], of: "calls" | "ms"): number =>
    each.reduce((total, kernel) => total + kernel[of], 0);
  return [
    `${backend}: forward ${time(forward)}, its matrix products alone ${time(alone)}, ${ratio(forward, alone)}`,
    "",
    table(
      ["kernel", "shapes", "calls", "ms"],
      [
        ...kernels
          .slice(0, SHOWN)
          .map(({ kernel, shapes, calls, ms: took }) => [kernel, shapes, String(calls), ms(took)]),
        [`${rest.length} others`, "", String(sum(rest, "calls")), ms(sum(rest, "ms"))],
        ["outside of kernels", "", "", ms(outsideMs)],
      ],
    ),
  ].join("\n");
}

export const profile: Case = plainCase({
  name: "profile",
  about: "where a forward pass spends its time",
  measure,
  render,
});
