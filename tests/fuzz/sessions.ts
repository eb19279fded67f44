import type { Direction } from "@hookdict/core";
import type { Session } from "@hookdict/contexts";
import { add, mul, type Tensor } from "@tensorflow/tfjs-core";
import type { Part } from "./contexts.ts";
import { kindOf, mapFloats } from "./effects.ts";
import { addGroup, type Effect, type ModelledProxy } from "./model.ts";
import type { Random } from "./random.ts";
import type { FuzzSubject } from "./subjects.ts";

export type TensorSession = Session<readonly [Tensor], Tensor>;

/** One more hook of a session; returns what it is, for the log. */
export function addToSession(
  random: Random,
  session: TensorSession,
  part: Part,
  subject: FuzzSubject,
): readonly unknown[] {
  const method = random.pick([
    "get",
    "get",
    "getInput",
    "getGradOutput",
    "set",
    "set",
    "setInput",
    "setGradOutput",
    "save",
    "stop",
  ]);
  const direction = directionOf(method);
  const [pattern, sites] = random.pick(method.startsWith("set") ? subject.floats : subject.patterns);
  const note = (effect: Effect): void => {
    addGroup(part.modelled, sites, { direction, effect, kind: kindOf(effect) });
  };
  switch (method) {
    case "get":
    case "getInput":
    case "getGradOutput": {
      const real = session[method]<unknown>(pattern);
      const modelled: ModelledProxy = { group: undefined, seen: new Map(), all: new Map() };
      part.handles.push(real.handle);
      modelled.group = addGroup(part.modelled, sites, {
        direction,
        effect: { kind: "proxy", proxy: modelled },
        kind: "observe",
      });
      part.modelled.proxies.push(modelled);
      part.proxies.push({ real, modelled });
      break;
    }
    case "save":
      part.handles.push(session.save(pattern));
      note({ kind: "capture" });
      break;
    case "stop":
      part.handles.push(session.stop(pattern));
      note({ kind: "stop" });
      break;
    default: {
      const { value, effect } = randomValue(random, part, subject.isWaiting && direction === "fwd_pre");
      part.handles.push(session[method as "set"](pattern, value));
      note(effect);
      return [method, pattern, effect.kind === "copy" ? "proxy" : effect];
    }
  }
  return [method, pattern];
}

function directionOf(method: string): Direction {
  if (method.endsWith("Input")) return "fwd_pre";
  return method.endsWith("GradOutput") ? "bwd_pre" : "fwd";
}

function randomValue(
  random: Random,
  { proxies }: Part,
  isTuple: boolean,
): { readonly value: Parameters<TensorSession["set"]>[1]; readonly effect: Effect } {
  const proxy = proxies[random.int(proxies.length)];
  if (proxy !== undefined && random.chance(0.6))
    return { value: proxy.real, effect: { kind: "copy", proxy: proxy.modelled } };
  const n = random.int(4) - 1;
  if (!isTuple && random.chance(0.5))
    return { value: n, effect: { kind: "put", value: n, isForeign: false } };
  return {
    value: (value: unknown) => mapFloats(value, (x) => add(mul(x, 2), n)),
    effect: { kind: "affine", by: 2, plus: n },
  };
}
