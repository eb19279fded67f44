import { suite } from "../gate/suite.ts";
import { cnnGraph } from "../support/cnn.ts";
import { testKind } from "./kinds-cases.ts";

const test = suite("the CNN as a graph");

testKind(test, "a graph", (weights) => cnnGraph(weights, false));
testKind(test, "a graph with fused operations", (weights) => cnnGraph(weights, true));

test.run();
