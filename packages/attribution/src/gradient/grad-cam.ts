import { image, mean, mul, relu, sum, type Tensor, type Tensor4D } from "@tensorflow/tfjs-core";
import { optionWrong } from "../errors.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";
import type { ByPlace, PassResult } from "../passes/pass.ts";
import { mapPlaces } from "./line.ts";
import { needSites } from "./layer.ts";

/** How a map is made larger: bilinear with half-pixel centres, or the nearest entry. */
export type ResizeMode = "bilinear" | "nearest";

/** Options of {@link GradCam}. */
export interface GradCamOptions extends AttributionOptions {
  /** Which axis of the site's value holds the channels; default the last, -1. */
  readonly channelAxis?: number;
  /** Keep what speaks for the target only, as the paper does. Default `true`. */
  readonly relu?: boolean;
  /** Sum over the channels. Default `true`. */
  readonly sumChannels?: boolean;
  /** Make maps `[batch, height, width, 1]` of this size. Default as they are. */
  readonly resize?: { readonly size: readonly [number, number]; readonly mode?: ResizeMode };
}

/** Resizes images `[batch, height, width, channel]`. **Ownership:** borrows; returns owned. */
export function resizeMaps(
  maps: Tensor,
  size: readonly [number, number],
  mode: ResizeMode = "bilinear",
): Tensor {
  const images = maps as Tensor4D; // the doc says so, TensorFlow.js checks it
  return mode === "nearest"
    ? image.resizeNearestNeighbor(images, [...size])
    : image.resizeBilinear(images, [...size], false, true);
}

/** `sum over channels of (mean gradient of the channel) * value`. */
export function camOf(
  value: Tensor,
  gradient: Tensor,
  options: Pick<GradCamOptions, "channelAxis" | "relu" | "sumChannels">,
): Tensor {
  const axis =
    (options.channelAxis ?? -1) < 0 ? value.rank + (options.channelAxis ?? -1) : (options.channelAxis ?? 0);
  const places = value.shape.map((_, i) => i).filter((i) => i !== 0 && i !== axis);
  const weighted = mul(mean(gradient, places, true), value);
  const cam = (options.sumChannels ?? true) ? sum(weighted, axis, true) : weighted;
  return (options.relu ?? true) ? relu(cam) : cam;
}

/**
 * Grad-CAM: which places of an inner site speak for the target, `[batch, height, width, 1]`.
 *
 * Use it at the last convolution of a vision model; the map is as coarse as that site. Captum and tdhook leave the ReLU
 * out unless told otherwise: `relu: false` does so here.
 *
 * @see Selvaraju et al., https://arxiv.org/abs/1610.02391
 */
export class GradCam extends AttributionMethod {
  override readonly name = "GradCam";
  readonly #options: GradCamOptions;

  constructor(options: GradCamOptions) {
    super(options);
    needSites(this.name, options.at);
    const { resize } = options;
    if (resize !== undefined && (!Array.isArray(resize.size) || resize.size.length !== 2))
      throw optionWrong(this.name, "resize", resize, "{ size: [height, width] }");
    this.#options = options;
  }

  override *compute(job: Job): Computation {
    const { gradients, values } = yield {
      inputs: job.args.tensors,
      rows: job.batch,
      score: job.score,
      gradients: job.places,
      values: job.places,
    };
    return { attr: this.maps(job, { gradients, values }), ways: { gradients, values } };
  }

  /** The maps of every site. */
  maps(job: Job, { gradients, values }: Pick<PassResult, "gradients" | "values">): ByPlace {
    const { resize } = this.#options;
    const wanted = Object.fromEntries(job.places.map((place) => [place, values[place] as Tensor])); // all were asked for
    return mapPlaces(wanted, (value, place) => {
      const cam = camOf(value, gradients[place] as Tensor, this.#options); // likewise
      return resize === undefined ? cam : resizeMaps(cam, resize.size, resize.mode);
    });
  }
}
