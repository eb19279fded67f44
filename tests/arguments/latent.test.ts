import { examine } from "./examine.ts";
import { LATENT } from "./recipes/latent.ts";

await examine("latent", LATENT);
