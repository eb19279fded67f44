import type { WriteStream } from "node:tty";
import { diverging, isLight } from "./colour.ts";
import { format, type HeatMap } from "./maps.ts";

const WIDTH = 8;

/** A heat map as lines of text, its cells coloured where the terminal can. */
export function drawMap(map: HeatMap, colours: boolean): string {
  const head = map.columns.map((column) => fit(column)).join("");
  const rows = map.values.map((row, layer) => {
    const cells = row.map((value, column) => {
      const text = format(value, 2).padStart(WIDTH - 1);
      return colours ? paint(`${text} `, map.recovered[layer]?.[column] ?? 0) : `${text} `;
    });
    return `${`layer ${layer}`.padEnd(9)}${cells.join("")}`;
  });
  const bold = (text: string): string => (colours ? `\u001b[1m${text}\u001b[0m` : text);
  return [bold(map.title), map.legend, `${"".padEnd(9)}${head}`, ...rows].join("\n");
}

function fit(label: string): string {
  const text = label.length > WIDTH - 1 ? `${label.slice(0, WIDTH - 2)}…` : label;
  return `${text.padStart(WIDTH - 1)} `;
}

function paint(text: string, recovered: number): string {
  const colour = diverging(recovered);
  const ink = isLight(colour) ? "30" : "97";
  return `\u001b[48;2;${colour.join(";")};${ink}m${text}\u001b[0m`;
}

/** A progress bar on one line of a terminal; elsewhere it stays silent. */
export class ProgressBar {
  readonly #stream: WriteStream;
  readonly #label: string;

  constructor(stream: WriteStream, label: string) {
    this.#stream = stream;
    this.#label = label;
  }

  show(done: number, total: number): void {
    if (!this.#stream.isTTY) return;
    const filled = Math.round((done / total) * 30);
    const bar = "█".repeat(filled) + "░".repeat(30 - filled);
    this.#stream.write(`\r${this.#label} ${bar} ${done}/${total}`);
    if (done === total) this.#stream.write("\n");
  }
}

/** Whether to colour: `NO_COLOR` and `FORCE_COLOR` decide before the terminal does. */
export function wantsColours(stream: WriteStream, environment: NodeJS.ProcessEnv): boolean {
  if (environment["NO_COLOR"]) return false;
  if (environment["FORCE_COLOR"] !== undefined) return environment["FORCE_COLOR"] !== "0";
  return stream.isTTY && stream.hasColors(256);
}
