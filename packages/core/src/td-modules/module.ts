import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { outKeyUnknown, stepAsync, stepKeyMissing, stepOutputs } from "./errors.ts";
import { kwargs } from "../hooks/inputs.ts";
import { leaveToScope, tensorMark } from "@hookdict/tensordict/tensors";
import { argumentInvalid, checkArgument, isTensor } from "@hookdict/tensordict";
import type { Module } from "../modules/module.ts";
import { engineInternals } from "@hookdict/tensordict/tensors";
import { type Key, keyPath, pathKey } from "@hookdict/tensordict";
import { isPlainRecord, namesOf } from "@hookdict/tensordict";
import { type AnyTensorDict, isTensorDict } from "@hookdict/tensordict";
import { share } from "@hookdict/tensordict/tensors";
import type { TensorDict } from "@hookdict/tensordict";
import { asyncKind, pendingKind } from "../targets/asynchronous.ts";
import { DISCARDED, TensorDictModuleBase } from "./base.ts";
import { moduleOf, nameOf, type Step } from "./steps.ts";

/** In keys: a list for positional inputs, a record of keys by argument for keyword inputs. */
export type InKeys = readonly Key[] | Readonly<Record<string, Key>>;

/**
 * Runs a step on values of a TensorDict and stores what it gives. The step is the site `module` below this one; hooks
 * here see TensorDicts, hooks there see its inputs and outputs.
 *
 * @example
 * const double = new TensorDictModule((x: tf.Tensor) => tf.mul(x, 2), ["x"], ["y"]);
 * using td = new TensorDict({ x: tf.scalar(3) });
 * using out = double.call(td);
 * out.get("y").dataSync()[0]; // => 6
 */
export class TensorDictModule extends TensorDictModuleBase {
  override readonly inKeys: readonly Key[];
  override readonly outKeys: readonly Key[];
  /** What runs. */
  readonly module: Module;
  readonly #arguments: readonly string[] | undefined;
  readonly #outPaths: readonly (readonly string[])[];

  /**
   * @param step A function, a `Module`, or a `tf.LayersModel`. With a record of in keys, functions and modules get one
   * record of keyword inputs, and a model its inputs by their names.
   * @param outKeys One per output of the step, which gives a list for several; `"_"` discards one.
   * @throws UsageError `STEP_INVALID`, `STEP_ASYNC`; KeyError `KEY_INVALID`, `KEY_EMPTY`.
   */
  constructor(step: Step, inKeys: InKeys, outKeys: readonly Key[]) {
    super();
    this.module = moduleOf(step);
    const kind = asyncKind(step);
    if (kind !== undefined) throw stepAsync(nameOf(this.module), kind);
    if (!isList(inKeys) && !isPlainRecord(inKeys))
      throw argumentInvalid(
        "TensorDictModule",
        "inKeys",
        inKeys,
        "a list of keys, or a record of keys by argument",
      );
    checkArgument("TensorDictModule", "outKeys", outKeys, "a list");
    this.#arguments = isList(inKeys) ? undefined : Object.keys(inKeys);
    this.inKeys = (isList(inKeys) ? inKeys : Object.values(inKeys)).map((key) => pathKey(keyPath(key)));
    this.#outPaths = outKeys.map((key) => keyPath(key));
    this.outKeys = this.#outPaths.map(pathKey).filter((key) => key !== DISCARDED);
  }

  /**
   * @throws KeyError `STEP_KEY_MISSING`; UsageError `STEP_OUTPUTS`, `STEP_ASYNC`; whatever the step throws, and `TensorDict.set`.
   */
  override forward(given: AnyTensorDict): TensorDict {
    checkArgument("TensorDictModule", "td", given, "a TensorDict");
    const td = given as TensorDict; // whatever its schema
    const inputs = this.inKeys.map((key) => this.#read(td, key));
    const output = td.clone();
    try {
      tidy(() => this.#run(inputs, output));
      return output;
    } catch (error) {
      output.dispose();
      throw error;
    }
  }

  #read(td: TensorDict, key: Key): unknown {
    if (td.has(key)) return td.get<unknown>(key);
    throw stepKeyMissing(nameOf(this.module), keyPath(key), [...namesOf(td.dictNode)]);
  }

  #run(inputs: readonly unknown[], output: TensorDict): void {
    const scope = engineInternals().state.activeScope?.id;
    const mark = tensorMark();
    const named = this.#arguments?.map((name, i) => [name, inputs[i]] as const);
    const call = this.module.call.bind(this.module) as (...args: readonly unknown[]) => unknown; // of any module
    const result = named === undefined ? call(...inputs) : call(kwargs(Object.fromEntries(named)));
    const values: readonly unknown[] = Array.isArray(result) ? result : [result];
    for (const kind of [result, ...values].map(pendingKind))
      if (kind !== undefined) throw stepAsync(nameOf(this.module), kind);
    if (values.length !== this.#outPaths.length) {
      throw stepOutputs(nameOf(this.module), values.length, this.#outPaths);
    }
    for (const [i, path] of this.#outPaths.entries()) {
      if (pathKey(path) !== DISCARDED) output.set(path, ownValue(values[i], scope));
    }
    leaveToScope(result, mark); // a TensorDict that the step made has been cloned
  }

  override selectOutKeys(...keys: readonly Key[]): TensorDictModule {
    const kept = new Set(keys.map((key) => requireOutKey(nameOf(this.module), key, this.outKeys)));
    const outKeys = this.#outPaths.map((path) => (kept.has(JSON.stringify(path)) ? path : DISCARDED));
    const inKeys = this.#arguments?.map((name, i) => [name, this.inKeys[i] as Key] as const); // one per argument
    return new TensorDictModule(
      this.module,
      inKeys === undefined ? this.inKeys : Object.fromEntries(inKeys),
      outKeys,
    );
  }
}

/** What a TensorDict may take: weights, inputs and the like belong to somebody else and are shared. */
function ownValue(value: unknown, scope: number | undefined): unknown {
  if (isTensorDict(value)) return value.clone();
  return isTensor(value) && isForeign(value, scope) ? share(value) : value;
}

function isForeign(tensor: Tensor, scope: number | undefined): boolean {
  return tensor.kept || tensor.scopeId !== scope;
}

function isList(keys: InKeys): keys is readonly Key[] {
  return Array.isArray(keys);
}

/** A key as text to compare, if it is an out key. @throws KeyError `OUT_KEY_UNKNOWN`. */
export function requireOutKey(module: string, key: Key, outKeys: readonly Key[]): string {
  const path = keyPath(key);
  const paths = outKeys.map((other) => keyPath(other));
  const text = JSON.stringify(path);
  if (!paths.some((other) => JSON.stringify(other) === text)) throw outKeyUnknown(module, path, paths);
  return text;
}
