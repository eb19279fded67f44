import { examine } from "./examine.ts";
import { BACKENDS } from "./recipes/backends.ts";

await examine("backends", BACKENDS);
