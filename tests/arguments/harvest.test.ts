import { examine } from "./examine.ts";
import { endHarvest, HARVEST } from "./recipes/harvest.ts";

await examine("harvest", HARVEST, endHarvest);
