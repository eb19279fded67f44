import { SITES, methodOptions } from "../options.ts";
import { option, type ValuesOf } from "@hookdict/contexts";
import type { Tensor } from "@tensorflow/tfjs-core";
import { CAM, type CamOptions, camOf } from "../gradient/cam.ts";
import { mapPlaces } from "../gradient/line.ts";
import { MODE, resizeMaps, type ResizeMode } from "../images/resize.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";

/** Options of {@link GradCam}. */
export interface GradCamOptions extends AttributionOptions, CamOptions {
  /** Make maps `[batch, height, width, 1]` of this size. Default as they are. */
  readonly resize?: { readonly size: readonly [number, number]; readonly mode?: ResizeMode };
}

function isResize(value: unknown): boolean {
  const { size, mode } = (value ?? {}) as { readonly size?: unknown; readonly mode?: unknown }; // anything
  const isSize = Array.isArray(size) && size.length === 2 && size.every((each) => Number.isInteger(each));
  return isSize && size.every((each) => each > 0) && (mode === undefined || MODE.check(mode));
}

const OPTIONS = {
  at: SITES,
  ...CAM,
  sumChannels: option.boolean().default(true),
  resize: option.of<NonNullable<GradCamOptions["resize"]>>("{ size: [height, width] }", isResize),
};

/**
 * Grad-CAM: which places of an inner site speak for the target, `[batch, height, width, 1]`.
 *
 * Use it at the last convolution of a vision model; the map is as coarse as that site. Captum and tdhook leave the ReLU
 * out unless told otherwise: `relu: false` does so here.
 *
 * @see Selvaraju et al., https://arxiv.org/abs/1610.02391
 */
export class GradCam extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;

  constructor(options: GradCamOptions) {
    const read = methodOptions("GradCam", OPTIONS, options);
    super(read);
    this.#options = read.values;
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
