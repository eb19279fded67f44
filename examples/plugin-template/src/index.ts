export { ActivationClipping, ClippingContext } from "./clipping.ts";
