import type { Direction, Site } from "@hookdict/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Check } from "../fields.ts";
import type { Placed } from "../data.ts";

/** Fields of an intervention with what they must be. @throws UsageError `SPEC_INVALID`, from a check */
export type Checks = Readonly<Record<string, Check>>;

/**
 * What an intervention is called and does. The fields `value` and `mask` are a tensor that it is given, `positions`,
 * `position` and `pos` are where on the axis `pos` it acts; what it has besides is its own to read.
 */
export interface Word<I extends Placed = Placed> {
  /** Fields that it must have besides its place. */
  readonly needs: Checks;
  /** Fields that it may have. */
  readonly may: Checks;
  /**
   * What a value becomes, or what stands at the positions that are meant. What it makes belongs to the scope.
   *
   * @param given What it is given, of the value's shape and at integers perhaps int32; zeros where that is nothing.
   */
  change(value: Tensor, given: Tensor, data: I, site: Site): Tensor;
  /** Whether a zero that is given changes nothing. */
  readonly isIdleAtZero?: true;
  /** Whether what it is given is repeated to the value's shape, where it says nothing of positions. Default true. */
  readonly isRepeated?: false;
  /** Whether what it is given becomes int32 beside integers, where it has no fractions: JSON does not tell 2 from 2.0. */
  readonly isWholeAtIntegers?: true;
  /** Refuses a site. @param sites All of the model. */
  checkSite?(site: Site, direction: Direction, sites: readonly Site[]): void;
  /** What is printed behind its place. */
  print?(data: I): string;
}
