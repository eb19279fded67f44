import { registerOp } from "@tensorflow/tfjs-converter";
import { clone, type Tensor } from "@tensorflow/tfjs-core";
import { floats, graph, type MemoryModel, type NodeDef, placeholder } from "../core/graph/models.ts";
import type { Fragile } from "./reference.ts";

/**
 * A graph with both kinds of control flow, on single numbers:
 * start = 2x → isBig = start > 5 → high = start / 2, or low = start + 1 (Switch, Merge) → fragile: the same →
 * choice (StatelessIf): doubled.twice = 2y, or lowered.less = y - 1 → turns (StatelessWhile): three times
 * turn.grown = tanh y → frame, twice: y + 1 (Enter, Merge, Switch, NextIteration, Exit) → out = 2y.
 */
export function controlGraph(fragile: Fragile): MemoryModel {
  registerOp("HookdictFragile", ({ inputs }) => {
    if (fragile.isBroken) throw new RangeError("model");
    return clone(inputs[0] as Tensor);
  });
  return graph({
    nodes: [
      placeholder("x", []),
      node("start", "Mul", "x", "two"),
      node("isBig", "Greater", "start", "five"),
      node("gate", "Switch", "start", "isBig"),
      node("low", "AddV2", "gate:0", "one"),
      node("high", "Mul", "gate:1", "half"),
      node("joined", "Merge", "low", "high"),
      node("fragile", "HookdictFragile", "joined"),
      {
        ...node("choice", "StatelessIf", "isBig", "fragile", "two", "one"),
        attr: { then_branch: { func: { name: "doubled" } }, else_branch: { func: { name: "lowered" } } },
      },
      {
        ...node("turns", "StatelessWhile", "zero", "choice", "one", "three"),
        attr: { cond: { func: { name: "few" } }, body: { func: { name: "turn" } } },
      },
      ...frame("turns:1"),
      node("out", "Mul", "y/exit", "two"),
    ],
    constants: {
      zero: floats(0),
      half: floats(0.5),
      one: floats(1),
      two: floats(2),
      three: floats(3),
      five: floats(5),
    },
    functions: [
      branch("doubled", node("twice", "Mul", "v", "a")),
      branch("lowered", node("less", "Sub", "v", "b")),
      {
        name: "few",
        inputs: ["n", "v", "a", "b"],
        nodes: [node("below", "Less", "n", "b")],
        outputs: ["below:z:0"],
      },
      {
        name: "turn",
        inputs: ["n", "v", "a", "b"],
        nodes: [node("next", "AddV2", "n", "a"), node("grown", "Tanh", "v")],
        outputs: ["next:z:0", "grown:y:0", "a", "b"],
      },
    ],
  });
}

function node(name: string, op: string, ...input: string[]): NodeDef {
  return { name, op, input };
}

function branch(
  name: string,
  inside: NodeDef,
): { name: string; inputs: string[]; nodes: NodeDef[]; outputs: string[] } {
  return { name, inputs: ["v", "a", "b"], nodes: [inside], outputs: [`${inside.name}:z:0`] };
}

/** A loop of the older kind: while n < 2, n + 1 and y + 1. */
function frame(from: string): NodeDef[] {
  const enter = (name: string, input: string, isConstant: boolean): NodeDef => ({
    ...node(name, "Enter", input),
    attr: { frame_name: { s: Buffer.from("frame").toString("base64") }, is_constant: { b: isConstant } },
  });
  return [
    enter("n/enter", "zero", false),
    enter("y/enter", from, false),
    enter("limit", "two", true),
    enter("step", "one", true),
    node("n/merge", "Merge", "n/enter", "n/next"),
    node("y/merge", "Merge", "y/enter", "y/next"),
    node("n/below", "Less", "n/merge", "limit"),
    node("goes", "LoopCond", "n/below"),
    node("n/switch", "Switch", "n/merge", "goes"),
    node("y/switch", "Switch", "y/merge", "goes"),
    node("y/exit", "Exit", "y/switch:0"),
    node("n/more", "AddV2", "n/switch:1", "step"),
    node("frame", "AddV2", "y/switch:1", "step"),
    node("n/next", "NextIteration", "n/more"),
    node("y/next", "NextIteration", "frame"),
  ];
}
