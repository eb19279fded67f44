import type { Metric } from "@hookdict/circuits";
import { type PlacedHook, runWithHooks } from "@hookdict/contexts";
import { ActivationCaching } from "@hookdict/latent";
import type { Transformer } from "@hookdict/models";
import type { TensorDict } from "@hookdict/tensordict";
import {
  add,
  matMul,
  mul,
  reshape,
  slice,
  sub,
  type Tensor,
  tensor,
  type Tensor2D,
  tidy,
  where,
} from "@tensorflow/tfjs-core";
import { measure } from "../sweep/naive.ts";

/** What an edge does, by the model's own parts: the metric of the clean run in which one destination reads a changed stream. */
export class EdgeOracle implements Disposable {
  readonly #model: Transformer;
  readonly #clean: Tensor2D;
  readonly #metric: Metric;
  readonly #caches: Readonly<Record<"clean" | "corrupt", TensorDict>>;

  constructor(model: Transformer, clean: Tensor2D, corrupt: Tensor2D, metric: Metric) {
    this.#model = model;
    this.#clean = clean;
    this.#metric = metric;
    const cached = (tokens: Tensor2D): TensorDict => {
      using hooked = new ActivationCaching("blocks.**").prepare(model);
      hooked.call(tokens).dispose();
      return hooked.takeCache();
    };
    this.#caches = { clean: cached(clean), corrupt: cached(corrupt) };
  }

  /** The metric where an edge, by names such as `a0.h1` and `a1.h0<q>`, carries `share` of the difference to the corrupt run. */
  metric(source: string, destination: string, share: number): number {
    const [, layerText = "", head, kind] = /^[am](\d+)(?:\.h(\d+)<([qkv])>)?$/.exec(destination) ?? [];
    const layer = destination === "logits" ? this.#model.blocks.length - 1 : Number(layerText);
    const block = this.#model.blocks[layer];
    if (block === undefined) throw new Error(destination);
    const moved = (x: Tensor): Tensor => add(x, mul(this.#difference(source), share));
    const at = `blocks.${layer}`;
    let hook: PlacedHook;
    if (destination === "logits") hook = [`${at}.hook_resid_post`, (x: Tensor) => tidy(() => moved(x))];
    else if (kind === undefined) {
      const isOwn = block.ln2 !== undefined;
      const read = this.#caches.clean.get(["fwd", `${at}.hook_resid_pre`]);
      hook = [
        isOwn ? `${at}.ln2` : `${at}.mlp`,
        "fwd_pre",
        (x: Tensor) => tidy(() => (isOwn ? moved(x) : (block.ln1?.call(moved(read)) ?? moved(read)))),
      ];
    } else {
      const project = block.attn[kind as "q" | "k" | "v"];
      const read = this.#caches.clean.get(["fwd", `${at}.hook_resid_pre`]);
      hook = [
        `${at}.attn.hook_${kind}`,
        (x: Tensor) =>
          tidy(() => {
            const other = project.call(block.ln1?.call(moved(read)) ?? moved(read));
            const heads = x.shape[2] ?? 1;
            const mask = Uint8Array.from({ length: heads }, (_, i) => (i === Number(head) ? 1 : 0));
            return where(tensor(mask, [1, 1, heads, 1], "bool"), other, x);
          }),
      ];
    }
    return measure(runWithHooks(this.#model, [this.#clean], [hook]), this.#metric);
  }

  /** What a source adds in the corrupt run minus in the clean one. */
  #difference(source: string): Tensor {
    const out = (side: "clean" | "corrupt"): Tensor => {
      const cache = this.#caches[side];
      if (source === "input") return cache.get(["fwd", "blocks.0.hook_resid_pre"]);
      const [, layer = "", head] = /^[am](\d+)(?:\.h(\d+))?$/.exec(source) ?? [];
      if (head === undefined) return cache.get(["fwd", `blocks.${layer}.hook_mlp_out`]);
      const z = cache.get<Tensor>(["fwd", `blocks.${layer}.attn.hook_z`]);
      const [, pos = 1, heads = 1, dHead = 1] = z.shape;
      const weight = this.#model.blocks[Number(layer)]?.attn.o.weight as Tensor2D;
      const own = reshape(slice(z, [0, 0, Number(head), 0], [1, pos, 1, dHead]), [pos, dHead]);
      if (heads * dHead !== weight.shape[0]) throw new Error("heads do not fit");
      const added = matMul(own, slice(weight, [Number(head) * dHead, 0], [dHead, -1]));
      return reshape(added, [1, pos, -1]);
    };
    return sub(out("corrupt"), out("clean"));
  }

  [Symbol.dispose](): void {
    this.#caches.clean.dispose();
    this.#caches.corrupt.dispose();
  }
}
