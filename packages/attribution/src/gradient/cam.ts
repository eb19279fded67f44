import { type Option, option } from "@hookdict/contexts";
import { mean, mul, relu, sum, type Tensor } from "@tensorflow/tfjs-core";

/** Options of class activation maps. */
export interface CamOptions {
  /** Which axis of the site's value holds the channels; default the last, -1. */
  readonly channelAxis?: number;
  /** Keep what speaks for the target only, as the paper does. Default `true`. */
  readonly relu?: boolean;
  /** Sum over the channels. Default `true`. */
  readonly sumChannels?: boolean;
}

/** Declares what all class activation maps have. */
export const CAM: {
  readonly channelAxis: Option<number, "default">;
  readonly relu: Option<boolean, "default">;
} = {
  channelAxis: option.number({ integer: true }).default(-1),
  relu: option.boolean().default(true),
};

/** `sum over channels of (mean gradient of the channel) * value`. */
export function camOf(value: Tensor, gradient: Tensor, options: Required<CamOptions>): Tensor {
  const { channelAxis, relu: isPositive, sumChannels } = options;
  const axis = channelAxis < 0 ? value.rank + channelAxis : channelAxis;
  const places = value.shape.map((_, i) => i).filter((i) => i !== 0 && i !== axis);
  const weighted = mul(mean(gradient, places, true), value);
  const cam = sumChannels ? sum(weighted, axis, true) : weighted;
  return isPositive ? relu(cam) : cam;
}
