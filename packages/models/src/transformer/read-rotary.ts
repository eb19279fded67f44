import type { RotaryPairs } from "../ops/rotate.ts";
import type { RotaryConfig, RotaryScaling } from "./config.ts";
import type { Fields } from "./fields.ts";

/** What a family knows of its rotary embedding beside the config's fields. */
export interface RotaryDefaults {
  readonly dHead: number;
  readonly maxPositions: number;
  readonly pairs?: RotaryPairs;
  readonly base?: number;
  /**
   * Share of a head that turns, where the config does not say; families without it turn whole heads whatever the config
   * says, as Hugging Face does.
   */
  readonly share?: number;
  /** Which of the nested parameters: `full_attention` or `sliding_attention`. */
  readonly layerType?: string;
}

/**
 * The rotary embedding of a config, in the keys of either version: `rope_parameters`, or `rope_theta` with `rope_scaling`.
 *
 * @throws FormatError `CONFIG_FIELD`, `CONFIG_UNSUPPORTED`.
 */
export function readRotary(fields: Fields, defaults: RotaryDefaults): RotaryConfig {
  const { dHead, maxPositions, pairs = "halves", layerType } = defaults;
  const all = fields.object("rope_parameters", "rope_scaling");
  const own = layerType !== undefined && all.has(layerType) ? all.object(layerType) : all;
  const base = own.has("rope_theta")
    ? own.number("rope_theta")
    : fields.number(["rope_theta", "rotary_emb_base"], defaults.base ?? 10000);
  const dims = Math.floor(dHead * shareOf(fields, own, defaults.share));
  return { dims, base, pairs, scaling: readScaling(fields, own, maxPositions) };
}

function shareOf(fields: Fields, own: Fields, fallback: number | undefined): number {
  if (fallback === undefined) return 1;
  return own.has("partial_rotary_factor")
    ? own.number("partial_rotary_factor")
    : fields.number(["partial_rotary_factor", "rotary_pct"], fallback);
}

const KINDS = ["default", "linear", "dynamic", "yarn", "longrope", "llama3", "su"] as const;

function readScaling(fields: Fields, own: Fields, maxPositions: number): RotaryScaling {
  const name = own.has("rope_type") ? "rope_type" : "type";
  const kind = own.oneOf(name, KINDS, "default");
  const original = originalOf(fields, own, maxPositions);
  if (kind === "linear") return { kind, factor: own.number("factor") };
  if (kind === "dynamic") return { kind, factor: own.number("factor"), maxPositions };
  if (kind === "yarn") return readYarn(own, original);
  if (kind === "longrope" || kind === "su") return readLongrope(own, original, maxPositions);
  if (kind === "default") return { kind };
  return {
    kind,
    factor: own.number("factor"),
    lowFactor: own.number("low_freq_factor"),
    highFactor: own.number("high_freq_factor"),
    original,
  };
}

function originalOf(fields: Fields, own: Fields, maxPositions: number): number {
  const name = "original_max_position_embeddings";
  return own.has(name) ? own.size(name) : fields.size(name, maxPositions);
}

function readYarn(own: Fields, original: number): RotaryScaling {
  const factor = own.number("factor");
  const scaleOf = (by: number): number => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  const own2 = own.has("mscale") && own.has("mscale_all_dim");
  const amplitude = own2 ? scaleOf(own.number("mscale")) / scaleOf(own.number("mscale_all_dim")) : scaleOf(1);
  return {
    kind: "yarn",
    factor,
    betaFast: own.number("beta_fast", 32),
    betaSlow: own.number("beta_slow", 1),
    original,
    truncate: own.flag("truncate", true),
    amplitude: own.number("attention_factor", amplitude),
  };
}

function readLongrope(own: Fields, original: number, maxPositions: number): RotaryScaling {
  const factor = own.number("factor", maxPositions / original);
  const amplitude = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
  return {
    kind: "longrope",
    short: own.numbers("short_factor"),
    long: own.numbers("long_factor"),
    original,
    amplitude: own.number("attention_factor", amplitude),
  };
}
