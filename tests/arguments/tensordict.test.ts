import { examine } from "./examine.ts";
import { TENSORDICT } from "./recipes/tensordict.ts";

await examine("tensordict", TENSORDICT);
