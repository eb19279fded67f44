import type { Tensor } from "@tensorflow/tfjs-core";

/** What a layer is given: one tensor, or several as an array. */
export type LayerInputs = Tensor | readonly Tensor[];

/** Keyword inputs of a layer's call, such as `{ training: true }`. */
export type LayerKeywords = Readonly<Record<string, unknown>>;

/**
 * The part of a `tf.layers.Layer` that hooking needs. Structural, so that a layer of any copy of tfjs-layers fits, and
 * nothing of tfjs-layers is loaded for it.
 */
export interface LayerLike {
  readonly name: string;
  /** Its variables, with those of layers in it. */
  readonly weights?: readonly { readonly originalName: string; read(): Tensor }[];
  getClassName(): string;
  call(inputs: never, keywords: never): unknown;
  apply(inputs: never, keywords?: never): unknown;
}

/** A layer made of layers: a `tf.LayersModel` or `tf.Sequential`. */
export interface ContainerLike extends LayerLike {
  readonly layers: readonly LayerLike[];
}

/** A layer's `call` as TensorFlow.js calls it. */
export type LayerCall = (this: LayerLike, inputs: unknown, keywords: unknown) => unknown;

export function isLayer(value: unknown): value is LayerLike {
  if (typeof value !== "object" || value === null) return false;
  const { name, call, apply, getClassName } = value as Partial<LayerLike>;
  return (
    typeof name === "string" &&
    typeof call === "function" &&
    typeof apply === "function" &&
    typeof getClassName === "function"
  );
}

export function isContainer(layer: LayerLike): layer is ContainerLike {
  return "containerNodes" in layer && "layers" in layer && Array.isArray(layer.layers);
}

/** Inputs of a model: they hold no computation, and TensorFlow.js never calls them. */
export function isInputLayer(layer: LayerLike): boolean {
  return layer.getClassName() === "InputLayer";
}
