import type { KernelFunc, TensorInfo } from "@tensorflow/tfjs-core";
import { attributesOf, type Call, inputsOf } from "./call.ts";
import { Operations } from "./operations.node.ts";

// Parts of a transformer's layer that follow one another, for few rows, each by one operation of native/kernels/layers.h.

export const LAYERS: Readonly<Record<string, KernelFunc>> = {
  HookdictProjections: projections,
  HookdictNormProjections: normProjections,
  HookdictAttend: attend,
  HookdictMlp: mlp,
};

type Inputs<Needed extends string, Further extends string = never> = Record<Needed, TensorInfo> &
  Partial<Record<Further, TensorInfo>>;

/** Those that are given, of which a list of the operation's inputs is made. */
function given(...tensors: readonly (TensorInfo | undefined)[]): TensorInfo[] {
  return tensors.filter((each) => each !== undefined);
}

/** Three products of one input. */
function projections(call: Call): TensorInfo[] {
  const { x, wq, wk, wv, bq, bk, bv } = inputsOf<Inputs<"x" | "wq" | "wk" | "wv", "bq" | "bk" | "bv">>(call);
  const { heads, keyHeads } = attributesOf<{ heads: number; keyHeads: number }>(call);
  const added = given(bq, bk, bv);
  using run = new Operations(call.backend);
  const integers = { heads, key_heads: keyHeads, biases: added.length };
  return run.giveAll("HookdictFewProjections", run.inputs(x, wq, wk, wv, ...added), { integers }, 3);
}

/** A norm, and three products of what it gives. */
function normProjections(call: Call): TensorInfo[] {
  const { x, gain, shift, wq, wk, wv, bq, bk, bv } =
    inputsOf<Inputs<"x" | "gain" | "wq" | "wk" | "wv", "shift" | "bq" | "bk" | "bv">>(call);
  const { epsilon, heads, keyHeads } = attributesOf<Record<"epsilon" | "heads" | "keyHeads", number>>(call);
  const [norm, added] = [given(gain, shift), given(bq, bk, bv)];
  using run = new Operations(call.backend);
  const integers = { heads, key_heads: keyHeads, norms: norm.length, biases: added.length };
  const ids = run.inputs(x, ...norm, wq, wk, wv, ...added);
  return run.giveAll("HookdictFewNormProjections", ids, { integers, floats: { epsilon } }, 6);
}

/** Writes keys and values in place, attends to all that are there, and multiplies the outcome by a matrix, where there is one. */
function attend(call: Call): TensorInfo[] {
  const { queries, keyStore, valueStore, at, keys, values, mask, weight, bias } =
    inputsOf<
      Inputs<"queries" | "keyStore" | "valueStore" | "at" | "keys" | "values" | "mask", "weight" | "bias">
    >(call);
  const { scale } = attributesOf<{ scale: number }>(call);
  const [weights, added] = [given(weight), given(bias)];
  using run = new Operations(call.backend);
  const ids = run.inputs(queries, keyStore, valueStore, at, keys, values, mask, ...weights, ...added);
  const integers = { weights: weights.length, biases: added.length };
  return run.giveAll("HookdictFewAttend", ids, { integers, floats: { scale } }, 3 + weights.length);
}

/** A sum, its norm, an MLP of that, and the sum of it all. */
function mlp(call: Call): TensorInfo[] {
  const { x, y, gain, shift, wGate, wIn, wOut, bGate, bIn, bOut } =
    inputsOf<Inputs<"x" | "y" | "gain" | "wIn" | "wOut", "shift" | "wGate" | "bGate" | "bIn" | "bOut">>(call);
  const { epsilon, kind } = attributesOf<Record<"epsilon" | "kind", number>>(call);
  const [norm, hidden, added] = [given(gain, shift), given(wGate, wIn), given(bGate, bIn, bOut)];
  using run = new Operations(call.backend);
  const integers = { kind, norms: norm.length, hidden: hidden.length, biases: added.length };
  const ids = run.inputs(x, y, ...norm, ...hidden, wOut, ...added);
  return run.giveAll("HookdictFewMlp", ids, { integers, floats: { epsilon } }, 7 + hidden.length);
}
