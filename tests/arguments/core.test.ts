import { examine } from "./examine.ts";
import { CORE } from "./recipes/core.ts";

await examine("core", CORE);
