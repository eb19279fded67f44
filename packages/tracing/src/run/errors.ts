import { type Site } from "@hookdict/core";
import {
  shown,
  describeValue,
  LifetimeError,
  MatchError,
  nearestNames,
  ShapeError,
  UsageError,
} from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Moment, Phase } from "./site-state.ts";

/** A body and what it asked for, for messages. */
export interface Asked extends Moment {
  readonly body: string;
  readonly site: string;
  readonly phase: Phase;
}

const VALUES: Readonly<Record<Phase, string>> = {
  input: "the input of",
  output: "the output of",
  gradOutput: "the output gradient of",
  gradInput: "the input gradient of",
};

/** "the output of l1 (step 0, call 0)" */
function placeOf({ site, phase, step, call }: Omit<Asked, "body">): string {
  return `${VALUES[phase]} ${site} (step ${step}, call ${call})`;
}

export function outOfOrder(asked: Asked, now: string | undefined, order: readonly string[]): UsageError {
  const at = now === undefined ? "" : ` The run is at ${now}.`;
  const known = order.length > 0 ? ` The model's order is ${order.join(", ")}.` : "";
  const reverse =
    asked.phase === "gradOutput" || asked.phase === "gradInput" ? ", which for gradients is the reverse" : "";
  return new UsageError({
    code: "TRACE_OUT_OF_ORDER",
    what: `${asked.body} asked for ${placeOf(asked)}, which has passed.${at}${known}`,
    hint: `A body asks in the model's order${reverse}: move this line up, or ask in an invoke of its own.`,
    fields: { ...asked, now, order },
  });
}

export function neverReached(
  asked: Asked,
  reached: { readonly steps: number; readonly calls: number | undefined; readonly near: readonly string[] },
): MatchError {
  const { steps, calls, near } = reached;
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
  const why =
    asked.step >= steps
      ? `the run had ${count(steps, "step")}`
      : calls === undefined || calls === 0
        ? "the site did not run"
        : `the site ran ${count(calls, "time")} in that step`;
  const names = near.length > 0 ? ` Near it ran ${near.join(", ")}.` : "";
  return new MatchError({
    code: "TRACE_NEVER_REACHED",
    what: `${asked.body} waited for ${placeOf(asked)}, which never came: ${why}.${names}`,
    hint: "Ask for what runs; a loop over all steps, for (let s = yield* t.step(0); s !== null; s = yield* t.step(s + 1)), ends by itself.",
    fields: { ...asked, steps, calls, near },
  });
}

export function insideSkipped(asked: Asked, skipped: string): UsageError {
  return new UsageError({
    code: "TRACE_INSIDE_SKIPPED",
    what: `${asked.body} asked for ${placeOf(asked)}, but that is inside ${skipped}, which is skipped.`,
    hint: "Ask for it in a body that does not skip, or do not skip what contains it.",
    fields: { ...asked, skipped },
  });
}

export function barrierIncomplete(body: string, arrived: number, count: number | undefined): UsageError {
  return new UsageError({
    code: "TRACE_BARRIER_INCOMPLETE",
    what: `${body} waited at a barrier for ${count} bodies, of which ${arrived} came.`,
    hint: "Give the barrier as many as call arrive, or pass the value on through a cell, which needs no count.",
    fields: { body, arrived, count },
  });
}

export function cellNeverFilled(body: string, cell: string): UsageError {
  return new UsageError({
    code: "TRACE_CELL_NEVER_FILLED",
    what: `${body} waited for the cell ${JSON.stringify(cell)}, into which no body put anything.`,
    hint: "Call put in another body of the same run.",
    fields: { body, cell },
  });
}

export function cellFilled(cell: string): UsageError {
  return new UsageError({
    code: "TRACE_CELL_FILLED",
    what: `put was called on the cell ${JSON.stringify(cell)}, which is filled.`,
    hint: "A cell holds one value in each run: use one for each value, or clear() it first.",
    fields: { cell },
  });
}

export function cellEmptyAsked(cell: string): LifetimeError {
  return new LifetimeError({
    code: "TRACE_CELL_EMPTY",
    what: `The value of the cell ${JSON.stringify(cell)} was read, but there is none.`,
    hint: "In a body, wait for it: yield* cell.take(). Cells are empty again after each run.",
    fields: { cell },
  });
}

export function valueMissing(asked: Asked): UsageError {
  return new UsageError({
    code: "TRACE_SET_UNDEFINED",
    what: `${asked.body} set ${placeOf(asked)} to undefined.`,
    hint: "What it was to be has not been read yet: take it from a cell, whose take() waits until it is there.",
    fields: { ...asked },
  });
}

export function valueUnlike(asked: Asked, expected: string, got: string): ShapeError {
  return new ShapeError({
    code: "TRACE_SET_SHAPE",
    what: `${asked.body} set ${placeOf(asked)} to ${got} in place of ${expected}.`,
    hint: "Give the same structure, shapes and dtypes, for the rows of the body's own invoke.",
    fields: { ...asked, expected, got },
  });
}

export function valueDisposed(asked: Asked): LifetimeError {
  return new LifetimeError({
    code: "TRACE_SET_DISPOSED",
    what: `${asked.body} set ${placeOf(asked)} to a tensor that is disposed.`,
    hint: "Dispose a tensor after the run, or keep a clone; a body's own are freed by the trace.",
    fields: { ...asked },
  });
}

export function skipRows(asked: Asked, expected: number, got: string): ShapeError {
  return new ShapeError({
    code: "TRACE_SKIP_ROWS",
    what: `${asked.body} skipped ${asked.site} (step ${asked.step}, call ${asked.call}) with ${got}, but its invoke has ${expected} rows.`,
    hint: "Give the output of the body's own rows.",
    fields: { ...asked, expected, got },
  });
}

export function siteUnknown(body: string, path: unknown, known: readonly Site[]): MatchError {
  const asked = typeof path === "string" ? JSON.stringify(path) : describeValue(path);
  const near =
    typeof path === "string"
      ? nearestNames(
          path,
          known.map((site) => site.path),
        )
      : [];
  return new MatchError({
    code: "TRACE_SITE",
    what: `${body} asked for the site ${asked}, of which the model has none.`,
    hint:
      near.length > 0 ? `Its nearest are ${near.join(", ")}.` : "Ask for a path of one of the model's sites.",
    fields: { body, path, near },
  });
}

export function momentInvalid(body: string, what: string, value: unknown): UsageError {
  return new UsageError({
    code: "TRACE_MOMENT",
    what: `${body} asked for ${what} ${shown(value)}.`,
    hint: "Steps and calls are whole numbers, counted from 0.",
    fields: { body, what, value },
  });
}

export function stepsUnreached(body: string, asked: number, reached: number): UsageError {
  return new UsageError({
    code: "TRACE_STEPS_UNREACHED",
    what: `${body} asked for steps up to ${asked}, but the run had ${reached}.`,
    hint: "Leave out the end of the range to go on as long as the run does.",
    fields: { body, asked, reached },
  });
}

export function bodyInvalid(body: string, got: unknown): UsageError {
  const isAsync = typeof got === "object" && got !== null && (Symbol.asyncIterator in got || "then" in got);
  return new UsageError({
    code: "TRACE_BODY",
    what: `${body} is ${isAsync ? "asynchronous" : "no generator function"}.`,
    hint: "Write it as function* (t) { ... }; it runs inside the forward pass, which cannot wait.",
    fields: { body },
  });
}

export function yieldInvalid(body: string, got: unknown): UsageError {
  const isGenerator = typeof got === "object" && got !== null && Symbol.iterator in got;
  return new UsageError({
    code: "TRACE_YIELD",
    what: `${body} yielded ${isGenerator ? "a wait instead of delegating to it" : describeValue(got)}.`,
    hint: "Write yield* with the star: const x = yield* t.output(path).",
    fields: { body },
  });
}

export function prepareInside(owner: string, body: string): UsageError {
  return new UsageError({
    code: "TRACE_PREPARE_INSIDE",
    what: `${owner} was prepared on the traced model inside ${body}.`,
    hint: "The run is under way, and hooks take part from the next one on: prepare it before trace.run(), around or inside the trace.",
    fields: { owner, body },
  });
}

export function livelock(body: string, site: string, times: number): UsageError {
  return new UsageError({
    code: "TRACE_LIVELOCK",
    what: `${body} has asked ${times} times during one visit of ${site}.`,
    hint: "A loop in the body never leaves this visit: let it wait for something that comes later.",
    fields: { body, site, times },
  });
}

export function resultInEdit(body: string): UsageError {
  return new UsageError({
    code: "TRACE_EDIT_RESULT",
    what: `${body} asked for something that an edit does not have: the result, a step or a gradient.`,
    hint: "An edit changes sites in every run; ask in an invoke of a trace.",
    fields: { body },
  });
}

export function headsUneven(heads: number, value: Tensor): ShapeError {
  return new ShapeError({
    code: "TRACE_HEADS",
    what: `A value of ${describeValue(value)} cannot be seen as ${heads} heads.`,
    hint: "Its last axis must hold as many entries for each head.",
    fields: { heads, value: describeValue(value) },
  });
}

export function stepsOutside(body: string): UsageError {
  return new UsageError({
    code: "TRACE_STEPS_RANGE",
    what: `${body} was given a range of steps that ends before it begins.`,
    hint: "Give { start, end } with start below end; end itself is left out.",
    fields: { body },
  });
}
