import { isTensor } from "@hookdict/tensordict";
import { type Fit, fit } from "./fit.ts";

/** Numbers that a tensor holds. */
export const TENSOR: Fit = fit("a tensor of numbers that is alive", (value) =>
  isTensor(value) && !value.isDisposed && value.dtype !== "string" && value.dtype !== "complex64");
