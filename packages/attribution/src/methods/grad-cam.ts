import type { Tensor } from "@tensorflow/tfjs-core";
import { optionWrong } from "../errors.ts";
import { type CamOptions, camOf } from "../gradient/cam.ts";
import { mapPlaces } from "../gradient/line.ts";
import { resizeMaps, type ResizeMode } from "../images/resize.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";
import { needSites } from "../sites.ts";

/** Options of {@link GradCam}. */
export interface GradCamOptions extends AttributionOptions, CamOptions {
  /** Make maps `[batch, height, width, 1]` of this size. Default as they are. */
  readonly resize?: { readonly size: readonly [number, number]; readonly mode?: ResizeMode };
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
    const { resize } = this.#options;
    const attr = mapPlaces(values, (value, place) => {
      const cam = camOf(value, gradients[place] as Tensor, this.#options); // of the same places
      return resize === undefined ? cam : resizeMaps(cam, resize.size, resize.mode);
    });
    return { attr, ways: { gradients, values } };
  }
}
