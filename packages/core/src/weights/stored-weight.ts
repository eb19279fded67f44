/** A tensor of the checkpoint that a model comes from, and what became of it: adapters name what they change so. */
export interface StoredWeight {
  /** Its name in the checkpoint, such as `model.layers.0.self_attn.q_proj.weight`. */
  readonly name: string;
  /** Its shape there. */
  readonly shape: readonly number[];
  /** How it lies there: a matrix by where its outputs stand, or as the model has it. */
  readonly layout: "outIn" | "inOut" | "plain";
  /** Whether the model has one tensor for this and for another of the checkpoint. */
  readonly isShared: boolean;
  /** The weights that it became. */
  readonly parts: readonly StoredPart[];
}

/** A weight that a stored tensor became, or a part of it. */
export interface StoredPart {
  /** The weight's path. */
  readonly path: string;
  /** Which of the stored outputs it has, in this order; all where there is no list. */
  readonly outputs?: readonly number[] | undefined;
}
