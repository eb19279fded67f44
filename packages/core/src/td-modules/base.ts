import { Module } from "../modules/module.ts";
import type { Key } from "@hookdict/tensordict";
import type { AnyTensorDict } from "@hookdict/tensordict";
import type { TensorDict } from "@hookdict/tensordict";

/**
 * A module that takes a TensorDict and gives one: the input's content and, besides or in its place, its out keys.
 *
 * **Ownership:** `call` borrows the TensorDict and does not change it; returns owned. Tensors are shared, so that costs
 * no memory.
 */
export abstract class TensorDictModuleBase extends Module {
  /** Keys that are read. */
  abstract readonly inKeys: readonly Key[];
  /** Keys that are written. */
  abstract readonly outKeys: readonly Key[];

  abstract override forward(td: AnyTensorDict): TensorDict;

  /**
   * The same module, sharing its parts and their hooks, that writes only some of its out keys.
   *
   * @throws KeyError `OUT_KEY_UNKNOWN`.
   */
  abstract selectOutKeys(...keys: readonly Key[]): TensorDictModuleBase;
}

/** Out key of an output that is discarded. */
export const DISCARDED = "_";
