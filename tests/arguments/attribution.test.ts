import { examine } from "./examine.ts";
import { ATTRIBUTION } from "./recipes/attribution.ts";

await examine("attribution", ATTRIBUTION);
