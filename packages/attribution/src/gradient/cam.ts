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

/** `sum over channels of (mean gradient of the channel) * value`. */
export function camOf(value: Tensor, gradient: Tensor, options: CamOptions): Tensor {
  const axis =
    (options.channelAxis ?? -1) < 0 ? value.rank + (options.channelAxis ?? -1) : (options.channelAxis ?? 0);
  const places = value.shape.map((_, i) => i).filter((i) => i !== 0 && i !== axis);
  const weighted = mul(mean(gradient, places, true), value);
  const cam = (options.sumChannels ?? true) ? sum(weighted, axis, true) : weighted;
  return (options.relu ?? true) ? relu(cam) : cam;
}
