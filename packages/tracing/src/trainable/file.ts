import { describeValue, isHookdictError, isTensor, TensorDict } from "@hookdict/tensordict";
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import { clone } from "@tensorflow/tfjs-core";
import { checkSpecs } from "./check.ts";
import { trainableFile } from "./errors.ts";
import type { TrainableSpecs } from "./spec.ts";

const SPEC = "spec";
const STEP = "step";
const WEIGHTS = "weights";

export function toDict(
  spec: TrainableSpecs,
  step: number,
  all: ReadonlyMap<string, Readonly<Record<string, Variable>>>,
): TensorDict {
  const dict = new TensorDict();
  dict.set(SPEC, JSON.stringify(spec) as never); // any value may be stored
  dict.set(STEP, String(step) as never); // likewise
  for (const [link, weights] of all)
    for (const [name, weight] of Object.entries(weights)) dict.set([WEIGHTS, link, name], clone(weight));
  return dict;
}

/** The data in a file, checked. @throws FormatError `TRAINABLE_FILE` */
export function fromDict(dict: TensorDict): { readonly spec: TrainableSpecs; readonly step: number } {
  const text: unknown = dict.get<unknown, undefined>(SPEC, undefined);
  if (typeof text !== "string") throw trainableFile("The TensorDict", "it has no data under spec");
  const step = Number(dict.get<unknown, undefined>(STEP, undefined));
  if (!Number.isFinite(step)) throw trainableFile("The TensorDict", "its step is no number");
  try {
    return { spec: checkSpecs(JSON.parse(text)), step };
  } catch (error) {
    if (isHookdictError(error)) throw trainableFile("The TensorDict", error.message.replace(/\.$/, ""));
    throw trainableFile("The TensorDict", "its spec is no JSON");
  }
}

/** A weight in a file. **Ownership:** *borrowed*. @throws FormatError `TRAINABLE_FILE` */
export function weightIn(dict: TensorDict, link: string, name: string, like: Variable): Tensor {
  const found: unknown = dict.get<unknown, undefined>([WEIGHTS, link, name], undefined);
  if (isTensor(found) && describeValue(found) === describeValue(like)) return found;
  const got = found === undefined ? "missing" : describeValue(found);
  throw trainableFile(
    "The TensorDict",
    `the weight ${name} of ${link} is ${got} instead of ${describeValue(like)}`,
  );
}
