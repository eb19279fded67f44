import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "../command.ts";

/** A view as a stranger writes it, in a package of one's own, with a block that nobody else has. */
const VIEW = `import { describe, make, plainAxis, sequential } from "@hookdict/viz";

export function entropies({ layers, bits }) {
  const scale = sequential(bits, "entropy", { unit: "bits" });
  const bars = { block: "bars", id: "entropy", axis: "layer", scale: "entropy", values: bits };
  const axes = [plainAxis("layer", layers, { at: layers })];
  return describe({ view: "entropies", title: "Entropy", axes, scales: { entropy: scale }, blocks: [bars, { block: "dot", id: "dot" }] });
}

export const dot = {
  block: "dot",
  svg: (d, block, { theme }) => ({ node: make("circle", { cx: 5, cy: 5, r: 3, fill: theme.ink }), width: 10, height: 10 }),
  text: () => "•",
};
`;

const USE = `import { Picture, toSVG } from "@hookdict/viz";
import { viewConformance } from "@hookdict/viz/testing";
import { dot, entropies } from "./entropies.js";

const data = { layers: [0, 1], bits: [1.5, 0.25] };
const blocks = [dot];
const tried = viewConformance(entropies, [{ layers: [], bits: [] }, data, { layers: [7], bits: [NaN] }], { blocks });
const picture = new Picture(entropies(data), { blocks });
const html = await picture.toHTML();
const broken = (() => {
  try {
    viewConformance(({ bits }) => ((bits[0] = 9), entropies(data)), [{ bits: [1] }], { blocks });
  } catch (error) {
    return error.code;
  }
})();
console.log([tried, picture.toText({ columns: 40, colour: 0 }).includes("•"), toSVG(picture.description, { blocks }).includes("<circle"), html.includes("data:image/svg"), broken].join());
`;

/** Writes a view outside, on the packages that are installed there, and has it checked by `viewConformance`. */
export async function checkForeignView(consumer: string): Promise<void> {
  writeFileSync(join(consumer, "entropies.js"), VIEW);
  writeFileSync(join(consumer, "use-view.js"), USE);
  const told = await mustRun("node", ["use-view.js"], { cwd: consumer });
  if (told.trim() !== "3,true,true,true,VIEW_CONFORMANCE") throw new Error(`a view from outside: ${told}`);
}
