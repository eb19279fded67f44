import { formatPath, HookPoint, Module, MultiHookManager, parsePath } from "@hookdict/core";
import { nearestNames } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as fc from "fast-check";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";

const test = suite("paths");

/** A segment of a path: anything without a separator, but not nothing. */
const segment = fc.string({ minLength: 1 }).filter((text) => !/[./]/.test(text));

test("dots and slashes both separate segments", () => {
  assert.equal(parsePath("blocks.0/attn.hook_q"), ["blocks", "0", "attn", "hook_q"]);
  assert.is(formatPath(parsePath("blocks/0/attn")), "blocks.0.attn");
});

test("what is formatted is parsed to the same segments, whatever they hold", () => {
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1 }), (segments) => {
      assert.equal(parsePath(formatPath(segments)), segments);
      assert.equal(parsePath(segments.join("/")), segments);
    }),
    { seed: 2 },
  );
});

test("an empty path and an empty segment are refused", () => {
  for (const path of ["", ".", "a..b", "a.", "/a", "a./b"]) {
    assert.equal(
      failure(() => parsePath(path)),
      [
        "PATH_EMPTY",
        `The path ${JSON.stringify(path)} has an empty segment. Write segments separated by single dots or slashes, such as "blocks.0.attn".`,
      ],
    );
  }
});

test("a name that cannot be a segment is refused with the module that holds it", () => {
  for (const name of ["a.b", "a/b", "", "a#1"]) {
    class Named extends Module {
      readonly points: Record<string, HookPoint> = { [name]: new HookPoint() };
      override forward(x: Tensor): Tensor {
        return x;
      }
    }
    assert.equal(
      failure(() => new MultiHookManager(new Named()).register("**", "fwd", () => undefined)),
      [
        "PATH_SEGMENT",
        `A part of Named is named ${JSON.stringify(name)}, which cannot be a segment of a path. A segment is not empty, contains neither "." nor "/", and does not end in "#" and a number, which marks later passes; rename it.`,
      ],
    );
  }
});

test("the nearest names come first, as many as asked for", () => {
  const names = ["hook_q", "hook_k", "hook_resid_pre", "ln1"];
  assert.equal(nearestNames("hook_resid_prr", names, 1), ["hook_resid_pre"]);
  assert.equal(nearestNames("hook_qq", names, 2), ["hook_q", "hook_k"]);
  assert.equal(nearestNames("x", []), []);
});

test("the distance is that of single-character edits", () => {
  const names = ["kit", "kitten", "mitten", "sitting"]; // 3, 0, 1 and 3 edits away
  assert.equal(nearestNames("kitten", names), ["kitten", "mitten", "kit", "sitting"]);
});

test.run();
