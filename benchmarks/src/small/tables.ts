import type { Figures } from "../cases/case.ts";
import { ratio, table, time } from "../text.ts";
import type { DispatchFigures } from "./dispatch.ts";
import type { ForwardFigures } from "./forward.ts";
import type { LayerDispatchFigures } from "./layer-dispatch.ts";
import type { PrepareFigures } from "./prepare.ts";
import type { TensorDictFigure } from "./tensordict.ts";

/** What `small` and `tiny` measure. */
export interface SmallFigures {
  readonly dispatch: DispatchFigures;
  /** Absent in older results. */
  readonly layerDispatch: LayerDispatchFigures;
  readonly prepare: PrepareFigures;
  readonly forward: readonly ForwardFigures[];
  readonly tensorDict: readonly TensorDictFigure[];
}

type Measured = readonly Figures<SmallFigures>[];

export function smallTables(measured: Measured): readonly string[] {
  return [
    ...(measured.some(({ forward }) => forward) ? [forwardTable(measured), costTable(measured)] : []),
    ...(measured.some(({ layerDispatch }) => layerDispatch) ? [layerTable(measured)] : []),
    ...measured.flatMap(({ backend, tensorDict }) => (tensorDict ? [dictTable(backend, tensorDict)] : [])),
  ];
}

/** Ratios against the bare forward pass of the same run. */
function forwardTable(measured: Measured): string {
  return table(
    ["backend", "model", "bare forward pass", "empty hook at every site", "every site captured"],
    measured.flatMap(({ backend, forward = [] }) =>
      forward.map(({ model, tokens, bare, hooked, captured }) => [
        backend,
        `${model}, ${tokens} tokens`,
        time(bare),
        ratio(hooked, bare),
        ratio(captured, bare),
      ]),
    ),
  );
}

const us = (value: number): string => `${value.toFixed(2)} µs`;
const ms = (value: number): string => `${value.toFixed(1)} ms`;

function costTable(measured: Measured): string {
  return table(
    [
      "backend",
      "empty hook, each",
      "capture, each",
      "after disposal, each",
      "prepare and dispose, 10,000 sites, cold",
      "the same, warm",
    ],
    measured.flatMap(({ backend, dispatch, prepare }) =>
      dispatch && prepare
        ? [
            [
              backend,
              ...[dispatch.hookUs, dispatch.captureUs, dispatch.disposedUs].map(us),
              ...[prepare.coldMs, prepare.warm.medianMs].map(ms),
            ],
          ]
        : [],
    ),
  );
}

/** What results have since these figures are taken. */
function layerTable(measured: Measured): string {
  return table(
    [
      "backend",
      "a layer that does nothing",
      "empty hook on it",
      "capture of it",
      "plain walk of the 10,000 sites, cold",
    ],
    measured.flatMap(({ backend, layerDispatch: layer, prepare }) =>
      layer === undefined || prepare?.plainColdMs === undefined
        ? []
        : [[backend, us(layer.bareUs), us(layer.hookUs), us(layer.captureUs), ms(prepare.plainColdMs)]],
    ),
  );
}

function dictTable(backend: string, figures: readonly TensorDictFigure[]): string {
  return table(
    [
      `TensorDict operation on ${backend}`,
      "CPython, published",
      "here",
      "plain objects",
      "Maps",
      "more than objects",
    ],
    figures.map(({ operation, publishedUs, tensorDictUs, objectUs, mapUs }) => [
      operation,
      ...[publishedUs, tensorDictUs, objectUs, mapUs, tensorDictUs - objectUs].map(
        (each) => `${each.toFixed(Math.abs(each) < 10 ? 2 : 0)} µs`,
      ),
    ]),
  );
}
