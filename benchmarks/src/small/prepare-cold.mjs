// One process, one cold figure: `prepare` and dispose on a model of 10,000 sites, or a plain walk over the same model.
// It runs the built packages, as whoever installs them does. Their code is loaded; none of it has run before.
import { HookPoint, Module } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";

class Attention extends Module {
  hook_q = new HookPoint();
  hook_k = new HookPoint();
  hook_v = new HookPoint();
  forward(x) {
    return this.hook_v.call(this.hook_k.call(this.hook_q.call(x)));
  }
}

class Deep extends Module {
  blocks = Array.from({ length: 2500 }, () => new Attention());
  forward(x) {
    return this.blocks.reduce((value, block) => block.call(value), x);
  }
}

const model = new Deep();
const factory = new ActivationCaching("**.hook_q");

const tasks = {
  prepare: () => factory.prepare(model).dispose(),
  /** The least that any tool does: every object once, every path. */
  plain() {
    const paths = [];
    const seen = new Set([model]);
    const visit = (holder, above) => {
      for (const key of Object.keys(holder)) {
        const value = holder[key];
        if (typeof value !== "object" || value === null || seen.has(value)) continue;
        seen.add(value);
        paths.push(above + key);
        visit(value, `${above}${key}.`);
      }
    };
    visit(model, "");
    return paths;
  },
};

const task = tasks[process.argv[2]];
const timed = () => {
  const start = performance.now();
  task();
  return performance.now() - start;
};
// What building the model left to collect is not what is measured.
globalThis.gc();
const coldMs = timed();
const warmMs = Array.from({ length: 30 }, timed);
console.log(JSON.stringify({ coldMs, warmMs }));
