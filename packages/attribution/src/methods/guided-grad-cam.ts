import { mul, type Tensor } from "@tensorflow/tfjs-core";
import { type CamOptions, camOf } from "../gradient/cam.ts";
import { resizeMaps, type ResizeMode } from "../images/resize.ts";
import type { Job } from "../job.ts";
import {
  type AttributionContext,
  AttributionMethod,
  type AttributionOptions,
  type Computation,
} from "../method.ts";
import { chooseRules, type UnknownPlaces } from "../relevance/choose-rules.ts";
import { guidedRelus } from "../relevance/composites.ts";
import { hookRules } from "../relevance/hook-rules.ts";
import { needSites, refuseSites } from "../sites.ts";

/** Options of {@link GuidedGradCam}. */
export interface GuidedGradCamOptions extends Pick<CamOptions, "channelAxis" | "relu">, UnknownPlaces {
  /** The site of Grad-CAM. */
  readonly site: string;
  /** Default `"bilinear"`. */
  readonly mode?: ResizeMode;
}

/**
 * Grad-CAM of a site, made as large as the input, times guided backpropagation.
 *
 * @see Selvaraju et al., https://arxiv.org/abs/1610.02391
 */
export class GuidedGradCam extends AttributionMethod {
  override readonly name = "GuidedGradCam";
  readonly #options: GuidedGradCamOptions;

  constructor(options: GuidedGradCamOptions) {
    super(options as AttributionOptions); // `at` is not among them
    refuseSites(this.name, options as object);
    needSites(this.name, options.site);
    this.#options = options;
  }

  protected override setUp(context: AttributionContext): void {
    context.listenAt(this.#options.site);
    const { unknown = "error" } = this.#options;
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
    const cam = job.own(camOf(values[site] as Tensor, gradients[site] as Tensor, this.#options)); // both were asked for
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
