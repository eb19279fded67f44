import { HookPoint, Module } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { scalar, type Tensor } from "@tensorflow/tfjs-core";
import { compare } from "../measure.ts";
import { EmptyHooks } from "./forward.ts";

const POINTS = 1000;

/** Nothing but hook points: what is timed is dispatch alone. */
class Points extends Module {
  readonly points: readonly HookPoint[] = Array.from({ length: POINTS }, () => new HookPoint());
  override forward(x: Tensor): Tensor {
    let value = x;
    for (const point of this.points) value = point.call(value);
    return value;
  }
}

/** Cost of passing one site, in microseconds. */
export interface DispatchFigures {
  readonly bareUs: number;
  /** What an empty hook adds. */
  readonly hookUs: number;
  /** What is left on a model whose hooks were removed. */
  readonly disposedUs: number;
  /** What a capture adds, its release at the end of the context or the next call included. */
  readonly captureUs: number;
}

/** Passing 1,000 hook points that do nothing else. */
export async function dispatch(): Promise<DispatchFigures> {
  const model = new Points();
  const once = new Points();
  new EmptyHooks().prepare(once).dispose();
  const x = scalar(1);
  using hooks = new EmptyHooks().prepare(new Points());
  using captures = new ActivationCaching("**").prepare(new Points());
  const { bare, disposed, hooked, captured } = await compare(
    {
      bare: { run: () => void model.call(x) },
      disposed: { run: () => void once.call(x) },
      hooked: { run: () => hooks.call(x).dispose() },
      captured: { run: () => captures.call(x).dispose() },
    },
    { rounds: 200, warmups: 50 },
  );
  x.dispose();
  const perSite = (ms: number): number => (ms * 1000) / POINTS;
  return {
    bareUs: perSite(bare.medianMs),
    disposedUs: perSite(disposed.medianMs - bare.medianMs),
    hookUs: perSite(hooked.medianMs - bare.medianMs),
    captureUs: perSite(captured.medianMs - bare.medianMs),
  };
}
