/** Prints the files that one capture at one hook point passes, with their functions: what V8 says has run. */
import { loadBackend } from "@hookdict/backends";
import { HookPoint, Module } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { mul, scalar, type Tensor } from "@tensorflow/tfjs-core";
import { type Profiler, Session } from "node:inspector";

class Doubled extends Module {
  readonly hook_out = new HookPoint();
  override forward(x: Tensor): Tensor {
    return this.hook_out.call(mul(x, 2));
  }
}

await loadBackend({ backend: "cpu" });
using hooked = new ActivationCaching("hook_out").prepare(new Doubled());
const x = scalar(1);
hooked.call(x).dispose(); // what the first call alone does is not its way

const session = new Session();
session.connect();
session.post("Profiler.enable");
session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
hooked.call(x).dispose();
let scripts: readonly Profiler.ScriptCoverage[] = [];
session.post("Profiler.takePreciseCoverage", (error, { result }) => {
  if (error !== null) throw error;
  scripts = result;
});
session.disconnect();
x.dispose();

for (const { url, functions } of scripts) {
  const file = /\/packages\/(.*)$/.exec(url)?.[1];
  const ran = functions.filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0).map((each) => each.functionName);
  if (file !== undefined && ran.length > 0) console.log(`${file}  ${ran.filter(Boolean).join(" ")}`);
}
