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
  /** The parameters where the config has none. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/**
 * The rotary embedding of a config, in the keys of either version: `rope_parameters`, or `rope_theta` with `rope_scaling`.
 *
 * @throws FormatError `CONFIG_FIELD`, `CONFIG_UNSUPPORTED`.
 */
export function readRotary(fields: Fields, defaults: RotaryDefaults): RotaryConfig {
  const { dHead, maxPositions, pairs = "halves", layerType, parameters } = defaults;
  const all = fields
    .object("rope_parameters", "rope_scaling")
    .over(fields.has("rope_parameters", "rope_scaling") ? {} : parameters);
  const isNested = layerType !== undefined && all.has(layerType);
  const own = isNested ? all.object(layerType) : all;
  const base = own.has("rope_theta")
    ? own.number("rope_theta")
    : fields.number(["rope_theta", "rotary_emb_base"], defaults.base ?? 10000);
  const kind = own.oneOf(own.has("rope_type") ? "rope_type" : "type", KINDS, "default");
  // Proportional scaling has the share to itself.
  const divisor = Math.floor(dHead * (kind === "proportional" ? 1 : shareOf(fields, own, defaults.share)));
  const dims = divisor + (divisor % 2);
  if (dims === 0 || dims > dHead)
    fields.refuse("head_dim", `such that pairs turn; ${divisor} of a head's ${dHead} dimensions are none`);
  const scaling = readScaling(fields, own, kind, { dHead, pairs: dims / 2, maxPositions, isNested });
  return { dims, ...(divisor !== dims && { divisor }), base, pairs, scaling };
}

function shareOf(fields: Fields, own: Fields, fallback: number | undefined): number {
  if (fallback === undefined) return 1;
  return own.has("partial_rotary_factor")
    ? own.number("partial_rotary_factor")
    : fields.number(["partial_rotary_factor", "rotary_pct"], fallback);
}

const KINDS = ["default", "linear", "dynamic", "yarn", "longrope", "llama3", "proportional", "su"] as const;

/** Where a rotation is read, and how wide it is. */
interface Place {
  readonly dHead: number;
  readonly pairs: number;
  readonly maxPositions: number;
  /** Whether each kind of layer has a rotation. */
  readonly isNested: boolean;
}

function readScaling(fields: Fields, own: Fields, kind: (typeof KINDS)[number], place: Place): RotaryScaling {
  const { dHead, maxPositions } = place;
  const original = originalOf(fields, own, place);
  if (kind === "linear") return { kind, factor: own.number("factor") };
  if (kind === "dynamic") return { kind, factor: own.number("factor"), maxPositions };
  if (kind === "yarn") return readYarn(own, original, place);
  if (kind === "longrope" || kind === "su") return readLongrope(own, original, place);
  if (kind === "default") return { kind };
  if (kind === "proportional") {
    const share = shareOf(fields, own, 1);
    return { kind, factor: own.number("factor", 1), pairs: Math.floor((share * dHead) / 2) };
  }
  return {
    kind,
    factor: own.number("factor"),
    lowFactor: own.number("low_freq_factor"),
    highFactor: own.number("high_freq_factor"),
    original,
  };
}

/** The config's own length goes before the rotation's, except where each kind of layer has a rotation. */
function originalOf(fields: Fields, own: Fields, { maxPositions, isNested }: Place): number {
  const name = "original_max_position_embeddings";
  return !isNested && fields.has(name) ? fields.size(name) : own.size(name, maxPositions);
}

function readYarn(own: Fields, original: number, { maxPositions, isNested }: Place): RotaryScaling {
  const factor = own.number("factor", maxPositions / original);
  const scaleOf = (by: number): number => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  const isGiven = ["mscale", "mscale_all_dim"].every((name) => own.has(name) && own.raw(name) !== 0);
  const amplitude = isGiven
    ? scaleOf(own.number("mscale")) / scaleOf(own.number("mscale_all_dim"))
    : scaleOf(1);
  return {
    kind: "yarn",
    factor,
    betaFast: own.number("beta_fast", 32),
    betaSlow: own.number("beta_slow", 1),
    original,
    // Hugging Face looks for this one beside the rotations of kinds of layers, and does not find it there.
    truncate: isNested || own.flag("truncate", true),
    amplitude: own.number("attention_factor", amplitude),
  };
}

function readLongrope(own: Fields, original: number, { pairs, maxPositions }: Place): RotaryScaling {
  const factor = own.number("factor", maxPositions / original);
  const amplitude = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
  const factorsOf = (name: string): readonly number[] => {
    const factors = own.numbers(name);
    return factors.length === pairs ? factors : own.refuse(name, `a list of ${pairs}, one for each pair`);
  };
  return {
    kind: "longrope",
    short: factorsOf("short_factor"),
    long: factorsOf("long_factor"),
    original,
    amplitude: own.number("attention_factor", amplitude),
  };
}
