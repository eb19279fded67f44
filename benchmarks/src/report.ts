import type { DispatchFigures } from "./cases/dispatch.ts";
import type { ForwardFigures } from "./cases/forward.ts";
import type { PrepareFigures } from "./cases/prepare.ts";
import type { Timing } from "./measure.ts";

/** All figures of one backend. */
export interface BackendFigures {
  readonly backend: string;
  readonly dispatch: DispatchFigures;
  readonly prepare: PrepareFigures;
  readonly forward: readonly ForwardFigures[];
}

/** One run of the benchmark. */
export interface Results {
  readonly date: string;
  readonly node: string;
  readonly cores: number;
  readonly backends: readonly BackendFigures[];
}

/** Figures as a Markdown table: ratios against the bare forward pass of the same run. */
export function renderTable(results: Results): string {
  const rows = results.backends.flatMap(({ backend, forward }) =>
    forward.map((figures) =>
      [
        backend,
        `${figures.model}, ${figures.tokens} tokens`,
        time(figures.bare),
        ratio(figures.hooked, figures.bare),
        ratio(figures.captured, figures.bare),
      ].join(" | "),
    ),
  );
  const costs = results.backends.map(({ backend, dispatch, prepare }) =>
    [
      backend,
      `${dispatch.hookUs.toFixed(2)} µs`,
      `${dispatch.captureUs.toFixed(2)} µs`,
      `${dispatch.disposedUs.toFixed(2)} µs`,
      `${prepare.coldMs.toFixed(1)} ms`,
      `${prepare.warm.medianMs.toFixed(1)} ms`,
    ].join(" | "),
  );
  return [
    "| backend | model | bare forward pass | empty hook at every site | every site captured |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
    "",
    "| backend | empty hook, each | capture, each | after disposal, each | prepare and dispose, 10,000 sites, cold | the same, warm |",
    "| --- | --- | --- | --- | --- | --- |",
    ...costs.map((row) => `| ${row} |`),
  ].join("\n");
}

function time({ medianMs, lowMs, highMs }: Timing): string {
  const digits = medianMs < 10 ? 2 : 0;
  return `${medianMs.toFixed(digits)} ms (${lowMs.toFixed(digits)} to ${highMs.toFixed(digits)})`;
}

function ratio(some: Timing, bare: Timing): string {
  return `${(some.medianMs / bare.medianMs).toFixed(3)} ×`;
}
