import { examine } from "./examine.ts";
import { CONTEXTS } from "./recipes/contexts.ts";

await examine("contexts", CONTEXTS);
