import { pairsSections } from "../contexts/pairs-doc.ts";
import { directionSections } from "../core/hooks/directions-doc.ts";
import { writeSection } from "./generated.ts";

// `pnpm tables`: writes the tables of docs/ that are the tests' data.
for (const section of [...directionSections(), ...pairsSections()]) writeSection(section);
