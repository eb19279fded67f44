import { suite } from "../gate/suite.ts";
import { cnnLayers } from "../support/cnn.ts";
import { testKind } from "./kinds-cases.ts";

const test = suite("the CNN as a model of layers");

testKind(test, "a model of layers", (weights) => cnnLayers(weights, false));
testKind(test, "a model of layers with activations inside", (weights) => cnnLayers(weights, true));

test.run();
