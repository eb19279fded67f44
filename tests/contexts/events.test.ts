import type { Direction, HookEvents } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { scalar } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { Repeat } from "../support/models.ts";

const test = suite("events");

const NAMES = [
  "hook:registered",
  "hook:removed",
  "run:started",
  "run:finished",
  "site:ran",
  "captured",
  "unfired",
  "unmatched",
] as const;

/** Writes down every event with what it carries; sites by their path. */
function record(heard: (readonly unknown[])[]): (events: HookEvents) => void {
  return (events) => {
    for (const name of NAMES) {
      events.on(name, (event: object) => {
        heard.push([
          name,
          "site" in event ? { ...event, site: (event.site as { path: string }).path } : event,
        ]);
      });
    }
  };
}

test("a run's events carry context, site, pass and key", () => {
  const heard: (readonly unknown[])[] = [];
  const x = scalar(1);
  {
    using hooked = new ActivationCaching("double").prepare(new Repeat(2), { listen: record(heard) });
    hooked.call(x).dispose();
  }
  const context = "ActivationCaching";
  const hook = { site: "double", direction: "fwd", context };
  assert.equal(heard, [
    ["hook:registered", hook],
    ["run:started", { context }],
    ["site:ran", { site: "double", pass: 0 }],
    ["captured", { site: "double", key: ["fwd", "double"] }],
    ["site:ran", { site: "double", pass: 1 }],
    ["captured", { site: "double", key: ["fwd", "double#1"] }],
    ["run:finished", { context }],
    ["hook:removed", hook],
  ]);
  x.dispose();
});

test("a call that fails finishes with its error, and nothing is said to be unfired", () => {
  const heard: unknown[] = [];
  const x = scalar(1);
  {
    using hooked = new ActivationCaching("double").prepare(new Repeat(1));
    hooked.context.hook("double", "fwd_pre", () => {
      throw new RangeError("no");
    });
    for (const name of ["run:finished", "unfired"] as const) {
      hooked.events.on(name, (event: object) => heard.push("error" in event ? String(event.error) : event));
    }
    assert.throws(() => hooked.call(x));
  }
  assert.is(heard.length, 1);
  assert.match(
    String(heard[0]),
    /^HookError: The fwd_pre hook of ActivationCaching at double threw RangeError: no\./,
  );
  x.dispose();
});

test("sites that did not run, and patterns without a site, are named", () => {
  const heard: (readonly unknown[])[] = [];
  const x = scalar(1);
  {
    using hooked = new ActivationCaching(["double"]).prepare(new Repeat(0), { listen: record(heard) });
    hooked.call(x).dispose();
    using _none = new ActivationCaching("triple").prepare(hooked, {
      unmatched: "warn",
      listen: record(heard),
    });
  }
  const context = "ActivationCaching";
  assert.equal(
    heard.filter(([name]) => name === "unfired" || name === "unmatched"),
    [
      ["unfired", { context, paths: ["double"] }],
      ["unmatched", { context, patterns: ["triple"] }],
    ],
  );
  x.dispose();
});

test("names and payloads are typed", () => {
  const x = scalar(1);
  const keys: string[] = [];
  {
    using hooked = new ActivationCaching("double").prepare(new Repeat(1));
    hooked.events.on("captured", ({ key: [direction, path] }) => {
      keys.push(direction satisfies Direction, path);
    });
    // @ts-expect-error -- there is no such event
    hooked.events.on("capture", () => keys.push("capture"));
    hooked.call(x).dispose();
  }
  assert.equal(keys, ["fwd", "double"]);
  x.dispose();
});

test.run();
