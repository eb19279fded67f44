import assert from "node:assert/strict";
import { before, test } from "node:test";
import { loadBackend } from "@hookdict/backends";
import { compose } from "@hookdict/contexts";
import { contextConformance, expectClose, leakFree, TinyModule, tinyTokens } from "@hookdict/core/testing";
import { ActivationClipping } from "../src/index.ts";

before(() => loadBackend({ backend: "cpu" }));

test("values above the limit are clipped and counted, others stay", () => {
  leakFree(() => {
    using model = new TinyModule();
    const tokens = tinyTokens();
    {
      using hooked = new ActivationClipping("head", { limit: 1 }).prepare(model);
      const clipped = hooked.call(tokens);
      const bare = hooked.disabled(() => hooked.call(tokens));
      const values = [...bare.dataSync()];
      expectClose(
        clipped.dataSync(),
        Float32Array.from(values, (value) => Math.min(value, 1)),
      );
      assert.equal(hooked.context.clipped, values.filter((value) => value > 1).length);
      clipped.dispose();
      bare.dispose();
    }
    tokens.dispose();
  });
});

test("a limit is needed, and must be a number", () => {
  const clipping = (options: object) => () => new ActivationClipping("head", options as { limit: number });
  assert.throws(clipping({}), /The option limit of ActivationClipping is missing. Give a finite number./);
  assert.throws(clipping({ limit: 1, limt: 2 }), /ActivationClipping has no option "limt"/);
});

test("it prints what it is", () => {
  assert.equal(
    String(new ActivationClipping("head", { limit: 1 })),
    'ActivationClipping(pattern: "head", limit: 1)',
  );
});

for (const { name, run } of contextConformance(() => new ActivationClipping("mix", { limit: 0.5 }), {
  compose,
}))
  test(name, run);
