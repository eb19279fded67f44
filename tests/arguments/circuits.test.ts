import { examine } from "./examine.ts";
import { CIRCUITS, endShared } from "./recipes/circuits.ts";

await examine("circuits", CIRCUITS, endShared);
