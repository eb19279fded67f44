import { type Option, option } from "@hookdict/contexts";

/** Which neuron is meant. */
export interface NeuronOptions {
  /** The site of the neuron. */
  readonly site: string;
  /** Its index in the site's value, without the batch. */
  readonly index: readonly number[];
}

/** Declares {@link NeuronOptions}. */
export const NEURON: {
  readonly site: Option<string, "required">;
  readonly index: Option<readonly number[], "required">;
} = {
  site: option.string().wants("the neuron's site").required(),
  index: option
    .list(option.number({ min: 0, integer: true }))
    .wants("a whole number from 0 on for each axis of the site's value, without the batch")
    .required(),
};
