import type { Placed } from "./data.ts";
import type { Intervention } from "./words.ts";

/** What is captured. */
export interface CaptureSpec extends Placed {}

/**
 * What is captured and changed in a run, as plain data that JSON holds. Captures come before interventions at the same
 * site; interventions follow each other in order.
 */
export interface HookSpec {
  readonly captures?: readonly CaptureSpec[];
  readonly interventions?: readonly Intervention[];
}
