import {
  attributeAll,
  type AttributionMethod,
  InputXGradient,
  IntegratedGradients,
  InternalInfluence,
  Lime,
  Saliency,
} from "@hookdict/attribution";
import { compose } from "@hookdict/contexts";
import { type Hookable, HookPoint, Module } from "@hookdict/core";
import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import { TensorDict } from "@hookdict/tensordict";
import { memory, mul, ones, sum, tensor2d, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { withNet } from "../models.ts";

const test = suite("passes of attribution");

const values = (result: TensorDict): number[] => [...result.get<Tensor>(["attr", "input"]).dataSync()];

test("saliency, input times gradient and a capture share one run", () => {
  withNet((net, x) => {
    using hooked = compose(
      new Saliency({ absolute: false }),
      new InputXGradient(),
      new ActivationCaching("relu"),
    ).prepare(net);
    const results = attributeAll(hooked, [x] as never, { target: 0 });
    assert.equal([net.runs, net.backwards], [1, 1]);
    assert.equal(results.map(values), [
      [-1, 4, 1, 2],
      [-1, 8, 3, -2],
    ]);
    assert.equal(hooked.cache.get<Tensor>(["fwd", "relu"]).shape, [2, 2]);
    for (const result of results) result.dispose();
  });
});

test("n steps of integrated gradients take as many runs as there are pieces", () => {
  withNet((net, x) => {
    using hooked = new IntegratedGradients({ steps: 5 }).prepare(net);
    using whole = hooked.attribute([x], { target: 1 });
    assert.equal([net.runs, net.backwards], [1, 1]);
    using cut = hooked.attribute([x], { target: 1, internalBatchSize: 4 });
    assert.equal([net.runs, net.backwards], [1 + Math.ceil((5 * 2) / 4), 1 + Math.ceil((5 * 2) / 4)]);
    // Pieces only differ in the order of float32 sums.
    for (const [i, each] of values(cut).entries())
      assert.ok(Math.abs(each - (values(whole)[i] ?? NaN)) < 1e-5);
  });
});

test("whatever is composed with it, integrated gradients take as many runs as there are pieces", () => {
  withNet((net, x) => {
    const steps = 5;
    using hooked = compose(
      new ActivationCaching("relu"),
      new IntegratedGradients({ steps }),
      new IntegratedGradients({ steps, multiplyByInputs: false }),
      new InternalInfluence({ at: "relu", steps }),
    ).prepare(net);
    const pieces = Math.ceil((steps * 2) / 3);
    const results = attributeAll(hooked, [x] as never, { target: 1, internalBatchSize: 3 });
    assert.equal([net.runs, net.backwards], [pieces, pieces]);
    for (const result of results) result.dispose();
  });
});

test("passes that look at values alone end where nobody looks any more", () => {
  const net = new HalfNet();
  const x = tensor2d([[1, 2]]);
  const model = net as unknown as Hookable<readonly Tensor[], Tensor>;
  const integrated = new IntegratedGradients({ at: "half", steps: 4 });
  using alone = integrated.prepare(model);
  using wanted = alone.attribute([x]);
  assert.equal([net.runs, net.ends], [3, 1]); // the input, the baseline, the line
  alone.dispose();
  using captured = compose(new ActivationCaching("end"), integrated).prepare(model);
  const [found] = attributeAll(captured, [x] as never);
  assert.equal([net.runs, net.ends], [6, 4]); // whoever captures what comes later has it
  assert.equal(captured.cache.get<Tensor>(["fwd", "end"]).shape, [4]);
  const at = ["attr", "half"];
  assert.equal([...(found as TensorDict).get<Tensor>(at).dataSync()], [...wanted.get<Tensor>(at).dataSync()]);
  found?.dispose();
  x.dispose();
});

/** Counts runs that begin and that end. */
class HalfNet extends Module {
  readonly half: HookPoint = new HookPoint();
  readonly end: HookPoint = new HookPoint();
  runs = 0;
  ends = 0;

  override forward(x: Tensor): Tensor {
    this.runs++;
    return tidy(() => {
      const half = this.half.call(mul(x, x));
      this.ends++;
      return this.end.call(sum(half, 1));
    });
  }
}

test("more steps or perturbations take no more memory than run at once", () => {
  withNet((net, x) => {
    const most = (make: () => AttributionMethod): number => {
      let bytes = 0;
      using hooked = make().prepare(net);
      const onProgress = (): void => {
        bytes = Math.max(bytes, memory().numBytes);
      };
      hooked.attribute([x], { target: 1, internalBatchSize: 4, onProgress }).dispose();
      return bytes;
    };
    // Of each row of a pass one number is kept: its score.
    const integrated = (steps: number): number => most(() => new IntegratedGradients({ steps }));
    assert.is(integrated(40) - integrated(4), (40 - 4) * 2 * 4);
    const lime = (samples: number): number => {
      const coalitions = ones([samples, 2]);
      const bytes = most(() => new Lime({ coalitions })) - memory().numBytes;
      coalitions.dispose();
      return bytes;
    };
    assert.is(lime(40) - lime(4), (40 - 4) * 2 * 4);
  });
});

test("two methods on one line share its runs", () => {
  withNet((net, x) => {
    const options = { steps: 4, rule: "riemann_middle" } as const;
    using hooked = compose(
      new IntegratedGradients(options),
      new IntegratedGradients({ ...options, multiplyByInputs: false }),
    ).prepare(net);
    const results = attributeAll(hooked, [x] as never, { target: 0 });
    assert.is(net.runs, 1);
    for (const result of results) result.dispose();
  });
});

test("the saliency of a patched model is that of the patched values", () => {
  withNet((net, x) => {
    using source = new TensorDict({
      fwd: {
        first: tensor2d([
          [-1, 5],
          [-1, 5],
        ]),
      },
    });
    using hooked = compose(
      new ActivationPatching("first", { source }),
      new Saliency({ at: "relu", absolute: false }),
      new InputXGradient({ at: "relu" }),
    ).prepare(net);
    const [gradient, product] = attributeAll(hooked, [x] as never, { target: 0 });
    assert.equal([...gradient!.get<Tensor>(["attr", "relu"]).dataSync()], [1, 2, 1, 2]);
    assert.equal([...product!.get<Tensor>(["attr", "relu"]).dataSync()], [0, 10, 0, 10]);
    gradient?.dispose();
    product?.dispose();
  });
});

test("progress is reported, and an aborted job leaves nothing", async () => {
  const { TinyNet } = await import("../models.ts");
  const net = new TinyNet();
  const x = tensor2d([[1, 2]]);
  const signal = { aborted: false, reason: "enough" };
  using hooked = new IntegratedGradients({ steps: 6 }).prepare(net);
  const done: number[] = [];
  const totals: number[] = [];
  const error = (await rejected(
    hooked.attributeAsync([x] as never, {
      target: 0,
      internalBatchSize: 2,
      signal,
      onProgress: (progress) => {
        done.push(progress.done);
        totals.push(progress.total);
        signal.aborted = done.length === 2;
      },
    }),
  )) as Error & { code: string };
  assert.equal(done, [1, 2]);
  assert.equal(totals, [3, 3]);
  assert.is(error.code, "ATTRIBUTION_ABORTED");
  assert.is(error.message, "The attribution was aborted after 2 runs of the model.");
  assert.is(error.cause, "enough");
  net.dispose();
  x.dispose();
});

test.run();
