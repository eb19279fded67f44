import { UNKNOWN, methodOptions } from "../options.ts";
import { option, type ValuesOf } from "@hookdict/contexts";
import { mul, type Tensor } from "@tensorflow/tfjs-core";
import { CAM, type CamOptions, camOf } from "../gradient/cam.ts";
import { MODE, resizeMaps, type ResizeMode } from "../images/resize.ts";
import type { Job } from "../job.ts";
import { type AttributionContext, AttributionMethod, type Computation } from "../method.ts";
import { chooseRules, type UnknownPlaces } from "../relevance/choose-rules.ts";
import { guidedRelus } from "../relevance/composites.ts";
import { hookRules } from "../relevance/hook-rules.ts";

/** Options of {@link GuidedGradCam}. */
export interface GuidedGradCamOptions extends Pick<CamOptions, "channelAxis" | "relu">, UnknownPlaces {
  /** The site of Grad-CAM. */
  readonly site: string;
  /** Default `"bilinear"`. */
  readonly mode?: ResizeMode;
}

const OPTIONS = {
  site: option.string().wants("the site of Grad-CAM").required(),
  mode: MODE,
  ...CAM,
  unknown: UNKNOWN,
};

/**
 * Grad-CAM of a site, made as large as the input, times guided backpropagation.
 *
 * @see Selvaraju et al., https://arxiv.org/abs/1610.02391
 */
export class GuidedGradCam extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;

  constructor(options: GuidedGradCamOptions) {
    const read = methodOptions("GuidedGradCam", OPTIONS, options);
    super(read);
    this.#options = read.values;
  }

  protected override setUp(context: AttributionContext): void {
    context.listenAt(this.#options.site);
    const { unknown } = this.#options;
    hookRules(context, chooseRules(context, { composite: guidedRelus(), unknown }));
  }

  override *compute(job: Job): Computation {
    const { site, mode } = this.#options;
    const pass = { inputs: job.args.tensors, rows: job.batch, score: job.score };
    const { gradients, values } = yield {
      ...pass,
      gradients: [site],
      values: [site],
      later: [{ rows: job.batch, isPerTarget: true }],
    };
    const cam = job.own(
      camOf(values[site] as Tensor, gradients[site] as Tensor, { ...this.#options, sumChannels: true }),
    ); // both were asked for
    const guided = yield { ...pass, gradients: job.places, isOwn: true };
    const attr = Object.fromEntries(
      job.places.map((place) => {
        const gradient = guided.gradients[place] as Tensor; // asked for
        const [, height = 1, width = 1] = gradient.shape;
        return [place, mul(resizeMaps(cam, [height, width], mode), gradient)];
      }),
    );
    return { attr };
  }
}
