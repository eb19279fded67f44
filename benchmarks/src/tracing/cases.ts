import { HookPoint, Module, MultiHookManager } from "@hookdict/core";
import { openTrace, type Trace } from "@hookdict/tracing";
import { ones, type Tensor } from "@tensorflow/tfjs-core";

/** 32 blocks that compute nothing, so that what is measured is the trace's own. */
class Blocks extends Module {
  readonly h: readonly HookPoint[] = Array.from({ length: 32 }, () => new HookPoint());
  override forward(x: Tensor): Tensor {
    return this.h.reduce((value, point) => point.call(value), x);
  }
}

const model = new Blocks();
const x = ones([1, 8]);

/** How many invokes, reads and saves are measured. */
export const COUNTS: readonly number[] = [0, 1, 2, 4, 8, 16, 32];

function traced(fill: (trace: Trace<[x: Tensor], Tensor, Blocks>) => void): () => void {
  return () => {
    using trace = openTrace(model);
    fill(trace);
    trace.run();
  };
}

function reads(count: number, isSaved: boolean): () => void {
  return traced((trace) => {
    trace.invoke(x, function* (t) {
      const seen: Tensor[] = [];
      for (let i = 0; i < count; i++) {
        const value = yield* t.output(`h.${i}`);
        seen.push(isSaved ? t.save(value) : value);
      }
    });
  });
}

/** The same reads on a trace that stays open: its hooks are registered once. */
function opened(count: number): () => void {
  const trace = openTrace(new Blocks()); // its hooks stand on no other case's model
  return () => {
    trace.invoke(x, function* (t) {
      for (let i = 0; i < count; i++) yield* t.output(`h.${i}`);
    });
    trace.take(trace.run())?.dispose();
  };
}

function hooked(): () => void {
  return () => {
    using manager = new MultiHookManager(model);
    manager.register("h.*", "fwd", { kind: "observe", run: () => undefined });
    model.hookTarget().call([x]).dispose();
  };
}

/** Cases by name; the same names as in ../../python/tracing.py, where they are. */
export const cases: Readonly<Record<string, () => void>> = {
  raw: () => model.hookTarget().call([x]).dispose(),
  hook: hooked(),
  ...Object.fromEntries(
    COUNTS.flatMap((count) => [
      [
        `invokes ${count}`,
        traced((trace) => {
          trace.invoke(x, function* () {});
          for (let i = 0; i < count; i++) trace.invoke(function* () {});
        }),
      ],
      [`reads ${count}`, reads(count, false)],
      [`saves ${count}`, reads(count, true)],
      [`open ${count}`, opened(count)],
    ]),
  ),
};
