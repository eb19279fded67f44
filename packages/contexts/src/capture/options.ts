import type { HookInfo } from "@hookdict/core";
import type { TensorDict } from "@hookdict/tensordict";
import type { AxisSlices } from "./slice.ts";

/** Which passes of a site in one run of the model are kept. */
export type Passes = "all" | "first" | "last";

/** What a capture may be cast to. */
export type CaptureDtype = "float32" | "int32" | "bool";

/** How a context captures. */
export interface CaptureOptions {
  /** Where captures go. Default a new TensorDict that ends with the context; a given one is *borrowed*. */
  readonly cache?: TensorDict;
  /**
   * Empty the cache of what the context had captured whenever a run of the model begins. Default `true`; otherwise keys
   * go on, past what the cache has already: `path#1`, `path#2`, ...
   */
  readonly clearCache?: boolean;
  /** Which passes of a site that has several in one run are kept. Default `"all"`: `path`, `path#1`, `path#2`, ... */
  readonly passes?: Passes;
  /** Name of the run: keys are `[run, direction, path]`, so that several lie side by side in one cache. */
  readonly run?: string;
  /**
   * What is kept along declared axes, such as `{ pos: -1 }`: the last position, without the axis. A site that does not
   * declare an axis is kept whole along it.
   */
  readonly slice?: AxisSlices;
  /** Leave out the axis `batch` of every capture; its size must be 1. Default `false`. */
  readonly removeBatchDim?: boolean;
  /** Cast captures. Default as they are. */
  readonly dtype?: CaptureDtype;
  /**
   * Where captures lie: `"host"` copies each out of the backend's memory as it is captured, and costs the wait for it.
   * Shape and dtype stay. Not where the backend cannot be read at once, as `webgpu`. Default `"backend"`.
   */
  readonly memory?: "backend" | "host";
}

/** What is stored in place of the value; `undefined` stores nothing. Its result belongs to the run. */
export type CaptureCallback = (value: never, info: HookInfo) => unknown;
