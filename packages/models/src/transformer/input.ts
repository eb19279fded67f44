import { argumentInvalid, isTensor } from "@hookdict/tensordict";

/** Refuses what is no input of a language model. @throws UsageError `ARGUMENT_INVALID` */
export function needInput(model: string, input: unknown): void {
  if (isTensor(input) && !input.isDisposed) return;
  throw argumentInvalid(
    model,
    "input",
    input,
    "int32 tokens [batch, pos]; model.tokens(text) makes them of texts",
  );
}
