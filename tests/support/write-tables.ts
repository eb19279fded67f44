import { pairsSection } from "../contexts/pairs-doc.ts";
import { directionsSection } from "../core/hooks/directions-doc.ts";
import { writeSection } from "./generated.ts";

// `pnpm tables`: writes the tables of docs/ that are the tests' data.
for (const section of [directionsSection(), pairsSection()]) writeSection(section);
