import { examine } from "./examine.ts";
import { endNet, WEIGHTS } from "./recipes/weights.ts";

await examine("weights", WEIGHTS, endNet);
