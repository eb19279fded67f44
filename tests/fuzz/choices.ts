import type { Direction, HookOrder } from "@hookdict/core";
import type { CaptureSpec, Intervention } from "@hookdict/contexts";
import type { Script, ScriptedHook, SpecScript } from "./contexts.ts";
import type { Passes, Effect, Placed } from "./model.ts";
import type { Random } from "./random.ts";
import type { FuzzSubject } from "./subjects.ts";

const DIRECTIONS = ["fwd", "fwd", "fwd", "fwd_pre", "fwd_pre", "bwd", "bwd_pre"] as const;
const ORDERS = ["pre", "normal", "normal", "post"] as const satisfies HookOrder[];

export function randomScript(random: Random, subject: FuzzSubject): Script {
  const hooks = Array.from({ length: 1 + random.int(3) }, () => randomHook(random, subject));
  const fails = random.chance(0.05) ? "setUp" : random.chance(0.04) ? "cleanup" : undefined;
  const stopsEarly = random.chance(0.08);
  const passes = random.pick<Passes>(["all", "all", "all", "first", "last"]);
  return { hooks, fails, stopsEarly, passes, clears: !random.chance(0.15) };
}

export function randomHook(random: Random, subject: FuzzSubject): ScriptedHook {
  const { pattern, sites, direction } = randomPlace(random, subject);
  const effect = randomEffect(random, subject, direction);
  return { pattern, sites, direction, effect, order: random.pick(ORDERS) };
}

/** A hook that needs no context. */
export function randomPermanent(random: Random, subject: FuzzSubject): ScriptedHook {
  const place = randomPlace(random, subject);
  const effect: Effect = random.chance(0.9)
    ? randomChange(random)
    : { kind: random.pick(["throw", "misfit", "promise", "dead"]) };
  return { ...place, effect, order: random.pick(ORDERS) };
}

function randomPlace(random: Random, { patterns }: FuzzSubject): Omit<Placed, "effect"> {
  const direction: Direction = random.pick(DIRECTIONS);
  const [pattern, sites] = random.pick(patterns);
  return { pattern, sites, direction };
}

function randomChange(random: Random): Effect {
  if (random.chance(0.75)) return { kind: "affine", by: 1 + random.int(3), plus: random.int(3) };
  return { kind: "put", value: random.int(5) - 2, isForeign: random.chance(0.5) };
}

function randomEffect(random: Random, subject: FuzzSubject, direction: Direction): Effect {
  const roll = random.int(100);
  if (roll < 38) return randomChange(random);
  if (roll < 78) return { kind: "capture" };
  if (roll < 83) return { kind: "end" };
  if (roll < 87) return { kind: "remove" };
  if (roll < 91) {
    const effect: Effect = random.chance(0.5) ? { kind: "capture" } : randomChange(random);
    return { kind: "add", added: { ...randomPlace(random, subject), effect } };
  }
  if (roll < 94) return { kind: "reenter" };
  if (roll < 96 && direction.startsWith("fwd")) return { kind: "stop" };
  return { kind: random.pick(["throw", "misfit", "promise", "dead"]) };
}

/** Captures and interventions as data: captures come first, those of one direction together. */
export function randomSpec(random: Random, subject: FuzzSubject): SpecScript {
  const captures = Array.from({ length: random.int(3) }, () => randomCapture(random, subject));
  const changes = Array.from({ length: 1 + random.int(2) }, () => randomIntervention(random, subject));
  const directions = [...new Set(captures.map(({ direction }) => direction))];
  const captured = directions.map((direction): Placed => {
    const sites = captures
      .filter((capture) => capture.direction === direction)
      .flatMap((capture) => capture.sites);
    return { pattern: "", sites: [...new Set(sites)], direction, effect: { kind: "capture" } };
  });
  return {
    spec: {
      captures: captures.map(({ pattern: at, direction }): CaptureSpec => ({ at, direction })),
      interventions: changes.map(({ intervention }) => intervention),
    },
    hooks: [...captured, ...changes.map(({ placed }) => placed)],
  };
}

function randomCapture(random: Random, subject: FuzzSubject): Omit<Placed, "effect"> {
  return randomPlace(random, subject);
}

function randomIntervention(
  random: Random,
  { floats }: FuzzSubject,
): { readonly intervention: Intervention; readonly placed: Placed } {
  const direction = random.pick<Direction>(["fwd", "fwd", "bwd_pre"]);
  const [at, sites] = random.pick(floats);
  const factor = 1 + random.int(3);
  const where = { at, direction };
  const [intervention, by, plus] = random.pick<readonly [Intervention, number, number]>([
    [{ kind: "scale", ...where, factor }, factor, 0],
    [{ kind: "zero", ...where }, 0, 0],
    [{ kind: "add", ...where, value: { shape: [], values: [factor] } }, 1, factor],
  ]);
  return { intervention, placed: { pattern: at, sites, direction, effect: { kind: "affine", by, plus } } };
}
