import { diverging, isLight } from "./colour.ts";
import type { Findings } from "./experiment.ts";
import { format, heatMaps, type HeatMap } from "./maps.ts";

/** The findings as one HTML page that needs nothing else. */
export function renderPage(findings: Findings): string {
  const { prompts, cleanMetric, corruptMetric } = findings;
  const maps = heatMaps(findings).map(renderMap).join("\n");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Activation patching: ${escape(prompts.answer)} or ${escape(prompts.wrong)}?</title>
<style>${STYLE}</style>
<main>
<h1>Activation patching</h1>
<p>Which parts of the model decide between <b>${escape(prompts.answer)}</b> and <b>${escape(prompts.wrong)}</b>? The logit of
<b>${escape(prompts.answer)}</b> minus the logit of <b>${escape(prompts.wrong)}</b> at the last position tells. In the first two maps each
cell is one run of the corrupt prompt with one part taken from the clean run; the other two estimate the same from one backward pass.</p>
<table class="prompts">
${promptRow("clean", findings.tokens, findings.corruptTokens, cleanMetric)}
${promptRow("corrupt", findings.corruptTokens, findings.tokens, corruptMetric)}
</table>
<p class="scale" aria-hidden="true"><span>away from the clean run</span><i></i><span>as in the clean run</span></p>
${maps}
</main>
<div id="tip" role="status" hidden></div>
<script>${SCRIPT}</script>
</html>
`;
}

function promptRow(
  name: string,
  tokens: readonly string[],
  others: readonly string[],
  metric: number,
): string {
  const words = tokens.map((token, i) =>
    token === others[i] ? `<span>${escape(token)}</span>` : `<mark>${escape(token)}</mark>`,
  );
  return `<tr><th scope="row">${name}</th><td>${words.join(" ")}</td><td class="metric">${metric.toFixed(2)}</td></tr>`;
}

function renderMap(map: HeatMap): string {
  const head = map.columns.map((column) => `<th scope="col"><span>${escape(column)}</span></th>`).join("");
  const rows = map.values.map((row, layer) => {
    const cells = row.map((value, column) => renderCell(map, value, layer, column));
    return `<tr><th scope="row">${layer}</th>${cells.join("")}</tr>`;
  });
  return `<section>
<h2>${escape(map.title)}</h2>
<p>${escape(map.legend)}</p>
<div class="wide"><table class="map${map.columns.every((column) => column.length < 8) ? " short" : ""}">
<thead><tr><th>layer</th>${head}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table></div>
</section>`;
}

function renderCell(map: HeatMap, value: number, layer: number, column: number): string {
  const recovered = map.recovered[layer]?.[column] ?? 0;
  const colour = diverging(recovered);
  const place = `layer ${layer}, ${map.columnAxis === "head" ? "" : `${map.columnAxis} ${column}: `}${map.columns[column] ?? ""}`;
  const told = `${place}: ${format(value, 4)} (${format(recovered * 100, 1)} % of the way to the clean run)`;
  const ink = isLight(colour) ? "#222" : "#fff";
  return `<td tabindex="0" style="background:rgb(${colour.join(",")});color:${ink}" data-tip="${escape(told)}">${format(value, 1)}</td>`;
}

/** Tokens come from a tokenizer file and prompts from the command line: neither is trusted as markup. */
function escape(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "amp",
    "<": "lt",
    ">": "gt",
    '"': "quot",
    "'": "#39",
  };
  return text.replaceAll(/[&<>"']/g, (character) => `&${names[character] ?? ""};`);
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; background: Canvas; color: CanvasText; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { margin: 0 0 .5rem; font-size: 1.9rem; }
h2 { margin: 2.5rem 0 0; font-size: 1.2rem; font-family: ui-monospace, monospace; }
section > p { margin: .2rem 0 .8rem; opacity: .8; }
table { border-collapse: separate; border-spacing: 2px; }
.prompts th, .prompts td { text-align: left; padding: .15rem .6rem .15rem 0; vertical-align: top; }
.prompts mark { padding: 0 .2em; border-radius: .2em; }
.metric { font-variant-numeric: tabular-nums; font-weight: 600; white-space: nowrap; }
.scale { display: flex; align-items: center; gap: .75rem; font-size: .85rem; opacity: .9; }
.scale i { width: 12rem; height: .8rem; border-radius: .4rem; background: linear-gradient(90deg, rgb(178,24,43), rgb(247,247,247), rgb(33,102,172)); }
.wide { overflow-x: auto; padding-bottom: .5rem; }
.map th { font-weight: 500; font-size: .85rem; padding: 0 .4rem; white-space: nowrap; }
.map thead th { vertical-align: bottom; height: 6.5rem; }
.map thead th span { writing-mode: vertical-rl; transform: rotate(180deg); }
.map.short thead th { height: auto; }
.map.short thead th span { writing-mode: initial; transform: none; }
.map thead th:first-child { font-size: .75rem; opacity: .7; }
.map td { min-width: 2.9rem; height: 2rem; text-align: center; font-size: .8rem; font-variant-numeric: tabular-nums; border-radius: 3px; cursor: default; }
.map td:hover, .map td:focus { outline: 2px solid Highlight; outline-offset: -1px; }
#tip { position: fixed; z-index: 1; padding: .35rem .6rem; border-radius: 4px; background: #222; color: #fff; font-size: .85rem; pointer-events: none; max-width: 26rem; }
`;

const SCRIPT = `
const tip = document.getElementById("tip");
const show = (cell) => {
  tip.textContent = cell.dataset.tip;
  tip.hidden = false;
  const box = cell.getBoundingClientRect();
  const left = Math.min(box.left, innerWidth - tip.offsetWidth - 8);
  const above = box.top - tip.offsetHeight - 6;
  tip.style.left = Math.max(8, left) + "px";
  tip.style.top = (above < 0 ? box.bottom + 6 : above) + "px";
};
const cellOf = (event) => event.target.closest && event.target.closest("[data-tip]");
for (const type of ["mouseover", "focusin"]) addEventListener(type, (event) => { const cell = cellOf(event); if (cell) show(cell); });
for (const type of ["mouseout", "focusout", "scroll"]) addEventListener(type, () => { tip.hidden = true; }, true);
`;
