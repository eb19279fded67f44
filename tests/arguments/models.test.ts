import { examine } from "./examine.ts";
import { MODEL, MODELS } from "./recipes/models.ts";

await examine("models", MODELS, () => MODEL.dispose());
