import type { HookingContext, HookingContextFactory } from "@hookdict/contexts";
import type { Hookable } from "@hookdict/core";
import { type TensorDict } from "@hookdict/tensordict";
import { Adapter, Ia3, LowRankAdaptation, RankOneEdit, weightsOf } from "@hookdict/weights";
import { add, matMul, relu, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { modelOf } from "../../methods/attribute.ts";
import type { Compute, Given } from "../../methods/cases.ts";

/** What a small model gives under an edit, with some of its weights. **Ownership:** *returns owned*. */
export function edited(
  given: Given,
  factory: (model: Hookable<readonly Tensor[], Tensor>) => HookingContextFactory<HookingContext>,
  weights: Readonly<Record<string, string>> = {},
): Record<string, Tensor> {
  const model = modelOf(given);
  using hooked = factory(model).prepare(model);
  using now: TensorDict = weightsOf(hooked);
  const found: Record<string, Tensor> = { logits: hooked.call(given.input("x")) };
  for (const [role, path] of Object.entries(weights)) found[role] = now.get<Tensor>([path]).clone();
  return found;
}

const text = (given: Given, name: string): string => String(given.options[name]);

/** Merged; live adapters must give the same. */
const lowRank: Compute = (given) => {
  const path = `${text(given, "layer")}.kernel`;
  const factors = {
    [path]: {
      a: given.input("A"),
      b: given.input("B"),
      alpha: given.options["alpha"] as number,
      isRankStabilized: given.case.method === "rslora",
      ...(given.has("magnitude") && { magnitude: given.input("magnitude") }),
    },
  };
  const merged = edited(given, () => new LowRankAdaptation({ factors }), { merged_kernel: path });
  if (given.has("magnitude")) return Promise.resolve(merged);
  const live = edited(given, () => new LowRankAdaptation({ factors, mode: "live" }));
  merged["logits"]?.dispose();
  return Promise.resolve({ ...merged, ...live });
};

const ia3: Compute = (given) =>
  Promise.resolve(
    edited(
      given,
      () =>
        new Ia3(text(given, "layer"), {
          scales: given.input("scale"),
          on: text(given, "scales") as "output",
        }),
    ),
  );

const rankOne: Compute = (given) => {
  const path = `${text(given, "layer")}.kernel`;
  const [key, value] = [given.input("key"), given.input("value")];
  const more = given.has("covariance") ? { covariance: given.input("covariance") } : {};
  return Promise.resolve(
    edited(given, () => new RankOneEdit(path, { key, value, ...more }), { kernel: path }),
  );
};

const adapter: Compute = (given) => {
  const { input } = given;
  const adapt = given.has("kernel")
    ? (h: Tensor) => matMul(h, input("kernel") as never) // rank 2
    : (h: Tensor) =>
        tidy(() => {
          const inner = relu(add(matMul(h, input("down") as never), input("down_bias")));
          return add(h, add(matMul(inner, input("up") as never), input("up_bias")));
        });
  const [source, target] = [text(given, "source"), text(given, "target")];
  return Promise.resolve(edited(given, () => new Adapter({ source, target, adapter: adapt })));
};

export const edits: Readonly<Record<string, Compute>> = {
  lora: lowRank,
  rslora: lowRank,
  dora: lowRank,
  ia3,
  rank_one_edit: rankOne,
  adapter,
};
