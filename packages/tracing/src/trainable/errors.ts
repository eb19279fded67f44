import { FormatError, ShapeError, shown, UsageError } from "@hookdict/tensordict";

export function trainableInvalid(where: string, expected: string, got: unknown): UsageError {
  return new UsageError({
    code: "TRAINABLE_SPEC",
    what: `${where} of trainable interventions is ${shown(got)}.`,
    hint: `It must be ${expected}.`,
    fields: { where, expected, got },
  });
}

export function trainableLink(link: string, first: string, other: string): UsageError {
  return new UsageError({
    code: "TRAINABLE_LINK",
    what: `Interventions with the link ${JSON.stringify(link)} have weights of different kinds or shapes: ${first} and ${other}.`,
    hint: "Linked interventions share their weights: give them one kind, width and rank.",
    fields: { link, first, other },
  });
}

export function trainableSource(name: string, given: readonly string[]): UsageError {
  return new UsageError({
    code: "TRAINABLE_SOURCE",
    what: `An intervention takes its values from the source ${JSON.stringify(name)}, but the run was given ${given.join(", ") || "none"}.`,
    hint: "Give the inputs of each source by name: run(model, { base: [x], sources: { source: [y] } }).",
    fields: { name, given },
  });
}

export function trainableUnreached(site: string, run: string): UsageError {
  return new UsageError({
    code: "TRAINABLE_UNREACHED",
    what: `The site ${site} did not run in the run of ${run}.`,
    hint: "Choose a site that runs for these inputs.",
    fields: { site, run },
  });
}

export function trainableShape(site: string, what: string, got: string): ShapeError {
  return new ShapeError({
    code: "TRAINABLE_SHAPE",
    what: `The value at ${site} is ${got}, which has no ${what}.`,
    hint: "Give the width of the value's last axis; positions and heads need a value [batch, pos, ...], or declared axes.",
    fields: { site, what, got },
  });
}

export function trainablePositions(site: string, what: string): ShapeError {
  return new ShapeError({
    code: "TRAINABLE_POSITIONS",
    what: `Positions for ${site} cannot be used: ${what}.`,
    hint: "Give { source, base }: a number for all examples, or a list for each, as many on both sides.",
    fields: { site, reason: what },
  });
}

export function trainableFile(name: string, what: string): FormatError {
  return new FormatError({
    code: "TRAINABLE_FILE",
    what: `${name} holds no trainable interventions: ${what}.`,
    hint: "Load what TrainableInterventions.save has written.",
    fields: { name, reason: what },
  });
}
