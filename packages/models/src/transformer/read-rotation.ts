import { configField, configUnsupported } from "../errors.ts";
import type { RotationConfig, RotationScaling } from "./config.ts";
import { type ConfigFields, isNumber } from "./fields.ts";

/** What a family adds to reading its rotation. */
export interface RotationDefaults {
  readonly dHead: number;
  readonly isAdjacent?: boolean;
  readonly base?: number;
  /** Share of a head's dimensions that rotate. */
  readonly share?: number;
  /** Which kind of layers, where `rope_parameters` has several. */
  readonly layerType?: string;
}

/**
 * A rotation from `rope_parameters` (transformers 5), or `rope_theta`, `rope_scaling`, `partial_rotary_factor`,
 * `rotary_pct` and `rotary_emb_base` (4).
 *
 * @throws FormatError `CONFIG_FIELD`, `CONFIG_UNSUPPORTED`.
 */
export function readRotation(fields: ConfigFields, defaults: RotationDefaults): RotationConfig {
  const nested = fields.below("rope_parameters");
  const { layerType } = defaults;
  const own = layerType !== undefined && !nested.absent(layerType) ? nested.below(layerType) : nested;
  const isNew = !fields.absent("rope_parameters");
  const scaling = isNew ? own : fields.below("rope_scaling");
  const base = own.number(
    "rope_theta",
    fields.number("rope_theta", fields.number("rotary_emb_base", defaults.base ?? 10000)),
  );
  const share = own.number(
    "partial_rotary_factor",
    fields.number("partial_rotary_factor", fields.number("rotary_pct", defaults.share ?? 1)),
  );
  const dims = Math.floor(defaults.dHead * share);
  if (dims % 2 !== 0 || dims < 2 || dims > defaults.dHead) {
    throw configField(fields.file, "partial_rotary_factor", "a share that gives an even number of dimensions", share);
  }
  return {
    base,
    dims,
    isAdjacent: defaults.isAdjacent ?? false,
    scaling: readScaling(fields, scaling, dims),
  };
}

const TYPES = ["default", "linear", "dynamic", "llama3", "yarn", "longrope"] as const;

function readScaling(fields: ConfigFields, own: ConfigFields, dims: number): RotationScaling {
  const type = own.raw("rope_type") ?? own.raw("type") ?? "default";
  const known = TYPES.find((each) => each === type || (each === "longrope" && type === "su"));
  if (known === undefined) throw configUnsupported(fields.file, "rope_type", type, TYPES);
  const longest = fields.size("max_position_embeddings", 2048);
  const original = (): number =>
    own.size(
      "original_max_position_embeddings",
      fields.size("original_max_position_embeddings", longest),
    );
  switch (known) {
    case "default":
      return { type: "none" };
    case "linear":
      return { type: "linear", factor: own.number("factor", 1) };
    case "dynamic":
      return { type: "dynamic", factor: own.number("factor", 1), original: longest };
    case "llama3":
      return {
        type: "llama3",
        factor: own.number("factor", 8),
        low: own.number("low_freq_factor", 1),
        high: own.number("high_freq_factor", 4),
        original: original(),
      };
    case "longrope":
      return longrope(own, dims, longest, original());
    case "yarn":
      return yarn(own, original());
  }
}

function longrope(own: ConfigFields, dims: number, longest: number, original: number): RotationScaling {
  const factors = (field: string): number[] => own.list(field, dims / 2, isNumber, `${dims / 2} numbers`);
  const factor = longest / original;
  const attention = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
  return {
    type: "longrope",
    original,
    short: factors("short_factor"),
    long: factors("long_factor"),
    attention: own.number("attention_factor", attention),
  };
}

function yarn(own: ConfigFields, original: number): RotationScaling {
  const factor = own.number("factor", 1);
  const scaleOf = (by: number): number => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  const [all, one] = [own.optionalNumber("mscale_all_dim"), own.optionalNumber("mscale")];
  const attention = all !== undefined && one !== undefined ? scaleOf(one) / scaleOf(all) : scaleOf(1);
  return {
    type: "yarn",
    factor,
    original,
    betaFast: own.number("beta_fast", 32),
    betaSlow: own.number("beta_slow", 1),
    isTruncated: own.flag("truncate", true),
    attention: own.number("attention_factor", attention),
  };
}
