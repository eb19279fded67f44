import type { HookSpec } from "@hookdict/contexts";
import type { Description, MatrixWindow, Overview, WindowRequest } from "@hookdict/viz";

/** Two prompts and the two tokens between which the model must choose. */
export interface Prompts {
  readonly clean: string;
  readonly corrupt: string;
  readonly answer: string;
  readonly wrong: string;
}

/** Something done to the model while it runs. Those that are off stay in the list and do nothing. */
export type Deed =
  | {
      readonly kind: "scaleHead";
      readonly layer: number;
      readonly head: number;
      readonly factor: number;
      readonly off?: boolean;
    }
  | { readonly kind: "patch"; readonly layer: number; readonly position: number; readonly off?: boolean }
  | {
      readonly kind: "steer";
      readonly layer: number;
      readonly plus: string;
      readonly minus: string;
      readonly factor: number;
      readonly off?: boolean;
    }
  | { readonly kind: "spec"; readonly spec: HookSpec; readonly off?: boolean };

/** What a model is, for its card. */
export interface Card {
  readonly name: string;
  readonly family: string;
  readonly layers: number;
  readonly heads: number;
  readonly dModel: number;
  readonly vocabulary: number;
  readonly bytes: number;
  readonly backend: string;
  /** Why that backend computes: what was tried before it. */
  readonly reason: string;
  readonly tensors: number;
  readonly warnings: readonly string[];
}

/** Where a model is. */
export type ModelSource =
  | { readonly kind: "built-in" }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "files"; readonly files: readonly File[] };

/** A picture as the page gets it: whole or, where the worker holds more of it, an overview and the handle of the whole. */
export interface Sent {
  readonly overview: Overview;
  readonly handle?: number;
}

/** What one look at the model gives. */
export interface Look {
  /** Logit of the answer minus logit of the wrong token: of both prompts, and of the corrupt one with what is done. */
  readonly metric: { readonly clean: number; readonly corrupt: number; readonly changed: number };
  readonly tokens: { readonly clean: readonly string[]; readonly corrupt: readonly string[] };
  readonly prediction: string;
  readonly pictures: Readonly<Record<string, Sent>>;
  readonly tensors: number;
  /** Bytes of pictures that the worker holds for the page. */
  readonly held: number;
}

/** A file of weights that is kept. */
export interface Kept {
  readonly key: string;
  readonly url: string;
  readonly bytes: number;
  /** Bytes of the whole, where only some have come. */
  readonly of?: number;
}

/** What the page asks of the worker, by name: what it takes, and what it gives. */
export interface Ops {
  start: {
    args: {
      readonly backend: string | undefined;
      /** Why that one and no other; it was chosen unless given. */
      readonly why?: string;
      readonly wasm: ArrayBuffer | string;
      readonly model: Readonly<Record<string, Uint8Array>> | string;
    };
    result: { readonly name: string; readonly reason: string };
  };
  load: { args: ModelSource; result: Card };
  look: {
    args: { readonly prompts: Prompts; readonly deeds: readonly Deed[]; readonly which: "clean" | "corrupt" };
    result: Look;
  };
  sweep: { args: { readonly prompts: Prompts; readonly over: "position" | "head" }; result: Sent };
  attribute: { args: { readonly prompts: Prompts; readonly over: "position" | "head" }; result: Sent };
  generate: {
    args: {
      readonly prompt: string;
      readonly deeds: readonly Deed[];
      readonly prompts: Prompts;
      readonly count: number;
      /** Anew, on from where it stands, or from another token at a step. */
      readonly from: "start" | "on" | { readonly step: number; readonly token: string };
    };
    result: Sent;
  };
  circuit: { args: { readonly prompts: Prompts }; result: Sent };
  /** A part of a picture that the worker holds. */
  window: { args: { readonly handle: number; readonly request: WindowRequest }; result: MatrixWindow };
  /** All of it, exact, as a file. */
  file: { args: { readonly handle: number; readonly kind: "csv" | "json" }; result: Blob };
  /** Looks at a spec before it is done. */
  spec: { args: { readonly text: string }; result: HookSpec };
  pin: { args: Record<string, never>; result: undefined };
  kept: { args: Record<string, never>; result: readonly Kept[] };
  forget: { args: { readonly key: string }; result: readonly Kept[] };
}

export type OpName = keyof Ops;

/** From the page. */
export type Request =
  { readonly id: number; readonly op: OpName; readonly args: unknown } | { readonly cancel: number };

/** From the worker. */
export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly id: number; readonly progress: readonly [number, number]; readonly picture?: Description }
  | { readonly request: string }
  | { readonly warning: string }
  | { readonly lost: string };
