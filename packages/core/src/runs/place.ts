import { checkArgument } from "@hookdict/tensordict";

/** Where a run stands in a series of runs, such as the steps of a generation. */
export interface RunPlace {
  /** Number of the step, from 0 on; `undefined` outside a series. */
  readonly step: number | undefined;
  /** The position at which the run's first token stands: more than 0 where earlier ones come from a cache. */
  readonly firstPosition: number;
  /** The position of the first one that attention looks back to: more than 0 where a window left earlier ones behind. */
  readonly firstSource: number;
}

let current: RunPlace = { step: undefined, firstPosition: 0, firstSource: 0 };

/** The place of the run under way. */
export function runPlace(): RunPlace {
  return current;
}

/**
 * Runs `fn`, in which hooks are told this place; what is not given stays as it is. For what runs models, such as
 * generation. `fn` must not be asynchronous.
 *
 * @example
 * atPlace({ step: 3 }, () => "a model runs"); // => "a model runs"
 */
export function atPlace<T>(place: Partial<RunPlace>, fn: () => T): T {
  checkArgument("atPlace", "fn", fn, "a function");
  const outer = current;
  current = { ...outer, ...place };
  try {
    return fn();
  } finally {
    current = outer;
  }
}
