import { examine } from "./examine.ts";
import { VIZ } from "./recipes/viz.ts";

await examine("viz", VIZ);
