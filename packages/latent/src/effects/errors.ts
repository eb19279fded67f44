import { describeValue, ShapeError } from "@hookdict/tensordict";

export function logitsInvalid(owner: string, got: unknown, wanted: string): ShapeError {
  return new ShapeError({
    code: "LOGITS_INVALID",
    what: `${owner} got ${describeValue(got)} as logits.`,
    hint: `Give ${wanted}.`,
    fields: { owner, wanted },
  });
}
