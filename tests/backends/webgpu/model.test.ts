import { ActivationCaching } from "@hookdict/latent";
import { GPT2 } from "@hookdict/models";
import { mean, tensor2d } from "@tensorflow/tfjs-core";
import { suite } from "../../gate/suite.ts";
import { assertSameAsCpu } from "../../support/same-as-cpu.ts";

const test = suite("GPT-2 on webgpu, against cpu");

const shape = { nLayers: 2, nHeads: 2, dModel: 16, dVocab: 20, nPositions: 8 };
const model = (): GPT2 => GPT2.fromConfig(shape, { seed: 3 });

test("logits", () =>
  assertSameAsCpu(() => {
    using gpt2 = model();
    const tokens = tensor2d([[1, 5, 3, 5]], [1, 4], "int32");
    const logits = gpt2.call(tokens);
    tokens.dispose();
    return logits;
  }));

test("gradients at every residual stream", () =>
  assertSameAsCpu(() => {
    using gpt2 = model();
    using hooked = new ActivationCaching("blocks.*.hook_resid_pre", { directions: ["bwd"] }).prepare(gpt2);
    const tokens = tensor2d([[1, 5, 3, 5]], [1, 4], "int32");
    hooked.backward(() => mean(hooked.call(tokens)));
    tokens.dispose();
    const cache = hooked.takeCache();
    const gradients = [0, 1].map((layer) => cache.release(["bwd", `blocks.${layer}.hook_resid_pre`]));
    cache.dispose();
    return gradients;
  }));

test.run();
