import { checkArgument, checkOptionNames } from "@hookdict/tensordict";
import type { Pattern } from "@hookdict/core";
import type { DataType } from "@tensorflow/tfjs-core";

/** What a cache records, and under which names. */
export interface CacheOptions {
  /** Default every site. */
  readonly sites?: Pattern;
  /** Default `false`. */
  readonly inputs?: boolean;
  /** Default `true`. */
  readonly outputs?: boolean;
  /** Casts what is recorded. */
  readonly dtype?: DataType;
  /** Moves what was recorded into typed arrays when the run ends. Default `false`. */
  readonly host?: boolean;
  /**
   * Other names in place of the model's: `{ transformer: "model", "h.0": "first" }`. A name of several segments stands
   * for those segments wherever they follow each other; whole segments only, so that `h.1` is no part of `h.10`.
   */
  readonly rename?: Readonly<Record<string, string>>;
  /** The same as further names: keys stay the model's. */
  readonly alias?: Readonly<Record<string, string>>;
}

/** A tensor as a typed array. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly dtype: DataType;
  readonly data: Float32Array | Int32Array | Uint8Array | readonly string[];
}

const NAMES = ["sites", "inputs", "outputs", "dtype", "host", "rename", "alias"];

/** Checks what plain JavaScript may give. @throws UsageError `ARGUMENT_INVALID` */
export function checkCacheOptions(options: CacheOptions): void {
  checkOptionNames("cache", options, NAMES);
  checkArgument("cache", "dtype", options.dtype, "text?");
  for (const name of ["inputs", "outputs", "host"] as const)
    checkArgument("cache", name, options[name], "true or false?");
  for (const name of ["rename", "alias"] as const) {
    checkArgument("cache", name, options[name], "a record?");
    for (const [path, other] of Object.entries(options[name] ?? {}))
      checkArgument("cache", `${name}.${path}`, other, "text");
  }
}
