import type { Pattern } from "@hookdict/core";
import type { BatchAxes, BatchAxis } from "./batch/axis.ts";
import type { BatchFunction, InputOf } from "./batch/inputs.ts";

/** Options of {@link openTrace}. */
export interface TraceOptions<A extends readonly unknown[], I = InputOf<A>> {
  /** Name for messages. Default `"Trace"`. */
  readonly name?: string;
  /** Makes one call of the model out of the inputs of several invokes. Default: joins tensors along their first axis. */
  readonly batch?: BatchFunction<A, I>;
  /** Where sites have their examples, if not at the axis `batch` that they declare, nor at their first. */
  readonly batchAxes?: BatchAxes;
  /** Where the model's result has its examples. Default its first axis. */
  readonly resultAxis?: BatchAxis;
  /** Sites whose gradients bodies may ask for. Without it the trace takes none. */
  readonly gradients?: Pattern;
  /** Ends the run as soon as all bodies have returned and nobody else needs the rest. Default `false`. */
  readonly stopEarly?: boolean;
}
