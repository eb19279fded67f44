import { isTensor, mapTensors } from "@hookdict/tensordict";
import { mul, relu, type Tensor } from "@tensorflow/tfjs-core";
import { optionWrong } from "../errors.ts";
import type { Job } from "../job.ts";
import {
  type AttributionContext,
  AttributionMethod,
  type AttributionOptions,
  type Computation,
} from "../method.ts";
import { describePart, innermost, needDeclared } from "../parts/describe.ts";
import { camOf, type GradCamOptions, resizeMaps, type ResizeMode } from "./grad-cam.ts";
import { needSites, refuseSites } from "./layer.ts";

/** Options of {@link GuidedBackprop}. */
export interface GuidedBackpropOptions extends AttributionOptions {
  /** `"relu"`: gradients of ReLUs are clipped, as published. `"all"`: those of every module, as tdhook does. Default `"relu"`. */
  readonly modules?: "relu" | "all";
}

/** Hooks the backward pass of sites, for passes of the method alone. */
function hookBackward(
  context: AttributionContext,
  modules: "relu" | "all",
  change: (gradient: unknown, gradOutput: unknown) => unknown,
): void {
  const { target } = context;
  needDeclared(context.name, target);
  const sites = innermost(target).filter((site) => {
    const part = describePart(target, site);
    return modules === "all" ? part !== undefined : part?.kind === "relu";
  });
  context.hook({ sites }, "bwd", {
    unfired: "ignore",
    run: (gradient: unknown, { gradOutput }) =>
      context.listening?.pass.isOwn === true ? change(gradient, gradOutput) : undefined,
  });
}

/** One pass of a method's own. */
function* ownGradients(job: Job): Computation {
  const { gradients } = yield {
    inputs: job.args.tensors,
    rows: job.batch,
    score: job.score,
    gradients: job.places,
    isOwn: true,
  };
  return { attr: gradients };
}

/**
 * Guided backpropagation: the gradient, where ReLUs pass back only what is positive, and only where they were active.
 *
 * It makes sharp pictures that hardly depend on the target or on the later layers (Adebayo et al., arXiv 1810.03292): use
 * it for looking, not for explaining.
 *
 * @see Springenberg et al., https://arxiv.org/abs/1412.6806
 */
export class GuidedBackprop extends AttributionMethod {
  override readonly name = "GuidedBackprop";
  readonly #modules: "relu" | "all";

  constructor(options: GuidedBackpropOptions = {}) {
    super(options);
    const { modules = "relu" } = options;
    if (modules !== "relu" && modules !== "all")
      throw optionWrong(this.name, "modules", modules, '"relu" or "all"');
    this.#modules = modules;
  }

  protected override setUp(context: AttributionContext): void {
    super.setUp(context);
    hookBackward(context, this.#modules, (gradient) => mapTensors(gradient, (each) => relu(each)));
  }

  override compute(job: Job): Computation {
    return ownGradients(job);
  }
}

/**
 * The deconvolution of a network: the gradient, where ReLUs pass back what is positive, whether they were active or not.
 *
 * @see Zeiler and Fergus, https://arxiv.org/abs/1311.2901
 */
export class Deconvolution extends AttributionMethod {
  override readonly name = "Deconvolution";

  constructor(options: AttributionOptions = {}) {
    super(options);
  }

  protected override setUp(context: AttributionContext): void {
    super.setUp(context);
    hookBackward(context, "relu", (_gradient, gradOutput) =>
      isTensor(gradOutput) ? relu(gradOutput) : undefined,
    );
  }

  override compute(job: Job): Computation {
    return ownGradients(job);
  }
}

/** Options of {@link GuidedGradCam}. */
export interface GuidedGradCamOptions extends Pick<GradCamOptions, "channelAxis"> {
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
    super({ ...options } as object); // `at` is not among them
    refuseSites(this.name, options as object);
    needSites(this.name, options.site);
    this.#options = options;
  }

  protected override setUp(context: AttributionContext): void {
    context.listenAt(this.#options.site);
    hookBackward(context, "relu", (gradient) => mapTensors(gradient, (each) => relu(each)));
  }

  override *compute(job: Job): Computation {
    const { site, mode } = this.#options;
    const pass = { inputs: job.args.tensors, rows: job.batch, score: job.score };
    const { gradients, values } = yield { ...pass, gradients: [site], values: [site] };
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
