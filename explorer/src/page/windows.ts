import { showWindows, type ViewElement } from "@hookdict/viz/element";
import type { Sent } from "../messages.ts";
import type { Acts } from "./acts.ts";

interface Shown {
  readonly sent: Sent;
  stop(): void;
}

const SHOWN = new WeakMap<ViewElement, Shown>();

/** Shows what the worker sent in an element, which asks for what the worker has kept. Tells whether there was nothing yet. */
export function show(
  element: ViewElement,
  sent: Sent,
  acts: Acts,
  at: Readonly<Record<string, number>>,
): boolean {
  const old = SHOWN.get(element);
  if (old?.sent === sent) return false;
  old?.stop();
  const { overview, handle } = sent;
  element.description = overview.description;
  if (Object.keys(at).length > 0) element.follow(at);
  const stop =
    handle === undefined
      ? (): void => undefined
      : showWindows(element, {
          overview,
          window: (request) => acts.window(handle, request),
          file: (kind) => acts.file(handle, kind),
        });
  SHOWN.set(element, { sent, stop });
  return old === undefined;
}
