import { tidy } from "@tensorflow/tfjs-core";
import { sequenceStep, stepKeyMissing, subsequenceEmpty } from "./errors.ts";
import { leaveToScope, tensorMark } from "@hookdict/tensordict/tensors";
import { type Key, keyPath, typeName } from "@hookdict/tensordict";
import { argumentInvalid, checkArgument, checkOptionNames, namesOf } from "@hookdict/tensordict";
import type { AnyTensorDict } from "@hookdict/tensordict";
import type { TensorDict } from "@hookdict/tensordict";
import { TensorDictModuleBase } from "./base.ts";
import { requireOutKey } from "./module.ts";

/** Steps by position, or by name. */
export type Steps = readonly TensorDictModuleBase[] | Readonly<Record<string, TensorDictModuleBase>>;

/** Which part of a sequence {@link TensorDictSequential.selectSubsequence} takes. */
export interface SubsequenceOptions {
  /** Keys that are there at the start. Default all that the steps need. */
  readonly inKeys?: readonly Key[];
  /** Keys that are wanted at the end. Default all that the steps give. */
  readonly outKeys?: readonly Key[];
}

/**
 * TensorDict modules one after the other: each sees what those before it have stored. Step `i` is the site `steps.i`, a
 * named one `steps.name`.
 *
 * @example
 * const net = new TensorDictSequential([
 *   new TensorDictModule((x: tf.Tensor) => tf.mul(x, 2), ["x"], ["h"]),
 *   new TensorDictModule((h: tf.Tensor) => tf.add(h, 1), ["h"], ["y"]),
 * ]);
 * net.inKeys; // => ["x"]
 * net.outKeys; // => ["h", "y"]
 */
export class TensorDictSequential extends TensorDictModuleBase {
  readonly steps: Steps;
  /** Keys that steps need and no earlier step gives. */
  override readonly inKeys: readonly Key[];
  override readonly outKeys: readonly Key[];
  /** Whether keys of the steps that are not among the out keys are dropped. */
  readonly #isSelection: boolean;

  /** @throws UsageError `SEQUENCE_STEP`. */
  constructor(steps: Steps);
  /** @internal */
  constructor(steps: Steps, selected?: readonly Key[]);
  constructor(steps: Steps, selected?: readonly Key[]) {
    super();
    if (typeof steps !== "object" || steps === null)
      throw argumentInvalid(
        "TensorDictSequential",
        "steps",
        steps,
        "a list of TensorDict modules, or a record of them",
      );
    this.steps = isList(steps) ? [...steps] : { ...steps };
    for (const [name, step] of this.#entries()) {
      if (!isTensorDictModule(step)) throw sequenceStep(JSON.stringify(name), describe(step));
    }
    const { needed, given } = keysOf(this.#entries().map(([, step]) => step));
    this.inKeys = needed;
    this.outKeys = selected ?? given;
    this.#isSelection = selected !== undefined;
  }

  #entries(): readonly (readonly [string, TensorDictModuleBase])[] {
    return Object.entries(this.steps);
  }

  /** @throws KeyError `STEP_KEY_MISSING` naming the step; whatever the steps throw. */
  override forward(given: AnyTensorDict): TensorDict {
    checkArgument("TensorDictSequential", "td", given, "a TensorDict");
    const td = given as TensorDict; // whatever its schema
    const result: { output?: TensorDict } = {};
    tidy(() => {
      const mark = tensorMark();
      let current = td;
      for (const [name, step] of this.#entries()) {
        requireKeys(name, step, current);
        current = step.call(current);
        leaveToScope(current, mark); // the next step clones it
      }
      result.output = this.#isSelection ? this.#select(td, current) : current.clone();
    });
    return result.output as TensorDict; // set above, unless a step has thrown
  }

  #select(td: TensorDict, current: TensorDict): TensorDict {
    const output = td.clone();
    if (this.outKeys.length > 0) current.select(...this.outKeys).run((chosen) => void output.update(chosen));
    return output;
  }

  override selectOutKeys(...keys: readonly Key[]): TensorDictSequential {
    for (const key of keys) requireOutKey("TensorDictSequential", key, this.outKeys);
    return new TensorDictSequential(this.steps, keys);
  }

  /**
   * The steps, shared with this sequence, that lead from some keys to others: a step counts if everything that it needs
   * is among the in keys or given by a step that counts, and if an out key, or a step that counts, needs it.
   *
   * @throws UsageError `SUBSEQUENCE_EMPTY`.
   */
  selectSubsequence(options: SubsequenceOptions): TensorDictSequential {
    checkOptionNames("selectSubsequence", options, ["inKeys", "outKeys"]);
    const { inKeys, outKeys } = options;
    checkArgument("selectSubsequence", "inKeys", inKeys, "a list?");
    checkArgument("selectSubsequence", "outKeys", outKeys, "a list?");
    let chosen = this.#entries();
    if (inKeys !== undefined) {
      const there = inKeys.map((key) => keyPath(key));
      chosen = chosen.filter(([, step]) => {
        const runs = step.inKeys.every((key) => there.some((other) => overlap(keyPath(key), other)));
        if (runs) there.push(...step.outKeys.map((key) => keyPath(key)));
        return runs;
      });
    }
    if (outKeys !== undefined) {
      const wanted = outKeys.map((key) => keyPath(key));
      chosen = chosen
        .toReversed()
        .filter(([, step]) => {
          const helps = step.outKeys.some((key) => wanted.some((other) => overlap(keyPath(key), other)));
          if (helps) wanted.push(...step.inKeys.map((key) => keyPath(key)));
          return helps;
        })
        .toReversed();
    }
    if (chosen.length === 0) {
      const paths = (keys?: readonly Key[]): (readonly string[])[] | undefined =>
        keys?.map((key) => keyPath(key));
      throw subsequenceEmpty(paths(inKeys), paths(outKeys));
    }
    return new TensorDictSequential(
      isList(this.steps) ? chosen.map(([, step]) => step) : Object.fromEntries(chosen),
    );
  }
}

function requireKeys(name: string, step: TensorDictModuleBase, td: TensorDict): void {
  for (const key of step.inKeys) {
    if (!td.has(key)) {
      throw stepKeyMissing(`Step ${JSON.stringify(name)}`, keyPath(key), [...namesOf(td.dictNode)]);
    }
  }
}

function keysOf(steps: readonly TensorDictModuleBase[]): { needed: readonly Key[]; given: readonly Key[] } {
  const needed = new Map<string, Key>();
  const given = new Map<string, Key>();
  for (const step of steps) {
    for (const key of step.inKeys) {
      const isGiven = [...given.values()].some((other) => overlap(keyPath(key), keyPath(other)));
      if (!isGiven) needed.set(JSON.stringify(key), key);
    }
    for (const key of step.outKeys) given.set(JSON.stringify(key), key);
  }
  return { needed: [...needed.values()], given: [...given.values()] };
}

/** Whether one key is the other, or lies in it. */
function overlap(a: readonly string[], b: readonly string[]): boolean {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function isList(steps: Steps): steps is readonly TensorDictModuleBase[] {
  return Array.isArray(steps);
}

function isTensorDictModule(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && "inKeys" in value && "outKeys" in value && "call" in value
  );
}

function describe(value: unknown): string {
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? `a ${typeName(value)}` : String(value);
}
