import { ShapeError, UsageError } from "@hookdict/tensordict";

/** An operation was given something else than the tensor, or the word, that it takes. */
export function opArgument(op: string, name: string, wanted: string, got: string): UsageError {
  return new UsageError({
    code: "OP_ARGUMENT",
    what: `${op} was given ${got} as ${name}.`,
    hint: `Give ${wanted}.`,
    fields: { op, name },
  });
}

/** The shapes of an operation's tensors do not go together. */
export function opShapes(
  op: string,
  shapes: Readonly<Record<string, readonly number[]>>,
  wanted: string,
): ShapeError {
  const listed = Object.entries(shapes).map(([name, shape]) => `${name} [${shape.join(", ")}]`);
  return new ShapeError({
    code: "OP_SHAPES",
    what: `${op}: ${listed.join(", ")} do not go together.`,
    hint: `Wanted: ${wanted}.`,
    fields: { op, shapes },
  });
}
