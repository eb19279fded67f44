import { examine } from "./examine.ts";
import { WEIGHTS } from "./recipes/weights.ts";

await examine("weights", WEIGHTS);
