import {
  compilePattern,
  HookPoint,
  Module,
  MultiHookManager,
  parsePath,
  type Pattern,
  type Site,
} from "@hookdict/core";
import { describeValue } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as fc from "fast-check";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";

const test = suite("patterns");

const siteAt = (path: string, aliases?: readonly string[]): Site => ({
  path,
  segments: parsePath(path),
  kind: "point",
  type: "HookPoint",
  ...(aliases && { aliases }),
});

const perBlock = ["attn.hook_q", "attn.hook_k", "attn.hook_v", "mlp", "mlp.hook_post", "hook_resid_pre"];
const paths = [
  "hook_embed",
  ...[0, 1, 2, 3, 10].flatMap((block) => perBlock.map((path) => `blocks.${block}.${path}`)),
];

/** The paths of a small transformer that a pattern matches. */
const matched = (pattern: Pattern): string[] => {
  const { matches } = compilePattern(pattern);
  return paths.filter((path) => matches(siteAt(path)));
};
const inBlocks = (blocks: readonly number[], ...rest: string[]): string[] =>
  blocks.flatMap((block) => rest.map((path) => `blocks.${block}.${path}`));
const all = [0, 1, 2, 3, 10];

test("a list that holds itself is refused, and told in a few words", () => {
  const list: Pattern[] = [];
  list.push(list);
  assert.is(failure(() => compilePattern(list))[0], failure(() => compilePattern([]))[0]);
  assert.match(failure(() => compilePattern(list))[1], /it is nested deeper than 100, or holds itself/);
  assert.match(describeValue(list), /^tuple \(…\)$/);
});

test("a path matches itself alone: linear1 is not linear10", () => {
  assert.equal(matched("blocks.1.mlp"), ["blocks.1.mlp"]);
  assert.equal(matched("blocks/1/mlp"), ["blocks.1.mlp"]);
  assert.equal(matched("mlp"), []);
});

test("a star is one segment, or a part of one", () => {
  assert.equal(matched("blocks.*.mlp"), inBlocks(all, "mlp"));
  assert.equal(matched("blocks.1*.mlp"), inBlocks([1, 10], "mlp"));
  assert.equal(matched("blocks.?.mlp"), inBlocks([0, 1, 2, 3], "mlp"));
  assert.equal(matched("*"), ["hook_embed"]);
});

test("two stars are any number of segments, and at the end one or more", () => {
  assert.equal(matched("**"), paths);
  assert.equal(matched("**.mlp"), inBlocks(all, "mlp"));
  assert.equal(matched("blocks.0.**.hook_post"), ["blocks.0.mlp.hook_post"]);
  assert.equal(matched("**.hook_embed"), ["hook_embed"]);
  assert.equal(matched("blocks.2.**"), inBlocks([2], ...perBlock));
});

test("a literal ending after two stars begins at a segment", () => {
  assert.equal(matched("**.post"), []);
  assert.equal(matched("**.q"), []);
  assert.equal(matched("**.attn.hook_q"), inBlocks(all, "attn.hook_q"));
});

test("braces are alternatives, also within a segment and across segments", () => {
  assert.equal(matched("blocks.0.attn.hook_{q,k}"), inBlocks([0], "attn.hook_q", "attn.hook_k"));
  assert.equal(matched("blocks.0.{attn.hook_q,mlp}"), inBlocks([0], "attn.hook_q", "mlp"));
});

test("the dots of a brace range are no separators", () => {
  assert.equal(matched("blocks.{1..3}.mlp"), inBlocks([1, 2, 3], "mlp"));
  assert.equal(matched("blocks.{0..10..2}.mlp"), inBlocks([0, 2, 10], "mlp"));
  assert.equal(matched("blocks.{0..1}.attn.hook_{q,k}"), inBlocks([0, 1], "attn.hook_q", "attn.hook_k"));
});

test("a class is one character", () => {
  assert.equal(matched("blocks.[0-2].mlp"), inBlocks([0, 1, 2], "mlp"));
  assert.equal(matched("blocks.[!0-2].mlp"), inBlocks([3], "mlp"));
});

test("!(...) is anything else in one segment", () => {
  assert.equal(matched("blocks.0.!(attn)"), inBlocks([0], "mlp", "hook_resid_pre"));
  assert.equal(matched("blocks.!(0|1|10).mlp"), inBlocks([2, 3], "mlp"));
  assert.equal(matched("!(blocks)"), ["hook_embed"]);
});

test("a list matches what one includes and none excludes, in whatever order", () => {
  const expected = inBlocks(all, "attn.hook_q", "attn.hook_k");
  assert.equal(matched(["**.attn.*", "!**.hook_v"]), expected);
  assert.equal(matched(["!**.hook_v", "**.attn.*"]), expected);
  assert.equal(matched(["hook_embed", ["blocks.0.mlp"]]), ["hook_embed", "blocks.0.mlp"]);
});

test("exclusions alone start from everything", () => {
  assert.equal(matched("!blocks.**"), ["hook_embed"]);
  assert.equal(matched(["!blocks.{0..3}.**", "!**.attn.**", "!**.mlp.**"]), [
    "hook_embed",
    ...inBlocks([10], "mlp", "hook_resid_pre"),
  ]);
});

test("a predicate that gives a promise is refused: it would pick every site", () => {
  const late = async (): Promise<boolean> => Promise.reject(new Error("later"));
  assert.equal(
    failure(() =>
      compilePattern(late as never).matches({ path: "a.b", segments: ["a", "b"], kind: "module", type: "M" }),
    ),
    [
      "PATTERN_INVALID",
      'The pattern "late" cannot be used: it gave a promise for a.b. A pattern is a glob over paths such as "blocks.*.attn.hook_q", a function (site) => boolean, or a list of these.',
    ],
  );
});

test("a predicate sees the site, alone and in a list", () => {
  const isDeep = (site: Site): boolean => site.segments.length > 3;
  assert.equal(
    matched(isDeep),
    paths.filter((path) => path.split(".").length > 3),
  );
  assert.equal(matched([isDeep, "!**.attn.*"]), inBlocks(all, "mlp.hook_post"));
});

test("a backslash makes a character ordinary", () => {
  const { matches } = compilePattern("a.b\\*c");
  assert.ok(matches(siteAt("a.b*c")));
  assert.not.ok(matches(siteAt("a.bxc")));
});

test("a shared module is found by each of its paths", () => {
  const shared = siteAt("embed", ["unembed"]);
  assert.ok(compilePattern("unembed").matches(shared));
  assert.ok(compilePattern("**.unembed").matches(shared));
  assert.not.ok(compilePattern("other").matches(shared));
});

test("names with hidden files' dots, digits and signs are matched like others", () => {
  for (const path of ["#a.b", "{a.b", "a+b.c", "a@b", "0.1", "a b.c"])
    assert.ok(compilePattern("**").matches(siteAt(path)), path);
});

test("any path of plain names matches itself, `**`, and itself with any segment starred", () => {
  const name = fc.stringMatching(/^[\w-]+$/);
  const property = fc.property(fc.array(name, { minLength: 1, maxLength: 6 }), fc.nat(5), (segments, at) => {
    const site = siteAt(segments.join("."));
    const starred = segments.with(at % segments.length, "*").join(".");
    for (const glob of [site.path, "**", starred, `**.${starred}`])
      assert.ok(compilePattern(glob).matches(site), `${glob} on ${site.path}`);
    assert.not.ok(compilePattern(`${site.path}.*`).matches(site));
    assert.not.ok(compilePattern(`!${starred}`).matches(site));
  });
  fc.assert(property, { seed: 2 });
});

test("a glob is compiled once", () => {
  const first = compilePattern("blocks.{0..3}.once");
  assert.is(compilePattern("blocks.{0..3}.once").matches, first.matches);
  assert.is.not(compilePattern("blocks.{0..2}.once").matches, first.matches);
});

test("a matcher names its sources", () => {
  const named = (): boolean => true;
  assert.equal(compilePattern(["a.*", ["!b", named], (): boolean => true]).sources, [
    "a.*",
    "!b",
    "named",
    "(predicate)",
  ]);
});

test("a pattern that cannot be one says why", () => {
  const hint =
    'A pattern is a glob over paths such as "blocks.*.attn.hook_q", a function (site) => boolean, or a list of these.';
  const cases: readonly (readonly [unknown, string])[] = [
    ["", 'The pattern "" cannot be used: it has an empty segment.'],
    ["a..b", 'The pattern "a..b" cannot be used: it has an empty segment.'],
    ["!", 'The pattern "!" cannot be used: it has an empty segment.'],
    ["{a.,b}", 'The pattern "{a.,b}" cannot be used: it has an empty segment.'],
    [[], "The pattern of type object cannot be used: the list is empty."],
    [7, "The pattern of type number cannot be used: it is neither a string, nor a function, nor a list."],
    [
      ["a", /b/],
      "The pattern of type object cannot be used: it is neither a string, nor a function, nor a list.",
    ],
  ];
  for (const [pattern, message] of cases) {
    assert.equal(
      failure(() => compilePattern(pattern as Pattern)),
      ["PATTERN_INVALID", `${message} ${hint}`],
    );
  }
});

test("a pattern without end is refused, and so is one with too many alternatives", () => {
  const [code, message] = failure(() => compilePattern("a".repeat(10_001)));
  assert.is(code, "PATTERN_INVALID");
  assert.match(message, "cannot be used: it is 10001 characters long, more than 10000.");
  for (const glob of ["{0..99}{0..99}{0..99}", "p.{0..10000}"]) {
    const [, told] = failure(() => compilePattern(glob));
    assert.match(
      told,
      `The pattern "${glob}" cannot be used: its braces stand for more than 10000 alternatives.`,
    );
  }
  assert.ok(compilePattern("p.{0..9999}").matches(siteAt("p.9999")));
});

test("a pattern that matches nothing is told with the nearest names", () => {
  class Block extends Module {
    readonly hook_q: HookPoint = new HookPoint();
    override forward(x: Tensor): Tensor {
      return this.hook_q.call(x);
    }
  }
  class Model extends Module {
    readonly blocks: readonly Block[] = [new Block(), new Block()];
    override forward(x: Tensor): Tensor {
      return this.blocks.reduce((y, block) => block.call(y), x);
    }
  }
  using manager = new MultiHookManager(new Model());
  assert.equal(
    failure(() => manager.register(["blocks.*.hook_k", "hook_z"], "fwd", () => undefined)),
    [
      "PATTERN_UNMATCHED",
      'No site matches "blocks.*.hook_k", "hook_z", among 4 sites. The nearest names are blocks.0.hook_q, blocks.1.hook_q, blocks.0, blocks.1. Correct the pattern, or pass unmatched: "ignore".',
    ],
  );
  assert.is(manager.register("hook_z", "fwd", () => undefined, { unmatched: "ignore" }).handles.length, 0);
});

test("where there is no site at all, no names are given", () => {
  class Bare extends Module {
    override forward(x: Tensor): Tensor {
      return x;
    }
  }
  using manager = new MultiHookManager(new Bare());
  assert.is(
    failure(() => manager.register("**", "fwd", () => undefined))[1],
    'No site matches "**", among 0 sites. Correct the pattern, or pass unmatched: "ignore".',
  );
});

/** Sites hook_q and hook_k. */
class Pair extends Module {
  readonly hook_q: HookPoint = new HookPoint();
  readonly hook_k: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return this.hook_k.call(this.hook_q.call(x));
  }
}

test("every glob and predicate of a list must match, exclusions among them", () => {
  const named = (): boolean => false;
  using manager = new MultiHookManager(new Pair());
  for (const [pattern, dead] of [
    [["hook_q", "hook_v"], '"hook_v"'],
    [["hook_q", ["hook_w", "hook_v"]], '"hook_w", "hook_v"'],
    [["hook_q", named], '"named"'],
    [["**", "!hook_v"], '"!hook_v"'],
    [["!hook_q", "!hook_v"], '"!hook_v"'],
  ] as const) {
    const [code, message] = failure(() => manager.register(pattern, "fwd", () => undefined));
    assert.is(code, "PATTERN_UNMATCHED");
    assert.match(message, `No site matches ${dead}, among 2 sites.`);
    manager.register(pattern, "fwd", () => undefined, { unmatched: "ignore" }).dispose();
  }
  assert.equal(manager.register(["**", "!hook_q"], "fwd", () => undefined).paths, ["hook_k"]);
  assert.equal(manager.register(["hook_q", "!hook_q", "**"], "fwd", () => undefined).paths, ["hook_k"]);
});

class Part extends Module {
  readonly hook_q: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return this.hook_q.call(x);
  }
}

class Stack extends Module {
  readonly blocks: readonly Part[] = Array.from({ length: 12 }, () => new Part());
  override forward(x: Tensor): Tensor {
    return this.blocks.reduce<Tensor>((y, block) => block.call(y), x);
  }
}

test("indexed paths count from the end, and take slices with a step", () => {
  using manager = new MultiHookManager(new Stack());
  const numbers = (pattern: Pattern): unknown => {
    const handle = manager.register(pattern, "fwd", () => undefined);
    const hooked = handle.paths;
    handle.dispose();
    return hooked.map((path) => Number(path.split(".")[1]));
  };
  assert.equal(numbers("blocks[-1].hook_q"), [11]);
  assert.equal(numbers("blocks[-12]"), [0]);
  assert.equal(numbers("blocks[-2:].hook_q"), [10, 11]);
  assert.equal(numbers("blocks[:2].hook_q"), [0, 1]);
  assert.equal(numbers("blocks[1:9:3].hook_q"), [1, 4, 7]);
  assert.equal(numbers("blocks[::5].hook_q"), [0, 5, 10]);
  assert.equal(numbers("blocks[::-4].hook_q"), [3, 7, 11]);
  assert.equal(numbers(["blocks.*.hook_q", "!blocks[:-1].hook_q"]), [11]);
  assert.equal(numbers(["blocks[-1].hook_q", "blocks.0"]), [0, 11]);
  assert.match(failure(() => numbers("blocks[-13]"))[1], 'No site matches "blocks[-13]", among 24 sites.');
  assert.match(failure(() => numbers("blocks[::0]"))[1], "a slice has the step 0");
});

test("a number in brackets at the end is a class, and the name of a unit as it stands", () => {
  const at = (path: string): Site => ({ path, segments: path.split("."), kind: "point", type: "HookPoint" });
  const { matches } = compilePattern("**.features[17]");
  assert.ok(matches(at("a.sae.features[17]")));
  assert.ok(matches(at("a.features1")));
  assert.not.ok(matches(at("a.features[7]")));
  assert.ok(compilePattern("a.features[17]").matches(at("a.features[17]")));
});

test.run();
