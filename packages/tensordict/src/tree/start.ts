import { isPlainRecord } from "../values/structure.ts";
import type { Tensor } from "@tensorflow/tfjs-core";
import { batchSizeInvalid, contentInvalid } from "./errors.ts";
import { checkValue, type Intake, settleIntake, takeRecord } from "./intake.ts";
import { lockNode } from "./lock.ts";
import { optionsOf } from "./options.ts";
import { DictNode, isFitting } from "./node.ts";
import { adopt } from "../tensors/ownership.ts";

/** Options of a TensorDict. */
export interface TensorDictOptions {
  /** Leading dims that all leaves share, outermost first. Given, never guessed. Default `[]`. */
  readonly batchSize?: readonly number[];
  /** Refuse writes from the start. Default `false`. */
  readonly lock?: boolean;
}

/** A new node with the given content, or the node itself where there is one already. */
export function startNode(content: unknown, options?: TensorDictOptions): DictNode {
  if (content instanceof DictNode) return content;
  const { batchSize: given = [], lock = false } = optionsOf("a TensorDict", options, ["batchSize", "lock"]);
  const batchSize = checkBatchSize(given);
  if (content !== undefined && !isPlainRecord(content)) throw contentInvalid(content);
  const node = content === undefined ? new DictNode(batchSize) : intakeRecord(content, batchSize);
  if (lock) lockNode(node);
  return node;
}

/** A frozen copy of a batch size. @throws UsageError `BATCH_SIZE_INVALID`. */
export function checkBatchSize(batchSize: unknown): readonly number[] {
  if (
    !Array.isArray(batchSize) ||
    !batchSize.every((size) => Number.isSafeInteger(size) && (size as number) >= 0)
  ) {
    throw batchSizeInvalid(batchSize);
  }
  return Object.freeze([...(batchSize as readonly number[])]); // checked above
}

function intakeRecord(content: Readonly<Record<string, unknown>>, batchSize: readonly number[]): DictNode {
  const node = new DictNode(batchSize);
  if (takeTensors(node, content)) return node;
  const intake: Intake = { node, mismatches: [] };
  for (const name of Object.keys(content)) checkValue(intake, [name], content[name], batchSize);
  settleIntake(intake);
  return takeRecord(content, batchSize);
}

/** Takes a record that holds tensors only, all of them fitting; the record is read once. Takes nothing otherwise. */
function takeTensors(node: DictNode, content: Readonly<Record<string, unknown>>): boolean {
  const { leaves, batchSize } = node;
  // `entries` reads the values of a large record twice as fast as a look-up of each.
  for (const [name, value] of Object.entries(content)) {
    if (!isFitting(value, batchSize)) {
      leaves.clear();
      return false;
    }
    leaves.set(name, value);
  }
  leaves.forEach((value, name) => {
    const own = adopt(value as Tensor); // just looked at
    if (own !== value) leaves.set(name, own);
  });
  return true;
}
