import { examine } from "./examine.ts";
import { TRACING } from "./recipes/tracing.ts";

await examine("tracing", TRACING);
